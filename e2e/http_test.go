package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// answering is an upstream with one resource for each feature of HTTP that a
// proxy can get wrong.
func answering(t *testing.T, http2 bool, names ...string) *upstream {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"tag"`)
		fmt.Fprintf(w, "hello over %s\n", r.Proto)
	})
	mux.HandleFunc("/trailers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Checksum")
		_, _ = io.WriteString(w, "body")
		// Over HTTP/2 a short body gets a Content-Length, which leaves
		// HTTP/1.1 no place for trailers.
		_ = http.NewResponseController(w).Flush()
		w.Header().Set("X-Checksum", "abc")
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/hello", http.StatusFound)
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://elsewhere.example.com/hello")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/nothing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/echo", echo("echo "))
	return startUpstream(t, http2, demand("Authorization", "Bearer "+apiToken, mux.ServeHTTP), names...)
}

// echo sends WebSocket messages back, with a prefix.
func echo(prefix string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(context.Background())
			if err != nil || conn.Write(context.Background(), kind, append([]byte(prefix), message...)) != nil {
				return
			}
		}
	}
}

// If this fails, some client or some upstream does not get through the sidecar
// with the semantics of HTTP intact.
func TestHTTP(t *testing.T) {
	h1, h2 := answering(t, false), answering(t, true)
	s := up(t, "routes:\n- {path: /h1/, upstream: "+h1.URL+", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /h2/, upstream: "+h2.URL+", auth: {scheme: Bearer, token_ref: T}}\n", map[string]string{"T": apiToken})
	for _, route := range []string{"/h1/", "/h2/"} {
		hello := "hello over HTTP/1.1\n" // whatever else the upstream speaks
		t.Run(route+" curl", func(t *testing.T) {
			for _, args := range [][]string{{}, {"--http1.0"}, {"--http2"}, {"--compressed"}} {
				args = append(args, "-sS", "-f", "-u", "agent:"+s.Token, s.URL+route+"hello")
				if got := s.run(t, t.TempDir(), "curl", args...).must(t); got != hello {
					t.Errorf("curl %q says %q", args, got)
				}
			}
			if got := s.run(t, t.TempDir(), "curl", "-sS", "-f", "-L", "-u", "agent:"+s.Token, s.URL+route+"moved").must(t); got != hello {
				t.Errorf("the redirect ended with %q", got)
			}
			if resp := s.get(t, route+"elsewhere"); resp.Header.Get("Location") != "https://elsewhere.example.com/hello" {
				t.Errorf("Location to another host became %q", resp.Header.Get("Location"))
			}
		})
		t.Run(route+" an HTTP/1.0 client", func(t *testing.T) {
			got := s.raw(t, "GET "+route+"hello HTTP/1.0\r\nHost: "+s.Address+"\r\nAuthorization: Bearer AGENT\r\n\r\n")
			if got.Status != http.StatusOK || got.Body != hello || got.Header.Get("Transfer-Encoding") != "" {
				t.Errorf("got %+v", got)
			}
		})
		t.Run(route+" HEAD", func(t *testing.T) {
			got := s.raw(t, "HEAD "+route+"hello HTTP/1.1\r\nHost: "+s.Address+"\r\nAuthorization: Bearer AGENT\r\nConnection: close\r\n\r\n")
			if got.Status != http.StatusOK || got.Body != "" || got.Header.Get("Content-Length") != strconv.Itoa(len(hello)) || got.Header.Get("Etag") != `"tag"` {
				t.Errorf("got %+v", got)
			}
		})
		t.Run(route+" no content", func(t *testing.T) {
			if resp := s.get(t, route+"nothing"); resp.StatusCode != http.StatusNoContent {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
		t.Run(route+" trailers", func(t *testing.T) {
			resp := s.get(t, route+"trailers")
			body, err := io.ReadAll(resp.Body)
			if err != nil || string(body) != "body" || resp.Trailer.Get("X-Checksum") != "abc" {
				t.Errorf("body %q, error %v, trailers %v", body, err, resp.Trailer)
			}
		})
		t.Run(route+" 100-continue", func(t *testing.T) { testContinue(t, s, route) })
		t.Run(route+" WebSocket", func(t *testing.T) { testWebSocket(t, s, route) })
	}
}

// testContinue sends the body only after the interim response.
func testContinue(t *testing.T, s *sidecar, route string) {
	conn := s.dial(t)
	fmt.Fprintf(conn, "PUT %supload HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", route, s.Address, s.Token)
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, nil)
	if err != nil || resp.StatusCode != http.StatusContinue {
		t.Fatalf("before the body: %v, %v", resp, err)
	}
	_, _ = io.WriteString(conn, "data")
	for resp.StatusCode == http.StatusContinue && err == nil {
		// Both the sidecar and the upstream may say it (RFC 9110 §15.2).
		resp, err = http.ReadResponse(reader, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || string(body) != "data" {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
}

func testWebSocket(t *testing.T, s *sidecar, route string) {
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+s.Address+route+"echo", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + s.Token}},
	})
	if err != nil {
		t.Fatalf("%v, %v", resp, err)
	}
	defer conn.CloseNow()
	for _, message := range []string{"one", "two", strings.Repeat("x", 10_000)} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		_, got, err := conn.Read(t.Context())
		if diff := cmp.Diff("echo "+message, string(got)); err != nil || diff != "" {
			t.Fatalf("%v, (-want +got):\n%s", err, diff)
		}
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("closing: %v", err)
	}
}

// If this fails, a client that waits for 100 Continue gets no answer from a
// sidecar that cannot reach the upstream.
func TestRefusalDoesNotWaitForTheBody(t *testing.T) {
	s := up(t, "routes: [{path: /api/, upstream: \"https://"+freeAddress(t)+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	for _, path := range []string{"/api/x", "/api/r.git/git-receive-pack", "/other"} {
		got := s.raw(t, "PUT "+path+" HTTP/1.1\r\nHost: "+s.Address+"\r\nX-Api-Key: AGENT\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
		if got.Header.Get("Cred-Proxy-Error") == "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

// If this fails, requests that belong to no route get an answer that does not
// help, or reach something.
func TestWhatNoRouteTakes(t *testing.T) {
	u := newUpstream(t, nil)
	s := up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	for _, test := range []struct {
		name, request, code string
		status              int
	}{
		{"another path", "GET /other HTTP/1.1\r\nX-Api-Key: AGENT", "no_route", 404},
		{"the root", "GET / HTTP/1.1\r\nX-Api-Key: AGENT", "no_route", 404},
		{"the reserved path", "GET /-/other HTTP/1.1\r\nX-Api-Key: AGENT", "no_route", 404},
		{"TRACE", "TRACE /api/x HTTP/1.1\r\nX-Api-Key: AGENT", "method_refused", 405},
		{"TRACK", "TRACK /api/x HTTP/1.1\r\nX-Api-Key: AGENT", "method_refused", 405},
		{"a detour", "GET /x/%2e%2e/api/x HTTP/1.1\r\nX-Api-Key: AGENT", "ambiguous_path", 400},
		{"no agent token", "GET /api/x HTTP/1.1\r\nX-Api-Key: nothing", "agent_token_required", 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := s.raw(t, test.request+"\r\nHost: "+s.Address+"\r\nConnection: close\r\n\r\n")
			if got.Status != test.status || got.Header.Get("Cred-Proxy-Error") != test.code {
				t.Errorf("got %+v", got)
			}
		})
	}
	if got := readRefusal(t, s.get(t, "/other")); got.Hint != "this sidecar's routes are /api/" {
		t.Errorf("the hint is %q", got.Hint)
	}
	if requests := u.take(); len(requests) > 0 {
		t.Errorf("the upstream got %+v", requests)
	}
}
