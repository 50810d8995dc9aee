package e2e

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// If this fails, a token is somewhere where the agent, a log's reader, or
// somebody who is given an image, a container or a list of events can see it.
// It was seen failing for a token in a label, and for one in the agent's
// environment.
func TestDockerNoTokenAnywhere(t *testing.T) {
	began := time.Now().Add(-time.Second)
	watch := watchCommandLines(t, "/usr/bin/caddy\x00run\x00")
	world := newDockerInternet(t)
	bottleFile, next := everythingBehind(t, world)
	s := bottleForDocker(t, bottleFile, secrets)
	s.runInDocker(t)
	s.useInDocker(t, next)
	s.operateInDocker(t)

	agentImage := strings.TrimSpace(runDocker(t, "container", "inspect", "--format", "{{.Config.Image}}", s.agent.name).must(t))
	places := map[string]string{
		"output and responses": s.Seen.String(), "argv of a process": watch(), "the agent's environment": strings.Join(s.Env, "\n"),
		"the sidecar's files":         runDocker(t, "cp", s.container()+":/etc/caddy", "-").must(t),
		"the agent's logs":            s.anyOutput(t, "logs", s.agent.name),
		"history of the agent":        runDocker(t, "history", "--no-trunc", agentImage).must(t),
		"history of the image":        runDocker(t, "history", "--no-trunc", s.image).must(t),
		"what the engine tells":       runDocker(t, "events", "--format", "{{json .}}", "--filter", "label=cred-proxy.bottle="+s.slug, "--since", began.Format(time.RFC3339Nano), "--until", time.Now().Format(time.RFC3339Nano)).must(t),
		"the sidecar for the engine":  s.withoutEnvironment(t),
		"other containers' arguments": runDocker(t, "ps", "--all", "--no-trunc", "--filter", "label=cred-proxy.bottle="+s.slug).must(t),
	}
	for _, args := range [][]string{
		{"logs", s.container()},
		{"diff", s.container()},
		{"export", s.container()},
		{"image", "inspect", s.image},
		{"diff", s.agent.name},
		{"export", s.agent.name},
		{"image", "inspect", agentImage},
		{"container", "inspect", s.agent.name},
		{"network", "inspect", s.internalNetwork(), s.egressNetwork()},
	} {
		places["docker "+strings.Join(args, " ")] = s.anyOutput(t, args...)
	}
	for _, what := range s.inEngine(t) {
		if kind, name, _ := strings.Cut(what, " "); kind == "volume" {
			places["volume "+name] = runDocker(t, "volume", "inspect", name).must(t)
		}
	}
	for what, text := range places {
		if len(text) < 2 && !strings.HasPrefix(what, "docker diff "+s.container()) && what != "the agent's logs" {
			t.Errorf("%s: there is nothing to search", what)
		}
		if names := found(text); len(names) > 0 {
			t.Errorf("%s: found %v", what, names)
		}
	}
	files := searchTree(t, filepath.Dir(filepath.Dir(s.State)))
	for _, want := range []string{"Caddyfile", "state.json", "plan.gob"} {
		if !slices.ContainsFunc(files, func(path string) bool { return filepath.Base(path) == want }) {
			t.Errorf("%s was not searched; there are %q", want, files)
		}
	}
}

// anyOutput is what a docker command printed on either stream.
func (s *sidecar) anyOutput(t *testing.T, args ...string) string {
	t.Helper()
	r := runDocker(t, args...)
	return r.Stdout + r.Stderr
}

// withoutEnvironment is what the engine says of the sidecar, save for its
// environment: whoever may use the engine sees that, and is root on the host
// anyway. It has to hold the tokens, or the search would prove nothing.
func (s *sidecar) withoutEnvironment(t *testing.T) string {
	t.Helper()
	var c map[string]any
	inspect(t, "container", s.container(), &c)
	config, _ := c["Config"].(map[string]any)
	env, _ := json.Marshal(config["Env"])
	if got := found(string(env)); len(got) < len(secrets)-1 { // one was rotated
		t.Errorf("in the sidecar's environment only %v are found", got)
	}
	delete(config, "Env")
	rest, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(rest)
}

// useInDocker is a day of the agent's, successes and failures.
func (s *sidecar) useInDocker(t *testing.T, next chan struct{}) {
	t.Helper()
	app := s.Home + "/app"
	s.run(t, s.Home, "sh", "-c", "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; cat ~/.gitconfig ~/.npmrc 2>/dev/null; true").must(t)
	s.run(t, s.Home, "git", "clone", "-q", "https://github.com/team/app.git").must(t)
	s.run(t, s.Home, "git", "clone", "-q", "https://gitea.example.com/team/lib.git").must(t)
	if r := s.run(t, app, "env", "GIT_TRACE_CURL=1", "GIT_TRACE=1", "git", "push", "origin", "main"); r.Code == 0 {
		t.Error("the push succeeded")
	}
	s.run(t, app, "npm", "init", "-y").must(t)
	s.run(t, app, "npm", "install", "--loglevel", "silly", "@team/right").must(t)
	s.run(t, app, "npm", "whoami").must(t)
	streamMessage(t, s, next, func(int) {})
	for _, path := range []string{"/h2/hello", "/h2/trailers", "/h2/moved", "/key/x", "/user/x", "/closed/x", "/nowhere", "/h2/%2e%2e/x", "/user/r.git/git-receive-pack"} {
		s.run(t, s.Home, "curl", "-sSv", "-o", "out-"+strconv.Itoa(len(path)), "-u", "agent:"+evil, s.URL+path).must(t)
	}
	for _, smuggle := range smuggles[:8] {
		s.raw(t, "POST /key/x HTTP/1.1\r\nHost: x\r\n"+smuggle.head+"\r\n"+smuggle.body)
	}
	for _, method := range []string{"HEAD", "TRACE", "OPTIONS", "DELETE"} {
		s.raw(t, method+" /h2/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}
}

// operateInDocker runs the operator's commands, and breaks what can break.
func (s *sidecar) operateInDocker(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"validate", "-f", s.BottleFile},
		{"plan", "-f", s.BottleFile},
		{"plan", "-f", s.BottleFile, "--format", "json"},
		{"env", "-f", s.BottleFile},
		{"env", "-f", s.BottleFile, "--format", "json"},
		{"ps"},
		{"ps", "--format", "json"},
		{"logs", "-f", s.BottleFile},
		{"logs", "-f", s.BottleFile, "--runtime"},
		{"reload", "-f", s.BottleFile},
	} {
		s.credProxy(t, args...).must(t)
	}
	host := s.host
	s.host = append(slices.Clone(host), "API="+apiToken+"\n")
	if r := s.credProxy(t, "reload", "-f", s.BottleFile); r.Code == 0 {
		t.Error("reload took a token with a newline")
	}
	s.host = append(slices.Clone(host), "API=TEST-SECRET-rotated-0123456789")
	s.credProxy(t, "reload", "-f", s.BottleFile).must(t)
	s.host = host
	if r := s.upInDocker(t); r.Code == 0 {
		t.Error("a second up succeeded")
	}
	// One that is killed says why in its log, and is started again.
	runDocker(t, "kill", "--signal", "QUIT", s.container()).must(t)
	eventually(t, "the sidecar to be back", func() bool {
		var c struct{ RestartCount int }
		inspect(t, "container", s.container(), &c)
		return c.RestartCount > 0 && runDocker(t, "exec", s.container(), "/usr/bin/caddy", "healthcheck").Code == 0
	})
}
