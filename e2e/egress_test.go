package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const egressToken = "TEST-SECRET-egress-9c8b7a6d5e4f"

const egressRoutes = "routes:\n" +
	"- {path: /a/, upstream: https://a.example.com, auth: {scheme: Bearer, token_ref: T}}\n" +
	"- {path: /b/, upstream: https://b.example.com, auth: {basic: bot, token_ref: T}}\n"

// If this fails, some of the sidecar's traffic goes around the egress proxy,
// where nobody inspects it: loopback upstreams above all, which Go never sends
// through a proxy that the environment names.
func TestAllTrafficGoesThroughTheEgressProxy(t *testing.T) {
	world, u := newInternet(t), newUpstream(t, nil, "a.example.com", "b.example.com")
	local := strings.TrimPrefix(u.URL, "https://")
	world.lead("a.example.com", u.Address)
	world.lead("b.example.com", u.Address)
	s := up(t, egressRoutes+"- {path: /c/, upstream: \""+u.URL+"\", auth: {header: X-Api-Key, token_ref: T}}\n"+world.egress(t), map[string]string{"T": egressToken})
	for _, path := range []string{"/a/x", "/b/x"} {
		if resp := s.get(t, path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, resp.StatusCode, readBody(t, resp))
		}
	}
	if got := readRefusal(t, s.get(t, "/c/x")); got.Message != "the egress proxy refused the connection" {
		t.Errorf("/c/x: %+v", got)
	}
	if diff := cmp.Diff([]string{"a.example.com:443", "b.example.com:443", local}, world.visited()); diff != "" {
		t.Errorf("the egress proxy was asked for (-want +got):\n%s", diff)
	}
	if got := len(u.take()); got != 2 {
		t.Errorf("%d requests reached the upstream, want 2", got)
	}
}

// around are variables by which Go's clients, and those of other languages,
// choose a proxy, or none.
func around(decoy string) []string {
	return []string{
		"NO_PROXY=*", "no_proxy=*", "ALL_PROXY=" + decoy, "all_proxy=" + decoy,
		"HTTP_PROXY=" + decoy, "http_proxy=" + decoy, "HTTPS_PROXY=" + decoy, "https_proxy=" + decoy,
	}
}

// sidecarWith is a sidecar that starts with more variables in its environment.
func sidecarWith(t *testing.T, variables []string) (path string) {
	t.Helper()
	return exporting(t, filepath.Join(binDir, "caddy"), variables)
}

// exporting is sidecarWith for another sidecar.
func exporting(t *testing.T, sidecar string, variables []string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "caddy")
	script := "#!/bin/sh\nexport '" + strings.Join(variables, "' '") + "'\nexec '" + sidecar + "' \"$@\"\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// If this fails, a request goes out directly, or through another proxy, when
// the sidecar's environment says so or there is no egress proxy to be reached.
func TestNothingGoesAroundTheEgressProxy(t *testing.T) {
	world, u := newInternet(t), newUpstream(t, nil)
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s went to the plain upstream", r.URL) }))
	t.Cleanup(plain.Close)
	decoy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s went to another proxy", r.Method, r.Host)
	}))
	t.Cleanup(decoy.Close)
	// Both upstreams could be reached, and the certificate is trusted.
	_, port, _ := net.SplitHostPort(u.Address)
	s := up(t, "routes:\n"+
		"- {path: /name/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /v4/, upstream: \"https://"+u.Address+"\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /v6/, upstream: \"https://[::1]:"+port+"\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /plain/, upstream: \""+plain.URL+"\", auth: {scheme: Bearer, token_ref: T}}\n"+world.egress(t),
		map[string]string{"T": egressToken, "CRED_PROXY_SIDECAR": sidecarWith(t, around(decoy.URL))})
	paths := []string{"/name/x", "/v4/x", "/v6/x", "/plain/x"}
	for _, path := range paths { // none of which the proxy lets through
		if resp := s.get(t, path); resp.StatusCode != http.StatusBadGateway && resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", path, resp.StatusCode)
		}
	}
	want := []string{strings.TrimPrefix(plain.URL, "http://"), u.Address, "[::1]:" + port, "localhost:" + port}
	slices.Sort(want)
	if diff := cmp.Diff(want, world.visited()); diff != "" {
		t.Errorf("the egress proxy was asked for (-want +got):\n%s", diff)
	}
	world.server.Close()
	for _, path := range paths {
		resp := s.get(t, path)
		if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Message != "the egress proxy cannot be reached" {
			t.Errorf("%s: status %d, %+v", path, resp.StatusCode, got)
		}
	}
	if requests := u.take(); len(requests) > 0 {
		t.Errorf("%d requests reached the upstream", len(requests))
	}
}

// If this fails, an upstream is told of another host than it was asked for:
// forges then make wrong links, and proxies that inspect refuse the request.
func TestHostNamesThePort(t *testing.T) {
	world, u := newInternet(t), newUpstream(t, nil, "a.example.com")
	_, port, _ := net.SplitHostPort(u.Address)
	for _, host := range []string{"a.example.com:443", "a.example.com:" + port, "[::1]:" + port} {
		world.leadPort(host, u.Address)
	}
	s := up(t, "routes:\n"+
		"- {path: /default/, upstream: \"https://a.example.com\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /own/, upstream: \"https://a.example.com:"+port+"\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /v6/, upstream: \"https://[::1]:"+port+"\", auth: {scheme: Bearer, token_ref: T}}\n"+world.egress(t), map[string]string{"T": egressToken})
	for path, want := range map[string]string{"/default/x": "a.example.com", "/own/x": "a.example.com:" + port, "/v6/x": "[::1]:" + port} {
		if resp := s.get(t, path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, resp.StatusCode, readBody(t, resp))
		}
		if got := u.take(); len(got) != 1 || got[0].Host != want {
			t.Errorf("%s: the upstream got %+v, want host %s", path, got, want)
		}
	}
}

// If this fails, a real inspecting proxy cannot be used, or does not see what
// is sent; or a host that it does not inspect cannot be reached; or requests go
// around it when it is gone.
func TestChainThroughMitmproxy(t *testing.T) {
	w := newInspectedWorld(t)
	m := newMitmproxy(t, "127.0.0.1", w.internet, withoutAnthropic...)
	bottle := inspectedRoutes + m.egress("api.anthropic.com")
	tokens := maps.Clone(inspectedTokens)
	tokens["CRED_PROXY_SIDECAR"] = sidecarWith(t, around("http://127.0.0.1:1"))
	s := up(t, bottle, tokens)
	get := func(path string) *http.Response { return s.get(t, path) }
	w.checkInspected(t, m, get)
	w.checkUninspected(t, m, get)

	m.stop(t)
	w.checkNotAround(t, get)
}

// If this fails, the sidecar trusts a proxy that inspects without being told
// to, or hides what is wrong; or the proxy's CA is trusted for a host that is
// not inspected, or the host's CAs for one that is.
func TestMitmproxyIsTrustedForWhatItInspects(t *testing.T) {
	w := newInspectedWorld(t)
	m := newMitmproxy(t, "127.0.0.1", w.internet, withoutAnthropic...)
	for name, c := range map[string]struct {
		egress    string
		untrusted []string
	}{
		"without its CA":                 {"egress: {proxy_url: \"" + m.URL + "\"}\n", []string{"/api/x"}},
		"with its CA":                    {m.egress(), []string{"/anthropic/v1/models"}},
		"with what it inspects left out": {m.egress("api.example.com"), []string{"/api/x", "/anthropic/v1/models"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := up(t, inspectedRoutes+c.egress, inspectedTokens)
			for _, path := range c.untrusted {
				resp := s.get(t, path)
				if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Message != "the upstream's TLS certificate is not trusted" {
					t.Errorf("%s: status %d, %+v", path, resp.StatusCode, got)
				}
			}
		})
	}
	if requests := append(w.api.take(), w.anthropic.take()...); len(requests) > 0 {
		t.Errorf("the upstreams got %+v", requests)
	}
}

// If this fails, events come in one piece, or git cannot fetch, when a real
// inspecting proxy is in between.
func TestStreamsThroughMitmproxy(t *testing.T) {
	world, proceed := newInternet(t), make(chan struct{})
	g := newGitServer(t, "x-access-token", gitToken, "github.com")
	g.create(t, "team/app.git", map[string]string{"a.txt": "a\n"})
	world.lead("github.com", g.Address)
	world.lead("a.example.com", newUpstream(t, eventsInTurn(proceed), "a.example.com").Address)
	m := newMitmproxy(t, "127.0.0.1", world)
	s := up(t, "tokens: [{kind: github, token_ref: GH}]\nroutes: [{path: /a/, upstream: \"https://a.example.com\", auth: {scheme: Bearer, token_ref: GH}}]\n"+
		m.egress(), map[string]string{"GH": gitToken})
	readEventsInTurn(t, s.get(t, "/a/events"), proceed)
	fetchesCompressed(t, s, g, "https://github.com")
}

// If this fails, an inspecting proxy, which signs with a CA of its own, cannot
// be used; or the sidecar takes other certificates than the proxy's, so that
// somebody between the two could take its place.
func TestEgressProxyThatResigns(t *testing.T) {
	inspector, err := newCertAuthority()
	if err != nil {
		t.Fatal(err)
	}
	caFile := filepath.Join(t.TempDir(), "inspector.pem")
	writeFile(t, caFile, readFile(t, inspector.caFile(t)))
	world, u := newInternet(t), newUpstream(t, nil, "a.example.com")
	world.lead("a.example.com", resign(t, inspector, u, "a.example.com"))
	world.lead("b.example.com", newUpstream(t, nil, "b.example.com").Address)
	s := up(t, egressRoutes+"egress: {proxy_url: \""+world.URL+"\", ca_file: \""+caFile+"\"}\n", map[string]string{"T": egressToken})

	if resp := s.get(t, "/a/x"); resp.StatusCode != http.StatusOK {
		t.Errorf("through the inspecting proxy: status %d: %s", resp.StatusCode, readBody(t, resp))
	}
	if requests := u.take(); len(requests) != 1 || requests[0].Header.Get("Authorization") != "Bearer "+egressToken {
		t.Errorf("the upstream got %+v", requests)
	}
	// b is signed by the CA that the host trusts, but that is not the proxy's.
	if resp := s.get(t, "/b/x"); resp.StatusCode != http.StatusBadGateway || !strings.Contains(readBody(t, resp), "not trusted") {
		t.Errorf("around the inspecting proxy: status %d", resp.StatusCode)
	}
}

// resign is the inspecting half of an egress proxy: it takes the place of an
// upstream with a certificate of its own, and passes requests on.
func resign(t *testing.T, ca *certAuthority, u *upstream, names ...string) (address string) {
	t.Helper()
	target, err := url.Parse(u.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.pool()}}
	server := httptest.NewUnstartedServer(proxy)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, names...)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// If this fails, what the egress proxy is logged in with reaches an upstream,
// or the agent.
func TestEgressProxyFailuresAreNotRetriedWithCredentials(t *testing.T) {
	var seen http.Header
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header().Set("Proxy-Authenticate", `Basic realm="egress"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	s := up(t, egressRoutes+"egress: {proxy_url: \""+proxy.URL+"\", ca_file: \""+authority.caFile(t)+"\"}\n", map[string]string{"T": egressToken})
	resp := s.get(t, "/a/x")
	if body := readBody(t, resp); resp.StatusCode != http.StatusBadGateway || resp.Header.Get("Proxy-Authenticate") != "" {
		t.Errorf("status %d with %v: %s", resp.StatusCode, resp.Header, body)
	}
	for name, values := range seen {
		if strings.Contains(strings.Join(values, " "), "TEST-SECRET") {
			t.Errorf("the egress proxy was shown the route's credential in %s", name)
		}
	}
}

// pool holds the CA alone.
func (a *certAuthority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}
