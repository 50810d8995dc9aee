package e2e

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// pipelockToken has the form that pipelock takes for a GitHub token.
const pipelockToken = "ghp_TEST_SECRET_pipelock_0123456789abcdefghij"

// pipelock is a real one, run with the configuration that the launcher renders
// for a bottle.
type pipelock struct {
	address, caFile, log string
	pid                  int
}

// newPipelock starts the pipelock that CRED_PROXY_TEST_PIPELOCK names, and
// skips the test when it names none: pipelock is not among what tests need.
func newPipelock(t *testing.T, bottleFile string) *pipelock {
	t.Helper()
	binary := os.Getenv("CRED_PROXY_TEST_PIPELOCK")
	if binary == "" {
		t.Skip("CRED_PROXY_TEST_PIPELOCK names no pipelock")
	}
	b, err := bottle.Parse("dev.yaml", []byte(bottleFile+"egress: {pipelock: {image: \"pipelock:test\"}}\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	prepared, err := launcher.Prepare(b)
	if err != nil {
		t.Fatal(err)
	}
	config, err := egress.RenderPipelock(prepared)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := egress.NewCA(prepared.Slug, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &pipelock{address: freeAddress(t), caFile: filepath.Join(dir, egress.PipelockCACert)}
	writeFile(t, p.caFile, string(certificate))
	writeFile(t, filepath.Join(dir, egress.PipelockCAKey), string(key))
	writeFile(t, filepath.Join(dir, egress.PipelockConfig), strings.NewReplacer(
		egress.PipelockDir, dir, "listen: :"+plan.PipelockPort, "listen: "+p.address,
	).Replace(string(config)))
	p.log, p.pid = startDaemon(t, dir, hostEnv(t, "SSL_CERT_FILE="+authority.caFile(t)), binary, "run", "--config", filepath.Join(dir, egress.PipelockConfig))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("pipelock's log:\n%s", readFile(t, p.log))
		}
	})
	eventually(t, "pipelock", func() bool {
		return runIn(t, dir, hostEnv(t), binary, "healthcheck", "--addr", p.address).Code == 0
	})
	return p
}

// egress is the bottle file's section that sends everything through p.
func (p *pipelock) egress() string {
	return "egress: {proxy_url: \"http://" + p.address + "\", ca_file: \"" + p.caFile + "\"}\n"
}

// client is an agent that goes through p by itself.
func (p *pipelock) client() *http.Client {
	proxy := &url.URL{Scheme: "http", Host: p.address}
	ca, err := os.ReadFile(p.caFile)
	pool := authority.pool()
	if err == nil {
		pool.AppendCertsFromPEM(ca)
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableCompression: true,
	}}
}

// If this fails, a bottle's own pipelock blocks the credential that the
// sidecar adds, or lets a secret of the agent's through.
func TestPipelockKnowsTheInjectedCredential(t *testing.T) {
	u := newUpstream(t, nil)
	routes := "routes:\n" +
		"- {path: /bearer/, upstream: \"" + u.URL + "\", auth: {scheme: Bearer, token_ref: T}}\n" +
		"- {path: /basic/, upstream: \"" + u.URL + "\", auth: {basic: x-access-token, token_ref: T}}\n" +
		"- {path: /header/, upstream: \"" + u.URL + "\", auth: {header: X-Api-Key, token_ref: T}}\n"
	p := newPipelock(t, routes)
	s := up(t, routes+p.egress(), map[string]string{"T": pipelockToken})
	for _, path := range []string{"/bearer/x", "/basic/x", "/header/x"} {
		if resp := s.get(t, path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, resp.StatusCode, readBody(t, resp))
		}
	}
	if got := len(u.take()); got != 3 {
		t.Errorf("%d requests reached the upstream", got)
	}

	secret := "ghp_" + strings.Repeat("Abc1", 10)
	for what, change := range map[string]func(r *http.Request){
		"a body":   func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"body":"` + secret + `"}`)) },
		"a query":  func(r *http.Request) { r.URL.RawQuery = "q=" + secret },
		"a path":   func(r *http.Request) { r.URL.Path += "/" + secret },
		"a header": func(r *http.Request) { r.Header.Set("X-Token", secret) },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/bearer/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		change(r)
		if resp := s.do(t, r); resp.StatusCode != http.StatusForbidden {
			t.Errorf("a secret in %s: status %d", what, resp.StatusCode)
		}
		if got := u.take(); len(got) > 0 {
			t.Errorf("a secret in %s reached the upstream: %+v", what, got)
		}
	}

	// Around the sidecar, what it would have filled in passes, since pipelock
	// cannot tell who did: that is why an agent must not reach this one.
	for what, headers := range map[string]http.Header{
		"nothing": {}, "a secret in Authorization": {"Authorization": {"Bearer " + secret}}, "a secret in X-Token": {"X-Token": {secret}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.URL+"/direct", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = headers
		resp, err := p.client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		t.Logf("directly with %s: status %d", what, resp.StatusCode)
	}
	if resp, err := p.client().Get("https://elsewhere.example.com/"); err == nil {
		t.Errorf("a host of no route: status %d", resp.StatusCode)
	}
}

// If this fails, git cannot fetch through a pipelock.
func TestGitThroughPipelock(t *testing.T) {
	g := newGitServer(t, "oauth2", pipelockToken)
	g.create(t, "team/app.git", map[string]string{"a.txt": "a\n"})
	routes := "tokens: [{kind: gitea, url: \"" + g.URL + "\", token_ref: T}]\n"
	p := newPipelock(t, routes)
	s := up(t, routes+p.egress(), map[string]string{"T": pipelockToken})
	fetchesCompressed(t, s, g, g.URL)
}

// If this fails, an event stream through pipelock comes in one piece.
func TestEventsThroughPipelock(t *testing.T) {
	proceed := make(chan struct{})
	u := newUpstream(t, eventsInTurn(proceed))
	routes := "routes: [{path: /x/, upstream: \"" + u.URL + "\", auth: {scheme: Bearer, token_ref: T}}]\n"
	p := newPipelock(t, routes)
	s := up(t, routes+p.egress(), map[string]string{"T": pipelockToken})
	readEventsInTurn(t, s.get(t, "/x/events"), proceed)
}
