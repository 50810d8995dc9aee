package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// browsed asks for a path with a head of its own; SIDECAR and PORT stand for the
// sidecar's address and its port.
func (s *sidecar) browsed(t *testing.T, requestLine string, head ...string) answer {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		t.Fatal(err)
	}
	request := strings.Join(append([]string{requestLine + " HTTP/1.1"}, head...), "\r\n") + "\r\nConnection: close\r\n\r\n"
	return s.raw(t, strings.NewReplacer("SIDECAR", s.Address, "PORT", port).Replace(request))
}

// onlyAPI starts a bottle with one route.
func onlyAPI(t *testing.T) (*sidecar, *upstream) {
	t.Helper()
	u := newUpstream(t, nil)
	return up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken}), u
}

// If this fails, a web page of which the name resolves to the sidecar's
// address (DNS rebinding) is no stranger to the sidecar, or a client that uses
// one of the sidecar's own names is.
func TestForeignHosts(t *testing.T) {
	s, u := onlyAPI(t)
	for _, host := range []string{
		"evil.example", "evil.example:PORT", "EVIL.EXAMPLE:PORT", "127.0.0.1.evil.example:PORT", "localhost.evil.example", "evil.example:127.0.0.1",
		"localhost.:PORT", "127.0.0.1.:PORT", "x.localhost:PORT", "xlocalhost", "localhostx", "localhost:1:2", "SIDECAR:PORT", "127.0.0.1,evil.example", "localhost,evil.example:PORT",
		"[::1]:PORT", "[::1]", "[::ffff:127.0.0.1]:PORT", "0.0.0.0:PORT", "127.0.0.2:PORT", "127.1:PORT", "2130706433:PORT", "0x7f000001:PORT", "0177.0.0.1:PORT",
		"127.0.0.01:PORT", "cred-proxy:9099", "github.com", "10.0.0.1:PORT", ":PORT", "*", "%6cocalhost:PORT",
	} {
		for _, path := range []string{"/api/x", "/", "/other", "/-/other", "/-/healthz/x"} {
			got := s.browsed(t, "GET "+path, "Host: "+host, "X-Api-Key: AGENT")
			if got.Status != http.StatusForbidden || got.Header.Get("Cred-Proxy-Error") != "host_refused" {
				t.Errorf("%s of %s: %+v", path, host, got)
			}
		}
	}
	for line, host := range map[string]string{
		"GET http://evil.example/api/x": "SIDECAR", "GET http://evil.example:PORT/api/x": "localhost", "GET http://EVIL.example/api/x": "evil.example",
		"GET https://evil.example/api/x": "SIDECAR", "OPTIONS http://evil.example/api/x": "SIDECAR", "TRACE /api/x": "evil.example", "POST /-/healthz": "evil.example",
	} {
		if got := s.browsed(t, line, "Host: "+host, "X-Api-Key: AGENT"); got.Header.Get("Cred-Proxy-Error") != "host_refused" {
			t.Errorf("%s of %s: %+v", line, host, got)
		}
	}
	// Before the agent token is asked for, or a browser would ask its user.
	if got := s.browsed(t, "GET /api/x", "Host: evil.example"); got.Header.Get("Cred-Proxy-Error") != "host_refused" || got.Header.Get("Www-Authenticate") != "" {
		t.Errorf("without agent token: %+v", got)
	}
	if got := s.raw(t, "GET /api/x HTTP/1.0\r\nX-Api-Key: AGENT\r\n\r\n"); got.Header.Get("Cred-Proxy-Error") != "host_refused" {
		t.Errorf("HTTP/1.0 without a host: %+v", got)
	}
	// What no server takes is refused by net/http and by Caddy.
	for _, head := range []string{"X-Api-Key: AGENT", "Host: SIDECAR\r\nHost: evil.example", "Host: evil.example/@SIDECAR", "Host: localhost evil.example", "Host: localho\u017ft", "Host: ", "Host: ."} {
		if got := s.browsed(t, "GET /api/x", head, "X-Api-Key: AGENT"); got.Status != http.StatusBadRequest {
			t.Errorf("%q: %+v", head, got)
		}
	}
	if requests := u.take(); len(requests) > 0 {
		t.Errorf("the upstream got %+v", requests)
	}

	for _, host := range []string{"SIDECAR", "127.0.0.1", "localhost", "localhost:PORT", "LOCALHOST:PORT", "LocalHost", "localhost:1", "127.0.0.1:65535"} {
		if got := s.browsed(t, "GET /api/x", "Host: "+host, "X-Api-Key: AGENT"); got.Status != http.StatusOK {
			t.Errorf("of %s: %+v", host, got)
		}
		// For a proxy of HTTP this is, and the sidecar is none.
		if got := s.browsed(t, "GET http://"+host+"/api/x", "Host: SIDECAR", "X-Api-Key: AGENT"); got.Header.Get("Cred-Proxy-Error") != "ambiguous_path" {
			t.Errorf("of http://%s: %+v", host, got)
		}
	}
	for _, host := range []string{"SIDECAR", "10.0.0.1:9099", "evil.example"} {
		if got := s.browsed(t, "GET /-/healthz", "Host: "+host); got.Status != http.StatusOK || got.Body != "" {
			t.Errorf("the health of %s: %+v", host, got)
		}
	}
}

// If this fails, a web page can send the sidecar a request, or a program that
// is no web page cannot.
func TestForeignOrigins(t *testing.T) {
	s, u := onlyAPI(t)
	for _, head := range []string{
		"Origin: http://evil.example", "Origin: https://evil.example", "Origin: null", "Origin: NULL", "Origin: file://", "Origin: *", "Origin: about:blank",
		"Origin: http://SIDECAR.evil.example", "Origin: http://evil.example/http://SIDECAR", "Origin: http://evil.example@SIDECAR", "Origin: http://SIDECAR@evil.example",
		"Origin: https://SIDECAR", "Origin: ws://SIDECAR", "Origin: http://127.0.0.1", "Origin: http://127.0.0.1:1", "Origin: http://localhost:PORT", "Origin: http://localhost:3000",
		"Origin: SIDECAR", "Origin: http://SIDECAR/", "Origin: HTTP://SIDECAR", "Origin: http://SIDECAR http://evil.example", "Origin: http://SIDECAR,http://evil.example",
		"Origin: http://SIDECAR\r\nOrigin: http://evil.example", "Origin: http://evil.example\r\nOrigin: http://SIDECAR", "Origin: http://SIDECAR\r\nOrigin: http://SIDECAR",
		"Origin: \r\nOrigin: http://SIDECAR", "oRiGiN: http://evil.example", "Origin: http://SIDECAR\r\n ,http://evil.example", "Origin: {http.request.hostport}",
		"Origin: chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Origin: https://api.example.com",
		"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: CROSS-SITE", "Sec-Fetch-Site: unheard-of",
		"Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site", "sec-fetch-site: cross-site", "Origin: http://SIDECAR\r\nSec-Fetch-Site: cross-site",
	} {
		for _, line := range []string{"GET /api/x", "POST /api/x", "OPTIONS /api/x", "GET /other", "GET /-/healthz", "TRACE /api/x"} {
			got := s.browsed(t, line, "Host: SIDECAR", "X-Api-Key: AGENT", "Access-Control-Request-Method: PUT", head)
			if got.Status != http.StatusForbidden || got.Header.Get("Cred-Proxy-Error") != "origin_refused" {
				t.Errorf("%s with %q: %+v", line, head, got)
			}
			for name := range got.Header {
				if strings.HasPrefix(name, "Access-Control-") || name == "Www-Authenticate" {
					t.Errorf("%s with %q is answered with %s", line, head, name)
				}
			}
		}
	}
	if got := s.browsed(t, "POST /api/x", "Host: SIDECAR", "Origin: http://evil.example"); got.Header.Get("Cred-Proxy-Error") != "origin_refused" {
		t.Errorf("without agent token: %+v", got)
	}
	if requests := u.take(); len(requests) > 0 {
		t.Errorf("the upstream got %+v", requests)
	}

	for _, head := range []string{
		"Accept: */*", "Origin: http://SIDECAR", "Origin:", "Sec-Fetch-Site: none", "Sec-Fetch-Site: same-origin\r\nOrigin: http://SIDECAR",
		"Sec-Fetch-Mode: cors", "Sec-Fetch-Mode: websocket", "Referer: http://evil.example/", "Access-Control-Request-Method: PUT",
	} {
		for _, line := range []string{"GET /api/x", "POST /api/x", "OPTIONS /api/x"} {
			if got := s.browsed(t, line, "Host: SIDECAR", "X-Api-Key: AGENT", head); got.Status != http.StatusOK {
				t.Errorf("%s with %q: %+v", line, head, got)
			}
		}
	}
	if got := s.browsed(t, "GET /api/x", "Host: localhost:PORT", "Origin: http://localhost:PORT", "X-Api-Key: AGENT"); got.Status != http.StatusOK {
		t.Errorf("with the origin that goes with the host: %+v", got)
	}
	for _, r := range u.take() {
		if _, sent := r.Header["Origin"]; sent {
			t.Errorf("the upstream got the origin %q", r.Header["Origin"])
		}
	}
}

// If this fails, a WebSocket client that names its target as its origin does
// not get through: servers compare the origin with their own name.
func TestWebSocketWithItsTargetAsOrigin(t *testing.T) {
	u := answering(t, false)
	s := up(t, "routes: [{path: /h1/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	dial := func(origin string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(t.Context(), "ws://"+s.Address+"/h1/echo", &websocket.DialOptions{ //nolint:bodyclose // a handshake has none
			HTTPHeader: http.Header{"Authorization": {"Bearer " + s.Token}, "Origin": {origin}},
		})
	}
	conn, resp, err := dial(s.URL)
	if err != nil {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = conn.CloseNow()
	if conn, resp, err = dial("http://evil.example"); err == nil {
		_ = conn.CloseNow()
		t.Error("a web page's WebSocket was opened")
	} else if resp == nil || resp.Header.Get("Cred-Proxy-Error") != "origin_refused" {
		t.Errorf("%v, %v", resp, err)
	}
}

// If this fails, whoever pushes to the forge's own name is told that the name
// is wrong, and not that pushes go elsewhere.
func TestPushesToTheForgesNameAreNoForeignHosts(t *testing.T) {
	s, _, _ := ghBottle(t, "")
	for line, host := range map[string]string{
		"GET http://github.com/team/app.git/info/refs?service=git-receive-pack": "github.com", "POST http://github.com/team/app.git/git-receive-pack": "SIDECAR",
		"POST /team/app.git/git-receive-pack": "github.com", "POST /team/app.git/info/lfs/objects/batch": "GITHUB.com:80",
	} {
		got := s.browsed(t, line, "Host: "+host, "User-Agent: git/2.39.5", "Content-Length: 0")
		if got.Status != http.StatusForbidden || got.Header.Get("Cred-Proxy-Error") != "git_push_refused" {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if got := s.browsed(t, "GET http://github.com/team/app", "Host: github.com", "X-Api-Key: AGENT"); got.Header.Get("Cred-Proxy-Error") != "host_refused" {
		t.Errorf("another request: %+v", got)
	}
	// gh's socket goes by the API's name.
	if got := s.overSocket(t, "GET /user HTTP/1.1\r\nHost: api.github.com\r\nAuthorization: Bearer AGENT\r\nConnection: close\r\n\r\n"); got.Status != http.StatusOK {
		t.Errorf("gh's socket: %+v", got)
	}
	if got := s.overSocket(t, "GET /user HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer AGENT\r\nConnection: close\r\n\r\n"); got.Header.Get("Cred-Proxy-Error") != "no_route" {
		t.Errorf("gh's socket by another name: %+v", got)
	}
}

// overSocket sends a request to gh's socket.
func (s *sidecar) overSocket(t *testing.T, request string) answer {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(s.State, "gh.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "AGENT", s.Token)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	s.Seen.response(resp)
	return answer{resp.StatusCode, resp.Proto, resp.Header, nil, readBody(t, resp)}
}

// If this fails, an upstream sets cookies, lets web pages read answers, or
// passes an answer off as the sidecar's, in any kind of answer.
func TestUpstreamsSetNoReservedHeaders(t *testing.T) {
	reserved := map[string]string{"Set-Cookie": "session=upstream", "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Cred-Proxy-Error": "write_refused"}
	set := func(w http.ResponseWriter, prefix string) {
		for name, value := range reserved {
			w.Header().Set(prefix+name, value)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/normal", func(w http.ResponseWriter, _ *http.Request) { set(w, "") })
	mux.HandleFunc("/error", func(w http.ResponseWriter, _ *http.Request) {
		set(w, "")
		w.WriteHeader(http.StatusForbidden)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		set(w, "")
		http.Redirect(w, r, "/normal", http.StatusFound)
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, _ *http.Request) {
		set(w, "")
		w.WriteHeader(http.StatusEarlyHints)
	})
	mux.HandleFunc("/trailers", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "body")
		_ = http.NewResponseController(w).Flush()
		set(w, http.TrailerPrefix)
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		set(w, "")
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			_ = conn.CloseNow()
		}
	})
	h1, h2 := startUpstream(t, false, mux.ServeHTTP), startUpstream(t, true, mux.ServeHTTP)
	s := up(t, "routes:\n- {path: /h1/, upstream: "+h1.URL+", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /h2/, upstream: "+h2.URL+", auth: {scheme: Bearer, token_ref: T}}\n", map[string]string{"T": apiToken})
	for path, status := range map[string]string{"normal": "200", "error": "403", "moved": "302", "hints": "103", "trailers": "200", "socket": "101"} {
		for _, route := range []string{"/h1/", "/h2/"} {
			if route == "/h2/" && path == "socket" {
				continue // over HTTP/1.1 too
			}
			conn := s.dial(t)
			upgrade := "Connection: close\r\n"
			if path == "socket" {
				upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			}
			_, _ = io.WriteString(conn, "GET "+route+path+" HTTP/1.1\r\nHost: "+s.Address+"\r\nX-Api-Key: "+s.Token+"\r\n"+upgrade+"\r\n")
			got, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 "+status) {
				t.Errorf("%s%s: want status %s, got %v\n%s", route, path, status, err, got)
			}
			for name := range reserved {
				if strings.Contains(strings.ToLower(string(got)), strings.ToLower(name)+":") {
					t.Errorf("%s%s: the upstream's %s is in\n%s", route, path, name, got)
				}
			}
		}
	}
}
