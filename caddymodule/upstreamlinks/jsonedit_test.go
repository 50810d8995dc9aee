package upstreamlinks

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/credheader"
)

// FuzzWithoutCredentials fails when a credential stays in a document, in
// whatever case its name is written, or when anything else is changed but the
// addresses.
func FuzzWithoutCredentials(f *testing.F) {
	for _, seed := range []string{
		`{"objects":[{"actions":{"download":{"href":"https://api.example/v1/x","header":{"Authorization":"x"}}}}]}`,
		`{"a":{"Authorization":{"b":[1,2]},"c":-1e9},"x_api_key":[],"d":"\"Cookie\":"}`, ` [ { } , [ ] , "\\" , null ] `, `{"cookie":1,"sudo":2}`, `{"a":1,"href":"/v1/x"}`,
		`{"HREF":{"href":"//web.example/"}, "Sudo" : "" , "e" : "\u00e9" }`, `"`, `{"a":1`, `{"\u0041uthorization":1}`, "{\"a\":1,\n\"Cookie\":2\t}", `{"":{"":{}}}`,
	} {
		f.Add(seed)
	}
	rw := fuzzRewriter()
	f.Fuzz(func(t *testing.T, document string) {
		got, err := edited(rw, document)
		if err != nil {
			return
		}
		if document == "" {
			return // as for HEAD
		}
		before, after := decode(t, document), decode(t, got)
		if diff := cmp.Diff(reference(rw, before), after); diff != "" && !repeats(document) {
			t.Fatalf("%q became %q (-want +got):\n%s", document, got, diff)
		}
		again, err := edited(rw, got)
		if err != nil || again != got {
			t.Fatalf("%q became %q and then %q, %v", document, got, again, err)
		}
	})
}

// edited returns what becomes of an answer.
func edited(rw *rewriter, document string) (string, error) {
	var hold budget.Hold
	defer hold.Release()
	pieces, err := rw.withoutCredentials(&hold, http.Header{}, []byte(document))
	if pieces == nil {
		return document, err
	}
	return string(bytes.Join(pieces, nil)), err
}

func decode(t *testing.T, document string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%q: %v", document, err)
	}
	return value
}

// reference does the same to a decoded document.
func reference(rw *rewriter, value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			address, isString := member.(string)
			switch {
			case credheader.Is(name):
				delete(value, name)
			case strings.EqualFold(name, "href") && isString:
				value[name] = rw.rewrite(address)
			default:
				value[name] = reference(rw, member)
			}
		}
	case []any:
		for i := range value {
			value[i] = reference(rw, value[i])
		}
	}
	return value
}

// repeats reports whether an object has a key twice: of such documents the
// decoded form shows the last member only.
func repeats(document string) bool {
	members := 0
	_, _ = editJSON([]byte(document), func(_ string, raw []byte) ([]byte, bool) { members++; return raw, true })
	var value any
	_ = json.Unmarshal([]byte(document), &value)
	return members != count(value)
}

func count(value any) (members int) {
	switch value := value.(type) {
	case map[string]any:
		for _, member := range value {
			members += 1 + count(member)
		}
	case []any:
		for _, element := range value {
			members += count(element)
		}
	}
	return members
}

// TestHeldHoweverItIsWritten fails when a handler's way to write a body gets
// around the edit.
func TestHeldHoweverItIsWritten(t *testing.T) {
	const credential = `{"header":{"Authorization":"x"}}`
	for name, write := range map[string]func(w http.ResponseWriter){
		"at once":       func(w http.ResponseWriter) { _, _ = io.WriteString(w, credential) },
		"from a reader": func(w http.ResponseWriter) { _, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader(credential)) },
		"with a copy":   func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader(credential)) },
		"with flushes": func(w http.ResponseWriter) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, credential)
		},
		"after two headers": func(w http.ResponseWriter) {
			w.WriteHeader(200)
			w.WriteHeader(404)
			_, _ = io.WriteString(w, credential)
		},
		"byte by byte": func(w http.ResponseWriter) {
			for i := range len(credential) {
				_, _ = io.WriteString(w, credential[i:i+1])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/objects/batch", http.NoBody)
			next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error { write(w); return nil })
			rw := fuzzRewriter()
			if err := serveEdited(recorder, r, next, rw, rw.batch(r)); err != nil {
				t.Fatal(err)
			}
			if got := recorder.Body.String(); got != `{"header":{}}` {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestOtherPanicsGoOn fails when a defect is hidden as an upstream's.
func TestOtherPanicsGoOn(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/objects/batch", http.NoBody)
	next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusOK)
		panic("defect")
	})
	defer func() {
		if got := recover(); got != "defect" {
			t.Errorf("recovered %v", got)
		}
	}()
	rw := fuzzRewriter()
	_ = serveEdited(httptest.NewRecorder(), r, next, rw, rw.batch(r))
}

// If this fails, an answer whose levels of nesting take the stack is edited, or
// one that is no deeper than people's is not.
func TestNesting(t *testing.T) {
	rw := fuzzRewriter()
	for depth, want := range map[int]bool{1: true, maxDepth: true, maxDepth + 1: false, 9_000: false} {
		for _, document := range []string{
			strings.Repeat("[", depth) + strings.Repeat("]", depth),
			strings.Repeat(`{"[{\\\"":`, depth) + `"[[["` + strings.Repeat("}", depth),
		} {
			if _, err := edited(rw, document); (err == nil) != want {
				t.Errorf("%d levels: %v", depth, err)
			}
		}
	}
}

// If this fails, package metadata is read in another way than by whoever
// reads JSON.
func TestMembers(t *testing.T) {
	for document, want := range map[string][]string{
		`{}`: nil, " { } "[1:]: nil,
		`{"a":1}`: {`a 1`},
		`{ "a" : [ {"b":"}"} , "\"]" ] , "\u0063":{} }`: {`a [ {"b":"}"} , "\"]" ]`, `c {}`},
		`{"a":null,"a":-1e9,"":"x"}`:                    {`a null`, `a -1e9`, ` "x"`},
	} {
		var got []string
		err := members([]byte(document), func(name string, raw []byte) error { got = append(got, name+" "+string(raw)); return nil })
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, (-want +got):\n%s", document, err, diff)
		}
	}
}
