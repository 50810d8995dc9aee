package e2e

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// bridgeAddress is the host's address on the engine's own bridge, at which
// containers reach it.
func bridgeAddress(t *testing.T) string {
	t.Helper()
	requireDocker(t)
	name := runDocker(t, "network", "inspect", "bridge", "--format", `{{index .Options "com.docker.network.bridge.name"}}`).must(t)
	if bridge, err := net.InterfaceByName(strings.TrimSpace(name)); err == nil {
		addresses, _ := bridge.Addrs()
		for _, address := range addresses {
			if ip, _, err := net.ParseCIDR(address.String()); err == nil && ip.To4() != nil {
				return ip.String()
			}
		}
	}
	t.Fatalf("the engine's bridge %q is not on this machine, so these tests cannot put an egress proxy where its containers reach it", name)
	return ""
}

// If this fails, the chain agent, sidecar, inspecting proxy, upstream does not
// hold in Docker: somebody does not see what he should, or requests go around
// the proxy when it is gone.
func TestDockerChainThroughMitmproxy(t *testing.T) {
	host := bridgeAddress(t)
	w := newInspectedWorld(t)
	// An upstream that a container reaches without a proxy.
	direct, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Close() })
	go func() {
		for {
			conn, err := direct.Accept()
			if err != nil {
				return
			}
			t.Errorf("%s came around the egress proxy", conn.RemoteAddr())
			_ = conn.Close()
		}
	}()
	m := newMitmproxy(t, host, w.internet, withoutAnthropic...)
	egress := strings.Replace(m.egress("api.anthropic.com"), host, "host.docker.internal", 1)
	s := bottleForDocker(t, inspectedRoutes+"- {path: /direct/, upstream: \"https://"+direct.Addr().String()+"\", auth: {scheme: Bearer, token_ref: T}}\n"+egress, inspectedTokens)
	s.runInDocker(t)
	get := func(path string) *http.Response { return s.get(t, path) }
	w.checkInspected(t, m, get)
	// Anthropic's stand-in is signed by the tests' CA, which the image does not
	// know: that this is what is refused shows that the proxy left it alone.
	resp := get("/anthropic/v1/models")
	if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Message != "the upstream's TLS certificate is not trusted" {
		t.Errorf("status %d, %+v", resp.StatusCode, got)
	}
	if log := m.seen(t); strings.Contains(log, "/v1/models") || containsToken(log, anthropicToken) {
		t.Error("the proxy read a request to a host that it is told to pass through")
	}
	if resp := get("/direct/x"); resp.StatusCode < http.StatusBadRequest {
		t.Errorf("a host that the proxy does not allow: status %d", resp.StatusCode)
	}

	m.stop(t)
	w.checkNotAround(t, get)
	if resp := get("/direct/x"); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("without the proxy: status %d", resp.StatusCode)
	}
}

// inspectedDockerBottle is an agent in a container whose sidecar goes through
// a real mitmproxy to g and to an event stream.
func inspectedDockerBottle(t *testing.T, g *gitServer, token string, proceed <-chan struct{}) *sidecar {
	t.Helper()
	host, world := bridgeAddress(t), newInternet(t)
	world.lead("github.com", g.Address)
	world.lead("a.example.com", newUpstream(t, eventsInTurn(proceed), "a.example.com").Address)
	m := newMitmproxy(t, host, world)
	s := bottleForDocker(t, "tokens: [{kind: github, token_ref: GH}]\nroutes: [{path: /a/, upstream: \"https://a.example.com\", auth: {scheme: Bearer, token_ref: GH}}]\n"+
		m.egress(), map[string]string{"GH": token})
	s.runInDocker(t)
	return s
}

// If this fails, an agent in a container gets events in one piece, or cannot
// fetch, when a real inspecting proxy is in between.
func TestDockerStreamsThroughMitmproxy(t *testing.T) {
	t.Parallel()
	g, proceed := newGitServer(t, "x-access-token", gitToken, "github.com"), make(chan struct{})
	g.create(t, "team/app.git", map[string]string{"a.txt": "a\n"})
	s := inspectedDockerBottle(t, g, gitToken, proceed)
	readEventsInTurn(t, s.get(t, "/a/events"), proceed)
	s.run(t, s.Home, "git", "clone", "-q", "https://github.com/team/app.git").must(t)
	if got := s.run(t, s.Home+"/app", "cat", "a.txt").must(t); got != "a\n" {
		t.Errorf("the clone has %q", got)
	}
}
