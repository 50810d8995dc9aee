package e2e

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
)

const corp = "api.corp.example"

// named is a bottle whose upstream is a name, the server that the name stands
// for on 127.0.0.1 and [::1], and on the same port of other addresses an evil
// one, with a certificate of its own that the sidecar trusts.
type named struct {
	*steered
	names *resolver
}

// evilAddresses are where a named's evil host is.
const evilAddress, evilAddress6 = "127.0.0.2", "::1"

func newNamed(t *testing.T, name string, resolvConf ...string) *named {
	t.Helper()
	names := newResolver(t)
	w := &named{&steered{own: newScripted(t, name), other: newScripted(t), evil: newEvilHost(t, "evil.example", "*.evil.example", evilAddress)}, names}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(w.own.URL, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, "evil.example", "*.evil.example", evilAddress)}}
	for _, address := range []string{evilAddress, evilAddress6} {
		rawServerAt(t, net.JoinHostPort(address, port), func(conn net.Conn) { w.evil.record(tls.Server(conn, config)) })
	}
	w.own.URL = "https://" + net.JoinHostPort(name, port)
	w.sidecar = up(t, "routes: [{path: /a/, upstream: \""+w.own.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n",
		map[string]string{"T": steerToken, "CRED_PROXY_SIDECAR": names.sidecar(t, resolvConf...)})
	return w
}

// stopped fails unless requests are refused because of the certificate, the
// evil host was connected to, and it got no byte of a request.
func (w *named) stopped(t *testing.T) {
	t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		got, err := w.ask(t, method, "/a/ok?id="+w.next())
		if err != nil || got.Status != http.StatusBadGateway || !strings.Contains(got.Body, "the upstream's TLS certificate is not trusted") {
			t.Errorf("%s: %+v, %v", method, got, err)
		}
		w.checkSilent(t, true)
	}
}

// checkSilent fails if the evil host got a byte over TLS, or no connection
// although it should have.
func (w *named) checkSilent(t *testing.T, connected bool) {
	t.Helper()
	var got []string
	if connected {
		eventually(t, "a connection to the evil host", func() bool { got = w.evil.take(); return len(got) > 0 })
	} else {
		got = w.evil.take()
	}
	for _, bytes := range got {
		if !strings.HasPrefix(bytes, `"",`) {
			t.Errorf("the evil host got %s", bytes)
		}
	}
}

// If this fails, whoever answers DNS queries gets tokens.
func TestNamesThatLeadElsewhere(t *testing.T) {
	w := newNamed(t, corp)
	w.names.lead("evil.example", evilAddress)
	for name, lead := range map[string]func(){
		"to another address": func() { w.names.lead(corp, evilAddress) },
		"to IPv6":            func() { w.names.lead(corp, evilAddress6) },
		"by a CNAME":         func() { w.names.alias(corp, "evil.example") },
	} {
		t.Run(name, func(t *testing.T) {
			lead()
			w.stopped(t)
		})
	}
	t.Run("to the right one", func(t *testing.T) {
		w.names.lead(corp, "127.0.0.1")
		w.answersItsOwn(t, 3)
		w.checkTokens(t)
	})
	for name, addresses := range map[string][]string{
		"to both, the evil one first": {evilAddress, "127.0.0.1"}, "to both, the evil one last": {"127.0.0.1", evilAddress}, "to both, the evil one by IPv6": {evilAddress6, "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			w.names.lead(corp, addresses...)
			w.own.play(whole("ID") + bye)
			for range 5 { // each on a new connection
				if got, err := w.ask(t, http.MethodGet, "/a/again?id="+w.next()); err != nil || got.Status != http.StatusOK && got.Status != http.StatusBadGateway {
					t.Errorf("%+v, %v", got, err)
				}
			}
			w.checkSilent(t, false)
		})
	}
}

// If this fails, a name that comes to resolve to another address (DNS
// rebinding) takes a token along, on new connections or on kept ones.
func TestRebinding(t *testing.T) {
	w := newNamed(t, corp)
	for range 3 {
		w.names.lead(corp, "127.0.0.1")
		w.answersItsOwn(t, 2)
		w.names.lead(corp, evilAddress)
		w.answersItsOwn(t, 2) // on the connection there is
		w.checkTokens(t)
		w.own.play(whole("ID") + bye)
		lost := w.own.Lost.Load()
		if got, err := w.ask(t, http.MethodGet, "/a/last?id="+w.next()); err != nil || got.Status != http.StatusOK {
			t.Errorf("%+v, %v", got, err)
		}
		eventually(t, "the connection to end", func() bool { return w.own.Lost.Load() > lost })
		w.stopped(t)
	}
	w.names.lead(corp, "127.0.0.1")
	w.answersItsOwn(t, 2)
}

// If this fails, the search domains of the machine's network decide where a
// token goes.
func TestSearchDomains(t *testing.T) {
	for _, name := range []string{corp, "forge"} {
		t.Run(name, func(t *testing.T) {
			w := newNamed(t, name, "search evil.example", "options ndots:5 timeout:1 attempts:1")
			w.names.lead(name+".evil.example", evilAddress)
			w.names.lead(name, "127.0.0.1")
			w.stopped(t)
			if asked := w.names.queries(); len(asked) != 1 || asked[0] != name+".evil.example." {
				t.Errorf("the name was looked up as %q, so this tests nothing", asked)
			}
		})
	}
}

// If this fails, names of upstreams are looked up by the sidecar although an
// egress proxy does that, and its answer may be another.
func TestEgressProxyLooksNamesUp(t *testing.T) {
	names, world, u := newResolver(t), newInternet(t), newUpstream(t, nil, corp)
	world.lead(corp, u.Address)
	names.lead(corp, evilAddress)
	s := up(t, "routes: [{path: /a/, upstream: \"https://"+corp+"\", auth: {scheme: Bearer, token_ref: T}}]\n"+world.egress(t),
		map[string]string{"T": steerToken, "CRED_PROXY_SIDECAR": names.sidecar(t)})
	if resp := s.get(t, "/a/x"); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d: %s", resp.StatusCode, readBody(t, resp))
	}
	if asked := names.queries(); len(asked) > 0 {
		t.Errorf("the sidecar asked for %q", asked)
	}
	if got := u.take(); len(got) != 1 || got[0].Host != corp {
		t.Errorf("the upstream got %+v", got)
	}
}

// rawServerAt is rawServer at an address of the test's choice.
func rawServerAt(t *testing.T, address string, handle func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go serveRaw(l, handle)
}
