package upstreamlinks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// hostileReferences are what an upstream may write where it names an address,
// and what becomes of it. HOST is the upstream's host and port, PORT the port,
// PUB the sidecar; "" means that it stays. The routes are /api/ → /v1 and
// /web/ → /.
var hostileReferences = []struct{ reference, want string }{
	// User information, and what looks like it.
	{"http://@HOST/v1/x", ""},
	{"http://:@HOST/v1/x", ""},
	{"http://token@HOST/v1/x", ""},
	{"http://HOST%40evil.example/v1/x", ""},
	{"http://HOST:pw@evil.example/v1/x", ""},
	{"http://evil.example#@HOST/v1/x", ""},
	{"http://evil.example?@HOST/v1/x", ""},
	{"//user@HOST/v1/x", ""},
	{"http://a@b@HOST/v1/x", ""},
	// Hosts that are nearly the upstream's.
	{"http://127.0.0.1/v1/x", ""},
	{"http://127.0.0.1:/v1/x", ""},
	{"http://127.1:PORT/v1/x", ""},
	{"http://0x7f.0.0.1:PORT/v1/x", ""},
	{"http://2130706433:PORT/v1/x", ""},
	{"http://[::ffff:127.0.0.1]:PORT/v1/x", ""},
	{"http://[127.0.0.1]:PORT/v1/x", ""},
	{"http://127.0.0.1%00:PORT/v1/x", ""},
	{"http://127.0.0.1%E3%80%82:PORT/v1/x", ""},
	{"http://１２７.0.0.1:PORT/v1/x", ""}, // full-width digits, which IDNA maps
	{"http://127。0.0.1:PORT/v1/x", ""},
	{"http://xn--127-9a.example:PORT/v1/x", ""},
	{"http://localhost:PORT/v1/x", ""},
	{"http://HOST.:PORT/v1/x", ""},
	{"http://127.0.0.1:PORT0/v1/x", ""},
	{"http://127.0.0.1:+PORT/v1/x", ""},
	{"http://127.0.0.1:PORT:80/v1/x", ""},
	{"http://evil.example/http://HOST/v1/x", ""},
	{"http://evil.example\\@HOST/v1/x", ""},
	{"http:///\\HOST/v1/x", ""},
	// Other schemes.
	{"https://HOST/v1/x", ""},
	{"ws://HOST/v1/x", ""},
	{"ftp://HOST/v1/x", ""},
	{"file://HOST/v1/x", ""},
	{"data:application/json,{}", ""},
	{"javascript:fetch('//HOST/v1/x')", ""},
	{"JaVaScRiPt:1", ""},
	{"http:HOST/v1/x", ""},
	{"http:/v1/x", ""},
	{"view-source:http://HOST/v1/x", ""},
	{"blob:http://HOST/v1/x", ""},
	{"://HOST/v1/x", ""},
	// Paths with two readings.
	{"http://HOST/v1/a/%2e%2e/x", ""},
	{"http://HOST/v1/..%2f..%2fx", ""},
	{"http://HOST/v1/..;/x", ""},
	{"http://HOST/v1/%5c..%5cx", ""},
	{"http://HOST/v1/x%00", ""},
	{"http://HOST/v1/x%0d%0aSet-Cookie:a", ""},
	{"http://HOST/v1/%c0%ae%c0%ae/x", ""},
	{"http://HOST/v1/%zz", ""},
	{"http://HOST/v1/%25252525252e", ""},
	{"/v1/a\\b", ""},
	{"\\v1\\x", ""},
	{"/v1/<x", ""},
	// Into a route, and just the right one.
	{"hTTp://HOST/v1/x", "PUB/api/x"},
	{"http://HOST/V1/x", "PUB/web/V1/x"},
	{"http://HOST/v1%2Fx", "PUB/web/v1%2Fx"},
	{"http://HOST/%76%31/x", "PUB/web/%76%31/x"},
	{"http://HOST//v1/x", "PUB/web//v1/x"},
	{"http://HOST/v1//x", "PUB/api//x"},
	{"http://HOST/v1;a/x", "PUB/web/v1;a/x"},
	{"http://HOST/v1?x=http://evil.example/", "PUB/api/?x=http://evil.example/"},
	{"http://HOST?/v1/x", "PUB/web/?/v1/x"},
	{"http://HOST#/v1/x", "PUB/web/#/v1/x"},
	{"http://HOST/v1/./x", "PUB/api/x"},
	{"http://HOST/v1/../../../v1/x", "PUB/api/x"},
	{"http://HOST/v1/x:y@evil.example", "PUB/api/x:y@evil.example"},
	{"http://HOST/web/../v1/x", "PUB/api/x"},
	{"/v1/x/..", "PUB/api/"},
	{"/v1/..//evil.example/x", "PUB/web/evil.example/x"}, // Go drops the slash that would make it a host
	{"/.//evil.example/x", "PUB/web//evil.example/x"},
	{".//evil.example/x", "PUB/api/a//evil.example/x"},
	{"x//evil.example", "PUB/api/a/x//evil.example"},
	{"./http://evil.example/", "PUB/api/a/http://evil.example/"},
	{"@evil.example", "PUB/api/a/@evil.example"},
	{"/@evil.example", "PUB/web/@evil.example"},
	{"?//evil.example", "PUB/api/a/b?//evil.example"},
}

// TestHostileReferences fails when an address that an upstream writes anywhere
// comes to mean a host other than it says, a route other than it means, or one
// that clients could read as another host's.
func TestHostileReferences(t *testing.T) {
	var reference string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header["Location"] = []string{reference}
		header["Content-Location"] = []string{reference}
		header["Link"] = []string{"<" + reference + `>; rel="next", <` + reference + `>; rel=last`, "<" + reference + ">"}
		header["Content-Type"] = []string{lfsAnswer}
		quoted, _ := json.Marshal(reference)
		_, _ = w.Write([]byte(`{"actions":{"download":{"href":` + string(quoted) + `}}}`))
	})
	host := strings.TrimPrefix(upstream.URL, "http://")
	_, port, _ := strings.Cut(host, ":")
	resolve := strings.NewReplacer("HOST", host, "PORT", port, "PUB", "http://sidecar:9099").Replace
	for _, test := range hostileReferences {
		reference = resolve(test.reference)
		want := reference
		if test.want != "" {
			want = resolve(test.want)
		}
		resp := sidecartest.Raw(t, address, get("/api/a/b"))
		for _, name := range []string{"Location", "Content-Location"} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s %q became %q, want %q", name, reference, got, want)
			}
		}
		links := "<" + want + `>; rel="next", <` + want + `>; rel=last` + " <" + want + ">"
		if got := strings.Join(resp.Header.Values("Link"), " "); got != links && !strings.ContainsAny(reference, `<>`) {
			t.Errorf("Link\n%s, want\n%s", got, links)
		}
		var batch struct {
			Actions struct{ Download struct{ Href string } }
		}
		if err := json.Unmarshal([]byte(resp.Body), &batch); err != nil || batch.Actions.Download.Href != want {
			t.Errorf("href %q became %q, want %q", reference, batch.Actions.Download.Href, want)
		}
	}
}

// TestHostileHrefs fails for what only JSON can carry: characters that no
// header may have.
func TestHostileHrefs(t *testing.T) {
	address, upstream, a := startBatch(t)
	for _, href := range []string{
		`\tUP/v1/x`, `UP/v1/x\n`, `UP\n/v1/x`, `\u0000UP/v1/x`, `UP/v1/\u0000`, ` UP/v1/x`, `UP/v1/x `, `UP/v1/a b`, `\u00a0UP/v1/x`, `\u2028UP/v1/x`,
		`http:\\/\\/evil.example`, `\\\\evil.example\\x`, `UP\\@evil.example/v1/x`, `UP/v1/\ud83d`, `UP/v1/ä`, `UP/v1/\u202e`, `UP/v1/\"`, `UP/v1/{a}`, `\ufeffUP/v1/x`,
	} {
		body := strings.ReplaceAll(`{"href":"`+href+`"}`, "UP", upstream.URL)
		*a = answer{status: 200, contentType: lfsAnswer, body: []byte(body)}
		if resp := sidecartest.Raw(t, address, post("/api/objects/batch")); resp.Status != 200 || resp.Body != body {
			t.Errorf("%s became %d %s", body, resp.Status, resp.Body)
		}
	}
	long := upstream.URL + "/v1/" + strings.Repeat("a/", 1<<20)
	*a = answer{status: 200, contentType: lfsAnswer, body: []byte(`{"href":"` + long + `"}`)}
	if resp := sidecartest.Raw(t, address, post("/api/objects/batch")); !strings.HasPrefix(resp.Body, `{"href":"http://sidecar:9099/api/a/a/`) || len(resp.Body) < 2<<20 {
		t.Errorf("a long address became %d %.100s", resp.Status, resp.Body)
	}
}

// TestHostileLinkHeaders fails when a Link header that is malformed, or long,
// gets a target that the upstream did not write.
func TestHostileLinkHeaders(t *testing.T) {
	var link string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) { w.Header()["Link"] = []string{link} })
	many := strings.Repeat("<UP/v1/i?page=2>; rel=\"next\", <https://evil.example/>; rel=\"last\", ", 150)
	for value, want := range map[string]string{
		many: strings.ReplaceAll(many, "UP/v1", "PUB/api"),
		`<UP/v1/a>; title="unbalanced, <UP/v1/b>; rel=next`: `<PUB/api/a>; title="unbalanced, <UP/v1/b>; rel=next`,
		`"<UP/v1/a>", <UP/v1/b>`:                            `"<UP/v1/a>", <PUB/api/b>`,
		`<UP/v1/a"b>, <UP/v1/c>`:                            `<UP/v1/a"b>, <PUB/api/c>`,
		`<<UP/v1/a>>`:                                       `<<UP/v1/a>>`,
		`<UP/v1/a`:                                          `<UP/v1/a`,
		`<UP/v1/a>, <UP/v1/b`:                               `<PUB/api/a>, <UP/v1/b`,
		`UP/v1/a; rel=next`:                                 `UP/v1/a; rel=next`,
		`<>; rel=next`:                                      `<>; rel=next`,
		`<UP/v1/a>; anchor="<UP/v1/b>"`:                     `<PUB/api/a>; anchor="<UP/v1/b>"`,
		`<UP/v1/a>; title*=UTF-8''%3cUP%3e`:                 `<PUB/api/a>; title*=UTF-8''%3cUP%3e`,
		`<UP/v1/a>; title="\", <UP/v1/b>`:                   `<PUB/api/a>; title="\", <UP/v1/b>`,
		`<UP/v1/a>; title='<UP/v1/b>'`:                      `<PUB/api/a>; title='<PUB/api/b>'`,
		`< UP/v1/a >`:                                       `< UP/v1/a >`,
		`<//evil.example/>, </v1/x>`:                        `<//evil.example/>, <PUB/api/x>`,
	} {
		resolve := strings.NewReplacer("UP", upstream.URL, "PUB", "http://sidecar:9099").Replace
		link = resolve(value)
		if got := sidecartest.Raw(t, address, get("/api/a")).Header.Get("Link"); got != strings.TrimSpace(resolve(want)) {
			t.Errorf("%.200s\nbecame %.200s\nwant   %.200s", link, got, resolve(want))
		}
	}
}

// TestRefreshStays fails when Refresh is rewritten. Browsers alone follow it,
// by rules of their own (HTML, "shared declarative refresh steps"), and it
// brings nobody a credential; a rewrite could only misread it.
func TestRefreshStays(t *testing.T) {
	var refresh string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) { w.Header()["Refresh"] = []string{refresh} })
	for _, value := range []string{"0; url=UP/v1/x", "0;URL='UP/v1/x'", "0 UP/v1/x", "5; url=https://evil.example/", "0; url=/v1/x"} {
		refresh = strings.ReplaceAll(value, "UP", upstream.URL)
		if got := sidecartest.Raw(t, address, get("/api/a")).Header.Get("Refresh"); got != refresh {
			t.Errorf("%q became %q", refresh, got)
		}
	}
}
