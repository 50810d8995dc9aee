package e2e

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mitmproxy is a real inspecting proxy, which signs with a CA of its own and
// logs every request that it can read, headers included.
type mitmproxy struct {
	// URL is for egress.proxy_url, caFile for egress.ca_file.
	URL, caFile string
	log         string
	pid         int
}

// newMitmproxy starts a mitmproxy that listens on host, a loopback address or
// one that containers reach, and for which world is the internet. Like the
// sidecar it passes bodies on as they come; arguments are more of its own.
func newMitmproxy(t *testing.T, host string, world *internet, args ...string) *mitmproxy {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(address)
	dir := t.TempDir()
	m := &mitmproxy{URL: "http://" + address, caFile: filepath.Join(dir, "mitmproxy-ca-cert.pem")}
	m.log, m.pid = startDaemon(t, dir, hostEnv(t, "PYTHONUNBUFFERED=1"), "mitmdump", append([]string{
		"--listen-host", host, "--listen-port", port, "--mode", "upstream:" + world.URL,
		"--set", "confdir=" + dir, "--set", "ssl_verify_upstream_trusted_ca=" + authority.caFile(t),
		"--set", "stream_large_bodies=1", "--flow-detail", "2",
	}, args...)...)
	t.Cleanup(func() {
		if log := m.seen(t); t.Failed() {
			t.Logf("the end of mitmproxy's log:\n%s", log[max(0, len(log)-4000):])
		}
	})
	eventually(t, "mitmproxy", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		_, caErr := os.Stat(m.caFile)
		return err == nil && caErr == nil
	})
	return m
}

// egress is the bottle file's section that sends everything through m, which
// does not inspect passthrough.
func (m *mitmproxy) egress(passthrough ...string) string {
	section := "egress: {proxy_url: \"" + m.URL + "\", ca_file: \"" + m.caFile + "\""
	if len(passthrough) > 0 {
		section += ", passthrough: [" + strings.Join(passthrough, ", ") + "]"
	}
	return section + "}\n"
}

// seen returns what m has logged.
func (m *mitmproxy) seen(t *testing.T) string {
	t.Helper()
	return readFile(t, m.log)
}

// stop ends m, so that nobody listens where it did.
func (m *mitmproxy) stop(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(m.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "mitmproxy to end", func() bool { return gone(m.pid) })
}

// inspectedWorld is two hosts behind an internet: api.example.com, and
// api.anthropic.com, which an operator does not want inspected.
type inspectedWorld struct {
	*internet
	api, anthropic *upstream
}

// inspectedRoutes are the routes to both.
const inspectedRoutes = "tokens: [{kind: anthropic, token_ref: A}]\n" +
	"routes:\n- {path: /api/, upstream: \"https://api.example.com\", auth: {scheme: Bearer, token_ref: T}}\n"

// withoutAnthropic has mitmproxy pass Anthropic's TLS through; version 8 matches
// the host name alone, later ones the port too.
var withoutAnthropic = []string{"--ignore-hosts", `^api\.anthropic\.com(:443)?$`}

var inspectedTokens = map[string]string{"A": anthropicToken, "T": egressToken}

func newInspectedWorld(t *testing.T) *inspectedWorld {
	t.Helper()
	w := &inspectedWorld{internet: newInternet(t), api: newUpstream(t, nil, "api.example.com"), anthropic: newUpstream(t, nil, "api.anthropic.com")}
	w.lead("api.example.com", w.api.Address)
	w.lead("api.anthropic.com", w.anthropic.Address)
	return w
}

// checkInspected has an agent send a request to api.example.com. The upstream
// has to see the credential, and the proxy the request.
func (w *inspectedWorld) checkInspected(t *testing.T, m *mitmproxy, get func(path string) *http.Response) {
	t.Helper()
	if resp := get("/api/inspected?q=1"); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d: %s", resp.StatusCode, readBody(t, resp))
	}
	if requests := w.api.take(); len(requests) != 1 || requests[0].Header.Get("Authorization") != "Bearer "+egressToken {
		t.Errorf("the upstream got %+v", requests)
	}
	eventually(t, "the proxy to log the request", func() bool {
		log := m.seen(t)
		return strings.Contains(log, "https://api.example.com/inspected?q=1") && strings.Contains(log, "Bearer "+egressToken)
	})
}

// checkUninspected has an agent send a request to api.anthropic.com, through
// the sidecar, which trusts that host's own certificate.
func (w *inspectedWorld) checkUninspected(t *testing.T, m *mitmproxy, get func(path string) *http.Response) {
	t.Helper()
	if resp := get("/anthropic/v1/models"); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d: %s", resp.StatusCode, readBody(t, resp))
	}
	if requests := w.anthropic.take(); len(requests) != 1 || requests[0].Header.Get("Authorization") != "Bearer "+anthropicToken {
		t.Errorf("the upstream got %+v", requests)
	}
	if log := m.seen(t); strings.Contains(log, "/v1/models") || containsToken(log, anthropicToken) {
		t.Error("the proxy read a request to a host that it is told to pass through")
	}
}

// checkNotAround has an agent send a request after the proxy was stopped.
func (w *inspectedWorld) checkNotAround(t *testing.T, get func(path string) *http.Response) {
	t.Helper()
	for _, path := range []string{"/api/around", "/anthropic/v1/models"} {
		resp := get(path)
		if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Message != "the egress proxy cannot be reached" {
			t.Errorf("%s: status %d, %+v", path, resp.StatusCode, got)
		}
	}
	if requests := append(w.api.take(), w.anthropic.take()...); len(requests) > 0 {
		t.Errorf("around the egress proxy went %+v", requests)
	}
}
