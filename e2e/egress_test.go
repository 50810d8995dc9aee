package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
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

// If this fails, a request goes out directly when there is no egress proxy to
// send it through.
func TestNothingGoesAroundTheEgressProxy(t *testing.T) {
	world, u := newInternet(t), newUpstream(t, nil)
	// The upstream could be reached, and its certificate is trusted.
	s := up(t, "routes: [{path: /c/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n"+world.egress(t), map[string]string{"T": egressToken})
	world.server.Close()
	resp := s.get(t, "/c/x")
	if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Message != "the egress proxy cannot be reached" {
		t.Errorf("status %d, %+v", resp.StatusCode, got)
	}
	if requests := u.take(); len(requests) > 0 {
		t.Errorf("%d requests reached the upstream", len(requests))
	}
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
