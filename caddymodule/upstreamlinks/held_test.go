package upstreamlinks_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// behindCredInject runs /api/ → <upstream>/v1 as the launcher does.
func behindCredInject(t *testing.T, handler http.HandlerFunc) (address string, upstream *sidecartest.Upstream) {
	t.Helper()
	t.Setenv("CRED_PROXY_TOKEN_0", "TEST-SECRET-upstreamlinks-0123456789")
	upstream = sidecartest.NewUpstream(t, handler)
	return sidecartest.Run(t, fmt.Sprintf(`handle /api/* {
		uri path_regexp ^/api/ /v1/
		cred_inject Bearer CRED_PROXY_TOKEN_0 {
			route /api/
		}
		upstream_links %[1]s/v1 /api/
		reverse_proxy %[1]s {
			header_up Host {http.reverse_proxy.upstream.host}
		}
	}`, upstream.URL)), upstream
}

// echo answers as Gitea does: with the request's own credential for git-lfs to
// send.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", lfsAnswer)
	w.Header().Set("X-From-Upstream", "1")
	fmt.Fprintf(w, `{"objects":[{"actions":{"download":{"href":"http://%s/v1/x","header":{"Authorization":%q}}}}]}`, r.Host, r.Header.Get("Authorization"))
}

// TestTheCredentialDoesNotComeBackInABatch fails when an agent reads the
// route's token from what the upstream tells git-lfs to send.
func TestTheCredentialDoesNotComeBackInABatch(t *testing.T) {
	address, upstream := behindCredInject(t, echo)
	resp := sidecartest.Raw(t, address, post("/api/o/r.git/info/lfs/objects/batch"))
	want := `{"objects":[{"actions":{"download":{"href":"http://127.0.0.1/v1/x","header":{}}}}]}`
	if resp.Status != 200 || resp.Body != want {
		t.Errorf("got %d %s", resp.Status, resp.Body)
	}
	if got := upstream.Take()[0].Header.Get("Authorization"); got != "Bearer TEST-SECRET-upstreamlinks-0123456789" {
		t.Errorf("the upstream got Authorization %q", got)
	}
}

// TestAHeldAnswerThatFailsIsARefusal fails when an answer that cannot be read
// leaves the client with part of it, the upstream's headers, or no reason.
func TestAHeldAnswerThatFailsIsARefusal(t *testing.T) {
	tests := []struct {
		name, reason string
		answer       http.HandlerFunc
	}{
		{"not JSON", "it is not JSON in UTF-8", func(w http.ResponseWriter, r *http.Request) {
			echo(w, r)
			_, _ = io.WriteString(w, "x")
		}},
		{"too large", "it is too large", func(w http.ResponseWriter, r *http.Request) {
			echo(w, r)
			space := []byte(strings.Repeat(" ", 1<<20))
			for range 1000 {
				if _, err := w.Write(space); err != nil {
					return
				}
			}
		}},
		{"cut short", "it ended early", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			echo(w, r)
		}},
		{"cut short in chunks", "it ended early", func(w http.ResponseWriter, r *http.Request) {
			echo(w, r)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"compressed", "its content coding cannot be undone", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "x-unknown")
			echo(w, r)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address, _ := behindCredInject(t, test.answer)
			resp := sidecartest.Raw(t, address, post("/api/o/r.git/info/lfs/objects/batch"))
			if resp.Status != 502 || resp.Header.Get("Cred-Proxy-Error") != "upstream_unreachable" || !strings.Contains(resp.Body, test.reason) {
				t.Errorf("got %d %v %.200s", resp.Status, resp.Header, resp.Body)
			}
			if strings.Contains(resp.Body, "TEST-SECRET") || resp.Header.Get("X-From-Upstream") != "" || resp.Header.Get("Content-Encoding") != "" {
				t.Errorf("something of the upstream's came along: %v %.200s", resp.Header, resp.Body)
			}
		})
	}
}

// TestAnUpstreamThatFailsKeepsItsOwnRefusal fails when a connection that never
// came about is blamed on the answer.
func TestAnUpstreamThatFailsKeepsItsOwnRefusal(t *testing.T) {
	address, _ := behindCredInject(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	resp := sidecartest.Raw(t, address, post("/api/o/r.git/info/lfs/objects/batch"))
	if resp.Status != 502 || !strings.Contains(resp.Body, "closed the connection") {
		t.Errorf("got %d %s", resp.Status, resp.Body)
	}
}
