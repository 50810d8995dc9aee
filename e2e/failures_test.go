package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const failToken = "TEST-SECRET-fail-3e4f5a6b7c8d9e"

// unusable are upstreams of no use, what is answered in their stead, and the
// server behind the route's upstream that start returns.
var unusable = []struct {
	name   string
	start  func(t *testing.T) (upstream string)
	status int
	want   refusal
}{
	{"untrusted certificate", startUntrusted, 502, unreachable(
		"the upstream's TLS certificate is not trusted", "trust its CA on the host, or set egress.ca_file if an inspecting proxy signs it")},
	{"no TLS", startPlain, 502, unreachable("the upstream does not speak TLS", "check the upstream's scheme and port")},
	{"reset at once", func(t *testing.T) string { t.Helper(); return rawServer(t, resetAtOnce) }, 502, unreachable(
		"the upstream closed the connection or broke the protocol", "")},
	{"reset after the request", startResetting, 502, unreachable("the upstream closed the connection or broke the protocol", "")},
	{"nobody listening", func(t *testing.T) string { t.Helper(); return "https://" + freeAddress(t) }, 502, unreachable(
		"cannot connect to the upstream", "check that the upstream is running and reachable")},
	{"unresolvable name", func(*testing.T) string { return "https://no-such-host.invalid" }, 502, unreachable(
		"the upstream's name does not resolve", "check the upstream's host name")},
	{"silence", func(t *testing.T) string { t.Helper(); return rawServer(t, drain) }, 504, refusal{
		"the upstream did not answer in time", "the upstream did not answer in time", "upstream_timeout", "", "cred-proxy",
	}},
}

func unreachable(message, hint string) refusal {
	return refusal{message, message, "upstream_unreachable", hint, "cred-proxy"}
}

// If this fails, an agent, and the person who reads its output, cannot tell
// why a request did not get through.
func TestUnusableUpstreams(t *testing.T) {
	for _, c := range unusable {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // silence takes as long as the sidecar's patience
			s := up(t, "routes: [{path: /api/, upstream: \""+c.start(t)+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": failToken})
			resp := s.get(t, "/api/x")
			if diff := cmp.Diff(c.want, readRefusal(t, resp)); diff != "" || resp.StatusCode != c.status {
				t.Errorf("status %d, want %d; body (-want +got):\n%s", resp.StatusCode, c.status, diff)
			}
			eventually(t, "the access log", func() bool { return len(s.accessLog(t)) == 1 })
			if line := s.accessLog(t)[0]; line["decision"] != c.want.Code {
				t.Errorf("the access log says %v", line)
			}
		})
	}
}

// If this fails, an upstream can make the sidecar show the token, by putting
// the request it got where an answer's status line belongs.
func TestUpstreamsNonsenseIsNotRepeated(t *testing.T) {
	leaf := authority.leaf(t)
	u := rawServer(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{leaf}})
		request := make([]byte, 4096)
		n, _ := server.Read(request)
		_, credential, _ := strings.Cut(string(request[:n]), "Authorization: ")
		credential, _, _ = strings.Cut(credential, "\r\n")
		_, _ = io.WriteString(server, credential+" HTTP/1.1 999\r\n"+credential+"\r\n\r\n")
		_ = conn.Close()
	})
	for name, auth := range map[string]string{"Bearer": "scheme: Bearer", "Basic": "basic: bot", "a header": "header: Authorization"} {
		t.Run(name, func(t *testing.T) {
			s := up(t, "routes: [{path: /api/, upstream: \""+u+"\", auth: {"+auth+", token_ref: T}}]\n", map[string]string{"T": failToken})
			resp := s.get(t, "/api/x")
			if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Code != "upstream_unreachable" {
				t.Errorf("status %d, %+v", resp.StatusCode, got)
			} else if shown := fmt.Sprint(got, resp.Header) + s.logs(t); containsToken(shown, failToken) {
				t.Errorf("the token is shown:\n%s", shown)
			}
		})
	}
}

// If this fails, the sidecar hands the token to a host that has a trusted
// certificate, though not for the upstream's name.
func TestCertificateForAnotherNameIsRefused(t *testing.T) {
	world, u := newInternet(t), newUpstream(t, nil, "other.example.com")
	world.lead("api.example.com", u.Address)
	s := up(t, "routes: [{path: /api/, upstream: \"https://api.example.com\", auth: {scheme: Bearer, token_ref: T}}]\n"+world.egress(t), map[string]string{"T": failToken})
	if got := readRefusal(t, s.get(t, "/api/x")); got.Message != "the upstream's TLS certificate is not trusted" {
		t.Errorf("%+v", got)
	}
	if got := u.take(); len(got) > 0 {
		t.Errorf("the impostor got %+v", got)
	}
}

// If this fails, git users see JSON, or nothing, when an upstream is down.
func TestGitShowsWhyAnUpstreamIsUnusable(t *testing.T) {
	s := up(t, "routes: [{path: /api/, upstream: \"https://"+freeAddress(t)+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": failToken})
	r := s.run(t, t.TempDir(), "git", "ls-remote", s.URL+"/api/team/app.git")
	if want := "remote: cred-proxy: cannot connect to the upstream\nremote: check that the upstream is running and reachable\n"; r.Code == 0 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, want git to say %q:\n%s", r.Code, want, r.Stderr)
	}
}

// If this fails, an agent takes half an answer for a whole one.
func TestUpstreamThatBreaksOffIsNotTakenForComplete(t *testing.T) {
	for name, headers := range map[string]http.Header{"with a length": {"Content-Length": {"1000"}}, "chunked": {}} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range headers {
					w.Header()[name] = values
				}
				_, _ = io.WriteString(w, "half")
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			})
			s := up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": failToken})
			body, err := io.ReadAll(s.get(t, "/api/x").Body)
			if err == nil {
				t.Errorf("the response ended well after %q", body)
			}
		})
	}
}

// If this fails, an upstream goes on working, and a stream goes on being paid
// for, after the agent has gone.
func TestUpstreamLearnsThatTheAgentIsGone(t *testing.T) {
	began, gone := make(chan struct{}), make(chan struct{})
	u := newUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(gone)
	})
	s := up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": failToken})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", s.Token)
	resp, err := http.DefaultClient.Do(r)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the request ended with %v", err)
	}
	if err == nil {
		_ = resp.Body.Close()
	}
	eventually(t, "the upstream to notice", func() bool {
		select {
		case <-gone:
			return true
		default:
			return false
		}
	})
}

// If this fails, an upstream can turn a request into a tunnel nobody asked for.
func TestUnrequestedUpgradeIsRefused(t *testing.T) {
	leaf := authority.leaf(t)
	u := rawServer(t, func(conn net.Conn) {
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{leaf}})
		_, _ = server.Read(make([]byte, 4096))
		_, _ = io.WriteString(server, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nHello.")
		_, _ = io.Copy(io.Discard, server)
	})
	s := up(t, "routes: [{path: /api/, upstream: \""+u+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": failToken})
	resp := s.get(t, "/api/x")
	if body := readBody(t, resp); resp.StatusCode != http.StatusBadGateway || resp.Header.Get("Cred-Proxy-Error") != "upstream_unreachable" {
		t.Errorf("status %d, Cred-Proxy-Error %q: %s", resp.StatusCode, resp.Header.Get("Cred-Proxy-Error"), body)
	}
}

// readBody reads a response to its end.
func readBody(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading a response: %v", err)
	}
	return string(body)
}

// refusal is the body of the sidecar's own answers.
type refusal struct{ Error, Message, Code, Hint, Source string }

func readRefusal(t *testing.T, resp *http.Response) refusal {
	t.Helper()
	body := readBody(t, resp)
	var got refusal
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("status %d, and the body is not JSON: %q", resp.StatusCode, body)
	}
	if got.Code != resp.Header.Get("Cred-Proxy-Error") || resp.Header.Get("Cache-Control") != "no-store" || got.Source != "cred-proxy" {
		t.Errorf("headers %v do not go with body %+v", resp.Header, got)
	}
	return got
}

// rawServer hands every connection to handle, and returns the address as an
// upstream.
func rawServer(t *testing.T, handle func(net.Conn)) (upstream string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go serveRaw(l, handle)
	return "https://" + l.Addr().String()
}

func serveRaw(l net.Listener, handle func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			handle(conn)
		}()
	}
}

// drain reads and says nothing.
func drain(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// reset closes a connection so that the peer sees a reset, not an end.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// resetAtOnce waits for the first byte: a reset before that may come while the
// peer is still connecting, which is another failure.
func resetAtOnce(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 1))
	reset(conn)
}

func startResetting(t *testing.T) string {
	t.Helper()
	leaf := authority.leaf(t)
	return rawServer(t, func(conn net.Conn) {
		_, _ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{leaf}}).Read(make([]byte, 1))
		reset(conn)
	})
}

func startUntrusted(t *testing.T) string {
	t.Helper()
	other, err := newCertAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{other.leaf(t)}}
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func startPlain(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http:", "https:", 1)
}

// quiet is for servers whose complaints are expected.
var quiet = log.New(io.Discard, "", 0)
