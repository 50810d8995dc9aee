package upstreamlinks_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

const lfsAnswer = "application/vnd.git-lfs+json"

// post asks for a batch as git-lfs does.
func post(path string, headers ...string) string {
	const body = `{"operation":"download"}`
	lines := append([]string{
		"POST " + path + " HTTP/1.1", "Host: sidecar:9099", "Connection: close", "Accept: " + lfsAnswer,
		"Content-Type: " + lfsAnswer, fmt.Sprintf("Content-Length: %d", len(body)),
	}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// answer is what the upstream of startBatch answers with.
type answer struct {
	status                int
	contentType, encoding string
	body                  []byte
}

func startBatch(t *testing.T) (address string, upstream *sidecartest.Upstream, a *answer) {
	t.Helper()
	a = new(answer)
	address, upstream = start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{a.contentType}
		w.Header().Set("ETag", `"tag"`)
		w.Header().Set("Content-Digest", "sha-256=:x:")
		if a.encoding != "" {
			w.Header().Set("Content-Encoding", a.encoding)
		}
		w.WriteHeader(a.status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(a.body)
		}
	})
	return address, upstream, a
}

// TestBatchAnswers fails when git-lfs would download around the sidecar, when
// it gets a credential or an address of a route that the upstream did not mean,
// or when another byte changes. UP is the upstream, PUB the sidecar.
func TestBatchAnswers(t *testing.T) {
	address, upstream, a := startBatch(t)
	object := func(actions string) string {
		return `{"transfer":"basic", "objects" : [ {"oid":"0a","size":12345678901234567890,"authenticated":true,` + actions + "} ],\"hash_algo\":\"sha256\"}\n"
	}
	const foreign = `"actions":{"download":{"href":"https://cdn.example/a?X-Sig=%2F&b=<c>"}}`
	tests := []struct{ name, body, want string }{
		{"as Gitea answers", object(`"actions":{"download":{"href":"UP/v1/o/r.git/info/lfs/objects/0a","header":{"Authorization":"Basic c2VjcmV0"}}}`), object(`"actions":{"download":{"href":"PUB/api/o/r.git/info/lfs/objects/0a","header":{}}}`)},
		{"into another route", object(`"actions":{"download":{"href":"UP/o/r"}}`), object(`"actions":{"download":{"href":"PUB/web/o/r"}}`)},
		{"of older servers", object(`"_links":{"download":{"href":"UP/v1/x","header":{"Authorization":"x","Accept":"y"}}}`), object(`"_links":{"download":{"href":"PUB/api/x","header":{"Accept":"y"}}}`)},
		{"of the oldest API", `{"oid":"0a","size":3,"_links":{"download":{"href":"UP/v1/x","header":{"Authorization":"x"}},"self":{"href":"UP/v1/s"}}}`, `{"oid":"0a","size":3,"_links":{"download":{"href":"PUB/api/x","header":{}},"self":{"href":"PUB/api/s"}}}`},
		{"another host", object(foreign), object(foreign)},
		{"a credential for another host", object(`"actions":{"download":{"href":"https://cdn.example/a","header":{"Authorization":"Bearer x","X-Amz-Date":"d"}}}`), object(`"actions":{"download":{"href":"https://cdn.example/a","header":{"X-Amz-Date":"d"}}}`)},
		{"upload and verify", object(`"actions":{"upload":{"href":"UP/v1/u","header":{"Authorization":"x"}},"verify":{"href":"UP/v1/v","header":{"authorization":"x"}}}`), object(`"actions":{"upload":{"href":"PUB/api/u","header":{}},"verify":{"href":"PUB/api/v","header":{}}}`)},
		{"the name in any case and spelling", object(`"actions":{"download":{"header":{"AUTHORIZATION":"x","authorizatioN" : "y" , "\u0041uthorization":"z","x_api_key":1,"Cookie":["c"],"private-token":{"a":"b"},"Proxy-Authorization":null, "Authorization ":"t"}}}`), object(`"actions":{"download":{"header":{}}}`)},
		{"kept ones around it", object(`"actions":{"download":{"header":{ "A":"1", "Authorization":"x", "B":"2" }}}`), object(`"actions":{"download":{"header":{ "A":"1", "B":"2" }}}`)},
		{"the last of several", object(`"actions":{"download":{"header":{"A":"1","Authorization":"x"}}}`), object(`"actions":{"download":{"header":{"A":"1"}}}`)},
		{"keys in another case, which Go reads too", object(`"ACTIONS":{"Download":{"HREF":"UP/v1/x","Header":{"Authorization":"x"}}}`), object(`"ACTIONS":{"Download":{"HREF":"PUB/api/x","Header":{}}}`)},
		{"repeated keys", object(`"actions":{"download":{"href":"https://cdn.example/","href":"UP/v1/x","header":{},"header":{"Authorization":"x"}}},"actions":{"download":{"header":{"Authorization":"y"}}}`), object(`"actions":{"download":{"href":"https://cdn.example/","href":"PUB/api/x","header":{},"header":{}}},"actions":{"download":{"header":{}}}`)},
		{"an escaped address", object(`"actions":{"download":{"\u0068ref":"` + `UP\/v1\/x\u003fy"}}`), object(`"actions":{"download":{"\u0068ref":"PUB/api/x?y"}}`)},
		{"a query in it", object(`"actions":{"download":{"href":"UP/v1/x?a=1&b=%2F#f"}}`), object(`"actions":{"download":{"href":"PUB/api/x?a=1\u0026b=%2F#f"}}`)},
		{"an address in a string", object(`"message":"see \"href\":\"UP/v1/x\" and \"Authorization\":\"x\""`), object(`"message":"see \"href\":\"UP/v1/x\" and \"Authorization\":\"x\""`)},
		{"JSON in a string", object(`"href":"{\"href\":\"UP/v1/x\"}"`), object(`"href":"{\"href\":\"UP/v1/x\"}"`)},
		{"addresses that are none", object(`"href":{"href":"UP/v1/x"},"b":{"href":[1,null,true,-1.5e+9]}`), object(`"href":{"href":"PUB/api/x"},"b":{"href":[1,null,true,-1.5e+9]}`)},
		{"an error of one object", object(`"error":{"code":404,"message":"é\u00e9 <&>"}`), object(`"error":{"code":404,"message":"é\u00e9 <&>"}`)},
		{"nothing to change", "\n[ { } , [ ] , \"\\\\\" ]\t", "\n[ { } , [ ] , \"\\\\\" ]\t"},
		{"locks", `{"locks":[{"id":"1","owner":{"name":"Jane"}}],"next_cursor":""}`, `{"locks":[{"id":"1","owner":{"name":"Jane"}}],"next_cursor":""}`},
	}
	resolve := strings.NewReplacer("UP", upstream.URL, "PUB", "http://sidecar:9099").Replace
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sent, want := resolve(test.body), resolve(test.want)
			*a = answer{status: 200, contentType: lfsAnswer + "; charset=utf-8", body: []byte(sent)}
			resp := sidecartest.Raw(t, address, post("/api/o/r.git/info/lfs/objects/batch", "Accept-Encoding: gzip, br"))
			if resp.Status != 200 || resp.Body != want {
				t.Errorf("got %d %s\nwant    %s", resp.Status, resp.Body, want)
			}
			if changed := sent != want; changed == (resp.Header.Get("ETag") != "") || changed == (resp.Header.Get("Content-Digest") != "") {
				t.Errorf("validators: %v", resp.Header)
			}
			if length := resp.Header.Get("Content-Length"); length != fmt.Sprint(len(want)) {
				t.Errorf("Content-Length %s of %d bytes", length, len(want))
			}
			if got := upstream.Take()[0].Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("the upstream was asked for encoding %q", got)
			}
		})
	}
}

// TestWhatCountsAsABatch fails when an answer with credentials is taken for
// another sort of answer, or another for one of Git LFS.
func TestWhatCountsAsABatch(t *testing.T) {
	address, _, a := startBatch(t)
	plain := func(method, path string, headers ...string) string {
		return method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
	}
	const credential = `{"header":{"Authorization":"Basic c2VjcmV0"}}`
	tests := []struct {
		name, request, contentType string
		status                     int
		passes                     bool
	}{
		{"answered as JSON", post("/api/objects/batch"), "application/json", 200, false},
		{"answered as text", post("/api/objects/batch"), "text/plain", 200, false},
		{"answered without a type", post("/api/objects/batch"), "", 200, false},
		{"created", post("/api/objects/batch"), "text/plain", 201, false},
		{"an error with JSON", post("/api/objects/batch"), "application/problem+json", 422, false},
		{"an error with the API's type", post("/api/objects/batch"), lfsAnswer, 500, false},
		{"by its path alone", plain("POST", "/api/o/r/info/lfs/objects/batch"), "application/json", 200, false},
		{"the older API", plain("POST", "/api/o/r/info/lfs/objects"), "application/json", 202, false},
		{"by its path in another spelling", plain("POST", "/api/o/r/info%2flfs/objects/BATCH/"), "application/json", 200, false},
		{"by its content type alone", plain("POST", "/api/x", "Content-Type: application/vnd.git-lfs+json"), "application/json", 200, false},
		{"by what it accepts alone", plain("POST", "/api/x", "Accept: Application/Vnd.Git-LFS+JSON"), "application/json", 200, false},
		{"by the answer's type alone", plain("GET", "/api/o/r/info/lfs/objects/0a"), "Application/Vnd.Git-Lfs+Json;x", 200, false},

		{"a verified upload", post("/api/o/r/info/lfs/verify"), "text/plain", 200, true},
		{"an error page", post("/api/objects/batch"), "text/html", 404, true},
		{"an API's answer", plain("POST", "/api/repos/o/r/issues"), "application/json", 201, true},
		{"an object that is JSON", plain("GET", "/api/o/r/info/lfs/objects/0a"), "application/json", 200, true},
		{"an object of a server of its own", plain("GET", "/api/objects/0a", "Accept: application/vnd.git-lfs"), "application/vnd.git-lfs", 200, true},
		{"a file with that name", plain("GET", "/api/raw/objects/batch"), "application/json", 200, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			*a = answer{status: test.status, contentType: test.contentType, body: []byte(credential)}
			resp := sidecartest.Raw(t, address, test.request)
			if passes := resp.Body == credential; resp.Status != test.status || passes != test.passes {
				t.Errorf("got %d %s", resp.Status, resp.Body)
			}
		})
	}
	t.Run("HEAD", func(t *testing.T) {
		*a = answer{status: 200, contentType: lfsAnswer}
		if resp := sidecartest.Raw(t, address, plain("HEAD", "/api/x")); resp.Status != 200 {
			t.Errorf("got %d", resp.Status)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		*a = answer{status: 200, contentType: lfsAnswer}
		if resp := sidecartest.Raw(t, address, post("/api/objects/batch")); resp.Status != 200 || resp.Body != "" {
			t.Errorf("got %d %q", resp.Status, resp.Body)
		}
	})
}

func gzipped(body string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, body)
	_ = w.Close()
	return b.Bytes()
}

// TestBatchAnswersThatCannotBeRead fails when a credential passes in an answer
// that is larger than what is held, not JSON, or compressed unasked.
func TestBatchAnswersThatCannotBeRead(t *testing.T) {
	const credential = `{"header":{"Authorization":"Basic c2VjcmV0"}}`
	tests := []struct {
		name, encoding string
		body           []byte
		want           string // or a 502
	}{
		{"gzip", "gzip", gzipped(credential), `{"header":{}}`},
		{"gzip by its older name", "X-GZIP", gzipped(credential), `{"header":{}}`},
		{"no encoding, by name", "identity", []byte(credential), `{"header":{}}`},
		{"gzip, cut", "gzip", gzipped(credential)[:40], ""},
		{"gzip, and more", "gzip", append(gzipped(credential), "x"...), ""},
		{"gzip that is none", "gzip", []byte(credential), ""},
		{"gzip unannounced", "", gzipped(credential), ""},
		{"gzip twice", "gzip, gzip", gzipped(string(gzipped(credential))), `{"header":{}}`},
		{"a gzip bomb", "gzip", gzipped(`"` + strings.Repeat(" ", 17<<20) + `"`), ""},
		{"br that is none", "br", []byte(credential), ""},
		{"an encoding nobody knows", "x-plain", []byte(credential), ""},
		{"cut", "", []byte(credential[:40]), ""},
		{"two documents", "", []byte(credential + credential), ""},
		{"a line each", "", []byte(credential + "\n" + credential), ""},
		{"a byte order mark", "", []byte("\ufeff" + credential), ""},
		{"UTF-16", "", []byte("\xff\xfe{\x00"), ""},
		{"Latin-1", "", []byte("{\"Authorization\xe9\":\"x\"}"), ""},
		{"single quotes", "", []byte(`{'Authorization':'x'}`), ""},
		{"text", "", []byte("Authorization: Basic c2VjcmV0"), ""},
		{"nested too deep", "", []byte(strings.Repeat(`{"a":`, 20_000) + credential + strings.Repeat("}", 20_000)), ""},
		{"too large", "", []byte(`{"x":"` + strings.Repeat("x", 17<<20) + `","header":{"Authorization":"Basic c2VjcmV0"}}`), ""},
	}
	address, _, a := startBatch(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			*a = answer{status: 200, contentType: lfsAnswer, encoding: test.encoding, body: test.body}
			resp := sidecartest.Raw(t, address, post("/api/objects/batch"))
			if test.want != "" {
				if resp.Status != 200 || resp.Body != test.want || resp.Header.Get("Content-Encoding") != "" {
					t.Errorf("got %d %q, want %q; %v", resp.Status, resp.Body, test.want, resp.Header)
				}
				return
			}
			if resp.Status != 502 || strings.Contains(resp.Body, "c2VjcmV0") {
				t.Errorf("got %d %.200q", resp.Status, resp.Body)
			}
			for _, name := range []string{"ETag", "Content-Digest", "Content-Encoding", "Content-Type"} {
				if resp.Header.Get(name) != "" {
					t.Errorf("the upstream's %s stayed: %v", name, resp.Header)
				}
			}
		})
	}
}

// TestABatchOfManyObjects fails when a large answer is not rewritten to its end.
func TestABatchOfManyObjects(t *testing.T) {
	address, upstream, a := startBatch(t)
	const objects = 50_000
	one := `{"oid":"0a","actions":{"download":{"href":"` + upstream.URL + `/v1/x","header":{"Authorization":"x"}}}},`
	*a = answer{status: 200, contentType: lfsAnswer, body: []byte(`{"objects":[` + strings.Repeat(one, objects) + `{}]}`)}
	resp := sidecartest.Raw(t, address, post("/api/objects/batch"))
	if got := strings.Count(resp.Body, "http://sidecar:9099/api/x"); resp.Status != 200 || got != objects || strings.Contains(resp.Body, "Authorization") {
		t.Errorf("status %d, %d addresses", resp.Status, got)
	}
}
