package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crookedProxy is an egress proxy that answers CONNECT in whatever way.
type crookedProxy struct {
	// URL is for egress.proxy_url.
	URL string

	mu   sync.Mutex
	play string
	to   string // where tunnels lead, if anywhere
	got  []*http.Request
}

func newCrookedProxy(t *testing.T) *crookedProxy {
	t.Helper()
	p := &crookedProxy{}
	p.URL = strings.Replace(rawServer(t, p.serve), "https:", "http:", 1)
	return p
}

// set sets what comes before a tunnel, and where that leads.
func (p *crookedProxy) set(play, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.play, p.to = play, to
}

func (p *crookedProxy) serve(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReaderSize(conn, 16)) // nothing comes before the answer
	if err != nil {
		return
	}
	p.mu.Lock()
	p.got = append(p.got, r)
	play, to := p.play, p.to
	p.mu.Unlock()
	_, _ = io.WriteString(conn, play)
	if to == "" {
		return
	}
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, conn)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(conn, server)
}

// take returns the requests since the last call.
func (p *crookedProxy) take() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

const established = "HTTP/1.1 200 Connection established\r\n\r\n"

// crooked are answers to CONNECT. Tunnels lead to TO: the evil host, or
// another route's upstream.
var crooked = []struct{ name, play, to string }{
	{"407", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", ""},
	{"407 that leaves the connection open", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\nContent-Length: 4\r\n\r\nbody", "EVILTLS"},
	{"401", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", "EVILTLS"},
	{"302 to the evil host", "HTTP/1.1 302 Found\r\nLocation: https://EVILTLS/x\r\nContent-Length: 0\r\n\r\n", ""},
	{"302, and a tunnel", "HTTP/1.1 302 Found\r\nLocation: https://EVILTLS/x\r\nContent-Length: 0\r\n\r\n", "EVILTLS"},
	{"307 to the evil host", "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://EVIL/x\r\nContent-Length: 0\r\n\r\n", "EVIL"},
	{"305", "HTTP/1.1 305 Use Proxy\r\nLocation: http://EVIL/\r\nContent-Length: 0\r\n\r\n", ""},
	{"the evil host's certificate", established, "EVILTLS"},
	{"the evil host, without TLS", established, "EVIL"},
	{"the other route's upstream", established, "OTHER"},
	{"an answer in the tunnel", established + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSTRAY", ""},
	{"a body before the tunnel", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSTRAY", "EVILTLS"},
	{"chunks before the tunnel", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nSTRAY\r\n0\r\n\r\n", "EVILTLS"},
	{"a second answer before the tunnel", established + established, "EVILTLS"},
	{"201", "HTTP/1.1 201 Created\r\nLocation: https://EVILTLS/\r\n\r\n", "EVILTLS"},
	{"204", "HTTP/1.1 204 No Content\r\n\r\n", "EVILTLS"},
	{"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n", "EVILTLS"},
	{"100 before", "HTTP/1.1 100 Continue\r\n\r\n" + established, "EVILTLS"},
	{"421", "HTTP/1.1 421 Misdirected Request\r\nAlt-Svc: h2=\"EVILTLS\"\r\nContent-Length: 0\r\n\r\n", "EVILTLS"},
	{"503 with Retry-After", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", "EVILTLS"},
	{"an unknown status", "HTTP/1.1 299 Whatever\r\n\r\n", "EVILTLS"},
	{"HTTP/0.9", "<html>STRAY</html>\r\n\r\n", "EVIL"},
	{"garbage", "\x15\x03\x01\x00\x02\x02\x28\r\n\r\n", "EVILTLS"},
	{"a huge header", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 12<<20) + "\r\n\r\n", "EVILTLS"},
	{"no answer", "", ""},
	{"half an answer", "HTTP/1.1 200 Conn", ""},
	{"the token's own reason", "HTTP/1.1 400 Bearer " + steerToken + "\r\nContent-Length: 0\r\n\r\n", ""},
}

// If this fails, an egress proxy that is not to be trusted after all leads a
// token to a host that is not the route's, or is told more than its name.
func TestMisbehavingEgressProxy(t *testing.T) {
	p, right := newCrookedProxy(t), newScripted(t, "a.example.com")
	w := &steered{own: right, other: newScripted(t, "b.example.com"), evil: newEvilHost(t, "evil.example")}
	address := strings.TrimPrefix(right.URL, "https://")
	right.URL = "https://a.example.com"
	w.sidecar = up(t, "routes:\n- {path: /a/, upstream: \"https://a.example.com\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /b/, upstream: \"https://b.example.com\", auth: {scheme: Bearer, token_ref: O}}\n"+
		"egress: {proxy_url: \""+p.URL+"\", ca_file: \""+authority.caFile(t)+"\"}\n", map[string]string{"T": steerToken, "O": otherToken})
	for _, crook := range crooked {
		t.Run(crook.name, func(t *testing.T) {
			p.set(w.in(crook.play), w.in(crook.to))
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				got, err := w.ask(t, method, "/a/ok?id="+w.next())
				if err != nil || got.Status != http.StatusBadGateway || got.Header.Get("Cred-Proxy-Error") != "upstream_unreachable" || got.Header.Get("Location")+got.Header.Get("Proxy-Authenticate") != "" {
					t.Errorf("%s: %+v, %v", method, got, err)
				} else if strings.Contains(got.Body, "STRAY") || containsToken(got.Body+fmt.Sprint(got.Header), steerToken) {
					t.Errorf("%s: %+v", method, got)
				}
			}
			checkConnects(t, p)
			if got := append(w.other.take(), right.take()...); len(got) > 0 {
				t.Errorf("an upstream got %+v", got)
			}
			p.set(established, address)
			w.answersItsOwn(t, 3)
			w.checkOwners(t)
			right.play(whole("ID") + bye) // or the next proxy's connection is not asked for
			if got, err := w.ask(t, http.MethodGet, "/a/last?id="+w.next()); err != nil || got.Status != http.StatusOK {
				t.Errorf("%+v, %v", got, err)
			}
			right.take()
			p.take()
			for _, got := range w.evil.take() {
				if !strings.HasPrefix(got, `"",`) && !strings.HasPrefix(got, `"\x16\x03`) { // the hello of TLS
					t.Errorf("the evil host got %s", got)
				}
			}
		})
	}
	if strings.Contains(w.logs(t), steerToken) {
		t.Error("the log shows the token")
	}
}

// checkConnects fails if the proxy was told anything but where to connect to.
func checkConnects(t *testing.T, p *crookedProxy) {
	t.Helper()
	requests := p.take()
	if len(requests) == 0 {
		t.Error("nobody asked the proxy, so this tests nothing")
	}
	for _, r := range requests {
		r.Header.Del("User-Agent") // Go's own
		if diff := cmp.Diff(http.Header{}, r.Header); diff != "" || r.Method != http.MethodConnect || r.RequestURI != "a.example.com:443" || r.Host != "a.example.com:443" {
			t.Errorf("the proxy got %s %s of %s with (-want +got):\n%s", r.Method, r.RequestURI, r.Host, diff)
		}
	}
}

// If this fails, variables of the sidecar's environment send tokens through a
// proxy that nobody configured.
func TestNoProxyOfTheEnvironment(t *testing.T) {
	names := newResolver(t)
	names.lead(corp, "127.0.0.1")
	decoy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s went to a proxy of the environment", r.Method, r.Host)
	}))
	t.Cleanup(decoy.Close)
	u := newScripted(t, corp)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(u.URL, "https://"))
	w := &steered{own: u, other: newScripted(t), evil: newEvilHost(t)}
	u.URL = "https://" + net.JoinHostPort(corp, port) // Go does not use a proxy for localhost
	variables := []string{}
	for _, variable := range around(decoy.URL) {
		if !strings.HasPrefix(strings.ToLower(variable), "no_proxy") {
			variables = append(variables, variable)
		}
	}
	w.sidecar = up(t, "routes: [{path: /a/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n",
		map[string]string{"T": steerToken, "CRED_PROXY_SIDECAR": exporting(t, names.sidecar(t), variables)})
	w.answersItsOwn(t, 3)
	w.checkTokens(t)
}
