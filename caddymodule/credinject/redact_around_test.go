package credinject_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/intercept"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/logging"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestHandlersAroundShowNoToken fails when a handler around cred_inject, or
// one between it and the upstream, can bring what was masked back: through a
// placeholder, or with the header that a failed handler has left behind.
func TestHandlersAroundShowNoToken(t *testing.T) {
	t.Setenv("CRED_PROXY_TOKEN_0", testToken)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", echoed(r))
		w.Header().Set("X-Other", "other")
		_, _ = io.WriteString(w, "body "+echoed(r))
	}))
	t.Cleanup(upstream.Close)
	const inject = "cred_inject {\nroute /a/\ntoken_env CRED_PROXY_TOKEN_0\n}\n"
	proxy := "reverse_proxy " + upstream.URL + "\n"
	handling := func(routes string) string {
		return "reverse_proxy " + upstream.URL + " {\nhandle_response {\n" + routes + "\n}\n}\n"
	}
	tests := []struct{ name, site, want string }{
		{"at the top level", inject + proxy, "X-Echo: Bearer " + stars},
		{"in handle", "handle {\n" + inject + proxy + "}", "X-Echo: Bearer " + stars},
		{"a header set at the end", "header >X-Copy {http.reverse_proxy.header.X-Echo}\nheader >X-Copies {http.reverse_proxy.header.X-Other}\nroute {\n" + inject + proxy + "}", "X-Copies: other"},
		{"the response's own placeholder", "header >X-Copy {http.response.header.X-Echo}\nroute {\n" + inject + proxy + "}", "X-Copy: Bearer " + stars},
		{"a field removed on the way", "header >X-Copy {http.reverse_proxy.header.X-Echo}\nroute {\n" + inject + "reverse_proxy " + upstream.URL + " {\nheader_down -X-Echo\n}\n}", "X-Other: other"},
		{"a log field", "log_append echo {http.reverse_proxy.header.X-Echo}\nroute {\n" + inject + proxy + "}", "200 OK"},
		{"a log field of the route", "route {\n" + inject + "log_append echo {http.request.header.Authorization}\n" + proxy + "}", "200 OK"},
		{"intercept around it", "intercept {\nhandle_response {\nheader X-Copy {http.intercept.header.X-Echo}{http.reverse_proxy.header.X-Echo}\n}\n}\nroute {\n" + inject + proxy + "}", "X-Copy: Bearer " + stars},
		{"intercept in it", "header >X-Copy {http.intercept.header.X-Echo}\nroute {\n" + inject + "intercept {\nhandle_response {\nheader X-Seen 1\n}\n}\n" + proxy + "}", "X-Seen: 1"},
		{"an answer made of the upstream's", "route {\n" + inject + handling("respond \"it sent {http.reverse_proxy.header.X-Echo}\"") + "}", "it sent Bearer " + stars},
		{"a copied answer", "route {\n" + inject + handling("copy_response") + "}", "body Bearer " + stars},
		{"a copied header and an error", "route {\n" + inject + handling("copy_response_headers\nerror \"{http.reverse_proxy.header.X-Echo}\" 503") + "}\nhandle_errors {\nrespond \"{err.message} {http.request.header.Authorization}\"\n}", "upstream_unreachable"},
		{"a copied header and nothing", "route {\n" + inject + handling("copy_response_headers") + "}", "upstream_unreachable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			address := sidecartest.Run(t, "log {\noutput file "+log+"\n}\n"+test.site)
			answer := rawExchange(t, address, get("/a/x"))
			if !strings.Contains(answer, test.want) {
				t.Errorf("the answer lacks %q:\n%s", test.want, answer)
			}
			refuseToken(t, answer)
			lines, err := os.ReadFile(log)
			if err != nil || !strings.Contains(string(lines), `"decision"`) {
				t.Errorf("the access log: %q, %v", lines, err)
			}
			refuseToken(t, string(lines))
		})
	}
}

// TestNamesOfTrailersShowNoToken fails when the token is announced as the
// name of a trailer, with its letters in another case.
func TestNamesOfTrailersShowNoToken(t *testing.T) {
	address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(echoed(r), "Bearer ")
		w.Header().Set("Trailer", name)
		_, _ = io.WriteString(w, "body")
		w.Header().Set(name, "1")
	})
	answer := rawExchange(t, address, get("/a/x"))
	if !strings.HasSuffix(answer, "0\r\n\r\n") {
		t.Errorf("the answer is not complete: %q", answer)
	}
	refuseToken(t, answer)
}

// TestEmptyCodedBodies fails when the response to HEAD, or an empty one, is
// taken for one that was cut because it says that it is in a content coding.
func TestEmptyCodedBodies(t *testing.T) {
	for coding := range encoders {
		address := startBefore(t, "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
		})
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			if got := sidecartest.Raw(t, address, request(method, "/a/x", "")); got.Status != http.StatusOK || got.Body != "" || got.Header.Get("Content-Encoding") != "" {
				t.Errorf("%s %s: %+v", method, coding, got)
			}
		}
	}
}

// TestWebSocketHalfClose fails when an upstream that has sent its last byte
// does not get what the agent still has to say.
func TestWebSocketHalfClose(t *testing.T) {
	received := make(chan string, 1)
	address := startBefore(t, "", func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: JVxkmtKFjDcI/Pm/AGPEKSN6wT8=\r\n\r\n\x81\x02hi")
		_ = conn.(*net.TCPConn).CloseWrite()
		rest, _ := io.ReadAll(buffered)
		received <- string(rest)
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, "GET /a/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n")
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || !strings.HasSuffix(string(answer), "\x81\x02hi") {
		t.Errorf("%q, %v", answer, err)
	}
	_, _ = io.WriteString(conn, "still here")
	_ = conn.(*net.TCPConn).CloseWrite()
	if got := <-received; got != "still here" {
		t.Errorf("the upstream got %q", got)
	}
}
