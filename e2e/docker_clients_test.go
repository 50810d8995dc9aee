package e2e

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// If this fails, an agent in a container cannot do its daily work: the clients
// people use, with the environment and files that `run` gives them and an HTTP
// proxy of the agent's own that leads nowhere.
func TestDockerClients(t *testing.T) {
	t.Parallel()
	world, next := newDockerInternet(t), make(chan struct{})
	github := newGitServer(t, "x-access-token", githubToken, "github.com")
	registry := newNPMRegistry(t, "https://registry.npmjs.org", npmToken)
	api := newAnthropic(t, "Authorization", "Bearer "+anthropicToken, next)
	for host, address := range map[string]string{"github.com": github.Address, "registry.npmjs.org": registry.Address, "api.anthropic.com": api.Address} {
		world.lead(host, address)
	}
	github.create(t, "team/app.git", map[string]string{"src/app.txt": "application\n"})
	registry.publish(t, "left", "1.0.0", `{}`)
	registry.publish(t, "@team/right", "1.0.0", `{"left":"^1.0.0"}`)
	s := bottleForDocker(t, "tokens: [{kind: github, token_ref: GH}, {kind: npm, token_ref: NPM}, {kind: anthropic, token_ref: CLAUDE}]\n"+world.egress(t),
		map[string]string{"GH": githubToken, "NPM": npmToken, "CLAUDE": anthropicToken})
	s.runInDocker(t)
	if env := strings.Join(s.Env, "\n"); !strings.Contains(env, "\nHTTP_PROXY="+deadProxy) || !strings.Contains(env, "NO_PROXY=cred-proxy") {
		t.Fatalf("the agent's environment is\n%s", env)
	}
	if r := s.run(t, s.Home, "curl", "-sS", "http://api.example.com/"); r.Code == 0 || !strings.Contains(r.Stderr, "127.0.0.1") {
		t.Fatalf("curl does not go through the agent's own proxy: %+v; this test tests nothing", r)
	}

	t.Run("git", func(t *testing.T) {
		s.run(t, s.Home, "git", "clone", "-q", "https://github.com/team/app.git").must(t)
		app := s.Home + "/app"
		if got := s.run(t, app, "cat", "src/app.txt").must(t); got != "application\n" {
			t.Errorf("the clone has %q", got)
		}
		s.run(t, app, "git", "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "mine").must(t)
		before := github.refs(t, "team/app.git")
		r := s.run(t, app, "git", "push", "origin", "main")
		if r.Code == 0 || github.refs(t, "team/app.git") != before {
			t.Error("the push went through")
		}
		for _, want := range []string{"remote: cred-proxy: git push over HTTP is refused", "remote: Push over SSH through the bottle's git-gate"} {
			if !strings.Contains(r.Stderr, want) {
				t.Errorf("git's output lacks %q:\n%s", want, r.Stderr)
			}
		}
	})
	t.Run("npm", func(t *testing.T) {
		project := s.Home + "/project"
		s.run(t, s.Home, "mkdir", project).must(t)
		s.run(t, project, "npm", "install", "@team/right").must(t)
		if got := s.run(t, project, "node", "-p", `require("@team/right")`).must(t); got != "@team/right 1.0.0\n" {
			t.Errorf("the installed package says %q", got)
		}
		if lock := s.run(t, project, "cat", "package-lock.json").must(t); strings.Contains(lock, "cred-proxy") || !strings.Contains(lock, "https://registry.npmjs.org/left/-/left-1.0.0.tgz") {
			t.Errorf("the lock file is\n%s", lock)
		}
	})
	t.Run("the Anthropic SDK", func(t *testing.T) {
		streamMessage(t, s, next, func(int) {})
	})
}

// If this fails, a credential that an agent in a container sends reaches an
// upstream, or ours does not, or more than one does.
func TestDockerSmuggledCredentials(t *testing.T) {
	t.Parallel()
	h2, h1 := startUpstream(t, true, nil, "two.example.com"), startUpstream(t, false, nil, "one.example.com")
	world := newDockerInternet(t)
	world.lead("two.example.com", h2.Address)
	world.lead("one.example.com", h1.Address)
	s := bottleForDocker(t, "routes:\n"+
		"- {path: /plain/, upstream: \"https://two.example.com\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /basic/, upstream: \"https://one.example.com\", auth: {basic: bot, token_ref: T}}\n"+world.egress(t), map[string]string{"T": apiToken})
	s.runInDocker(t)
	s.Token = "0000000000000000000000000000000000000000" // any will do
	for _, route := range []struct {
		path     string
		upstream *upstream
		want     http.Header
	}{
		{"/plain/", h2, http.Header{"Authorization": {"Bearer " + apiToken}}},
		{"/basic/", h1, http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("bot:"+apiToken))}}},
	} {
		for _, smuggle := range smuggles {
			if smuggle.name == "both lengths" { // where no token is asked for, the second request is the agent's next
				continue
			}
			t.Run(route.path+" "+smuggle.name, func(t *testing.T) {
				got := s.raw(t, "POST "+route.path+"x HTTP/1.1\r\nHost: "+s.Address+"\r\n"+smuggle.head+"\r\n"+smuggle.body)
				requests := route.upstream.take()
				if len(requests) == 0 {
					if got.Status != http.StatusBadRequest {
						t.Errorf("status %d, and nothing reached the upstream: %s", got.Status, got.Body)
					}
					return
				}
				checkCredentials(t, s, requests, route.want)
			})
		}
	}
}
