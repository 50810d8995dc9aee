package credinject_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// reservedHeaders are what an upstream may not set for the agent.
var reservedHeaders = map[string]string{
	"Set-Cookie": "session=upstream", "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true",
	"aCCess-control-EXPOSE-headers": "*", "Cred-Proxy-Error": "write_refused",
}

func setReserved(header http.Header, prefix string) {
	for name, value := range reservedHeaders {
		header[prefix+name] = []string{value, value} // Go sends names as they stand
	}
	header.Set(prefix+"X-Kept", "kept")
}

// TestReservedHeadersOfUpstreamsAreDropped fails when an upstream lets web
// pages read an answer, sets a cookie, or passes its answer off as a refusal.
func TestReservedHeadersOfUpstreamsAreDropped(t *testing.T) {
	answers := map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"a body": {func(w http.ResponseWriter, _ *http.Request) {
			setReserved(w.Header(), "")
			_, _ = io.WriteString(w, "body")
		}, "200 OK"},
		"an error page": {func(w http.ResponseWriter, _ *http.Request) {
			setReserved(w.Header(), "")
			http.Error(w, "forbidden", http.StatusForbidden)
		}, "403 Forbidden"},
		"a redirect": {func(w http.ResponseWriter, _ *http.Request) {
			setReserved(w.Header(), "")
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(http.StatusFound)
		}, "302 Found"},
		"no content": {func(w http.ResponseWriter, _ *http.Request) {
			setReserved(w.Header(), "")
			w.WriteHeader(http.StatusNoContent)
		}, "204 No Content"},
		"an informational response": {func(w http.ResponseWriter, _ *http.Request) {
			setReserved(w.Header(), "")
			w.WriteHeader(http.StatusEarlyHints)
		}, "103 Early Hints"},
		"announced trailers": {func(w http.ResponseWriter, _ *http.Request) {
			for name := range reservedHeaders {
				w.Header().Add("Trailer", name)
			}
			w.Header().Add("Trailer", "X-Kept")
			_, _ = io.WriteString(w, "body")
			for name, value := range reservedHeaders {
				w.Header().Set(name, value)
			}
			w.Header().Set("X-Kept", "kept")
		}, "200 OK"},
		"trailers nobody announced": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "body")
			_ = http.NewResponseController(w).Flush()
			setReserved(w.Header(), http.TrailerPrefix)
		}, "200 OK"},
		"switching protocols": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: JVxkmtKFjDcI/Pm/AGPEKSN6wT8=\r\nX-Kept: kept\r\n")
			for name, value := range reservedHeaders {
				_, _ = io.WriteString(conn, name+": "+value+"\r\n")
			}
			_, _ = io.WriteString(conn, "\r\n")
		}, "101 Switching Protocols"},
	}
	for name, test := range answers {
		for _, redact := range []string{"on", "off"} {
			t.Run(name+", redact "+redact, func(t *testing.T) {
				address := startBefore(t, "redact "+redact, test.handler)
				ask := get("/a/x")
				if strings.HasPrefix(test.want, "101") {
					ask = "GET /a/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
				}
				answer := rawExchange(t, address, ask)
				if !strings.HasPrefix(answer, "HTTP/1.1 "+test.want) || !strings.Contains(answer, "X-Kept: kept") {
					t.Errorf("want %s with X-Kept:\n%s", test.want, answer)
				}
				for name := range reservedHeaders {
					if strings.Contains(strings.ToLower(answer), strings.ToLower(name)+": ") {
						t.Errorf("%s reaches the agent:\n%s", name, answer)
					}
				}
			})
		}
	}
}

// TestReservedHeadersOfOurOwnStay fails when dropping an upstream's headers
// takes those of the operator's Caddyfile, or marks a refusal as none.
func TestReservedHeadersOfOurOwnStay(t *testing.T) {
	t.Setenv("CRED_PROXY_TOKEN_0", testToken)
	upstream := sidecartest.NewUpstream(t, func(w http.ResponseWriter, _ *http.Request) { setReserved(w.Header(), "") })
	address := sidecartest.Run(t, `
	header Access-Control-Allow-Origin https://operator.example
	`+route("/a/", "/", upstream.URL, "")+`
	handle /behind/* {
		route {
			cred_inject Bearer CRED_PROXY_TOKEN_0
			refuse overloaded
		}
	}`+noRoute)

	answer := sidecartest.Raw(t, address, get("/a/x"))
	if got := answer.Header.Values("Access-Control-Allow-Origin"); len(got) != 1 || got[0] != "https://operator.example" {
		t.Errorf("the operator's header became %q", got)
	}
	if answer.Header.Get("Set-Cookie") != "" || answer.Header.Get("X-Kept") == "" {
		t.Errorf("the upstream's headers became %v", answer.Header)
	}
	for target, want := range map[string]string{
		"/other/%2e%2e/a/x": "ambiguous_path", "/a/r.git/git-receive-pack": "git_push_refused", "/behind/x": "overloaded", "/other": "no_route",
	} {
		if got := sidecartest.Raw(t, address, get(target)).Header.Get("Cred-Proxy-Error"); got != want {
			t.Errorf("%s: Cred-Proxy-Error %q, want %q", target, got, want)
		}
	}
}
