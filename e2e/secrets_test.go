package e2e

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// secrets are all tokens of the bottle below, by the host's variables.
var secrets = map[string]string{
	"GH": githubToken, "GITEA": gitToken, "NPM": npmToken, "CLAUDE": anthropicToken, "API": apiToken,
	"KEY": "TEST-SECRET-key-0a1b2c3d4e5f6a7b",
}

// found returns what of secrets, in any spelling, is in text.
func found(text string) (names []string) {
	for name, token := range secrets {
		if containsToken(text, token) {
			names = append(names, name)
		}
	}
	if strings.Contains(text, "TEST-SECRET-") && len(names) == 0 {
		names = append(names, "part of a token")
	}
	slices.Sort(names)
	return names
}

// everything starts one bottle with every kind of route, and what is behind it.
func everything(t *testing.T) (s *sidecar, next chan struct{}) {
	t.Helper()
	world := newInternet(t)
	bottleFile, next := everythingBehind(t, world)
	return up(t, bottleFile, secrets), next
}

// everythingBehind puts every kind of upstream into a world, and returns the
// bottle file for it.
func everythingBehind(t *testing.T, world *internet) (bottleFile string, next chan struct{}) {
	t.Helper()
	api := newGitHubAPI(t)
	github := newGitServer(t, "x-access-token", githubToken, "github.com")
	gitea := newGitServer(t, "oauth2", gitToken, "gitea.example.com")
	registry := newNPMRegistry(t, "https://registry.npmjs.org", npmToken)
	next = make(chan struct{})
	for host, address := range map[string]string{
		"github.com": github.Address, "api.github.com": api.Address, "gitea.example.com": gitea.Address, "registry.npmjs.org": registry.Address,
		"api.anthropic.com": newAnthropic(t, "Authorization", "Bearer "+anthropicToken, next).Address,
		"api.example.com":   answering(t, true, "api.example.com").Address, "key.example.com": newUpstream(t, nil, "key.example.com").Address,
	} {
		world.lead(host, address)
	}
	github.create(t, "team/app.git", nil)
	gitea.create(t, "team/lib.git", nil)
	registry.publish(t, "left", "1.0.0", `{}`)
	registry.publish(t, "@team/right", "1.0.0", `{"left":"^1.0.0"}`)
	return "tokens:\n- {kind: github, token_ref: GH}\n- {kind: gitea, url: \"https://gitea.example.com\", token_ref: GITEA}\n" +
		"- {kind: npm, token_ref: NPM}\n- {kind: anthropic, token_ref: CLAUDE}\nroutes:\n" +
		"- {path: /h2/, upstream: \"https://api.example.com\", auth: {scheme: Bearer, token_ref: API}}\n" +
		"- {path: /key/, upstream: \"https://key.example.com\", auth: {header: X-Key, token_ref: KEY}}\n" +
		"- {path: /user/, upstream: \"https://key.example.com\", auth: {basic: bot, token_ref: KEY}}\n" +
		"- {path: /closed/, upstream: \"https://unlisted.example.com\", auth: {scheme: Bearer, token_ref: API}}\n" + world.egress(t), next
}

// If this fails, a token is somewhere where the agent, a log's reader or
// another process can see it. It was seen failing for a token that was put
// into a log line, the agent's environment, and the argv of the sidecar.
func TestNoTokenAnywhere(t *testing.T) {
	watch := watchCommandLines(t, filepath.Join(binDir, "caddy")+"\x00run\x00")
	s, next := everything(t)
	useEverything(t, s, next)
	operateEverything(t, s)

	// At last a dump of all goroutines goes to the log.
	if err := syscall.Kill(s.Pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the sidecar's end", func() bool { return gone(s.Pid) })

	for what, text := range map[string]string{
		"output and responses": s.Seen.String(), "the agent's environment": strings.Join(s.Env, "\n"),
		"argv of a process": watch(),
	} {
		if names := found(text); len(names) > 0 {
			t.Errorf("%s: found %v", what, names)
		}
	}
	files := searchTree(t, filepath.Dir(filepath.Dir(s.State)))
	for _, want := range []string{"Caddyfile", "state.json", "sidecar.log", "access.log", ".gitconfig", ".npmrc", "config.yml", "instance.uuid"} {
		if !slices.ContainsFunc(files, func(path string) bool { return filepath.Base(path) == want }) {
			t.Errorf("%s was not searched; there are %q", want, files)
		}
	}
}

// useEverything is a day of the agent's, successes and failures.
func useEverything(t *testing.T, s *sidecar, next chan struct{}) {
	t.Helper()
	dir := s.Home // what clients keep is searched with the agent's files
	app := filepath.Join(dir, "app")
	s.run(t, dir, "env").must(t)
	s.run(t, dir, "git", "clone", "-q", "https://github.com/team/app.git").must(t)
	s.run(t, dir, "git", "clone", "-q", "https://gitea.example.com/team/lib.git").must(t)
	s.run(t, app, "git", "commit", "-q", "--allow-empty", "-m", "mine").must(t)
	if r := s.run(t, app, "env", "GIT_TRACE_CURL=1", "GIT_TRACE=1", "git", "push", "origin", "main"); r.Code == 0 {
		t.Error("the push succeeded")
	}
	s.run(t, app, "env", "GH_DEBUG=api", "gh", "issue", "list").must(t)
	s.run(t, app, "gh", "api", "user").must(t)
	s.run(t, app, "npm", "init", "-y").must(t)
	s.run(t, app, "npm", "install", "--loglevel", "silly", "@team/right").must(t)
	s.run(t, app, "npm", "whoami").must(t)
	streamMessage(t, s, next, func(int) {})
	for _, path := range []string{"/h2/hello", "/h2/trailers", "/h2/moved", "/key/x", "/user/x", "/closed/x", "/nowhere", "/h2/%2e%2e/x", "/user/r.git/git-receive-pack"} {
		s.run(t, dir, "curl", "-sSv", "-u", "agent:"+s.Token, s.URL+path).must(t)
		s.run(t, dir, "curl", "-sSv", s.URL+path).must(t)
	}
	for _, smuggle := range smuggles {
		s.raw(t, "POST /key/x HTTP/1.1\r\nHost: "+s.Address+"\r\n"+smuggle.head+"\r\n"+smuggle.body)
	}
	for _, method := range []string{"HEAD", "TRACE", "OPTIONS", "DELETE"} {
		s.raw(t, method+" /h2/hello HTTP/1.1\r\nHost: "+s.Address+"\r\nX-Api-Key: AGENT\r\nConnection: close\r\n\r\n")
	}
	testContinue(t, s, "/h2/")
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+s.Address+"/h2/echo", &websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {s.Token}}})
	if err != nil {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = conn.CloseNow()
}

// operateEverything runs the operator's commands, and breaks what can break.
func operateEverything(t *testing.T, s *sidecar) {
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
		{"version"},
		{"cleanup"},
		{"reload", "-f", s.BottleFile},
	} {
		s.credProxy(t, args...).must(t)
	}
	s.credProxy(t, "doctor", "-f", s.BottleFile)
	s.credProxy(t, "doctor", "-f", s.BottleFile, "--format", "json")
	s.run(t, s.Home, filepath.Join(binDir, "caddy"), "adapt", "--config", filepath.Join(s.State, "Caddyfile"), "--adapter", "caddyfile").must(t)
	// Broken configurations; the sidecar has no tokens when caddy validates.
	s.run(t, s.Home, filepath.Join(binDir, "caddy"), "validate", "--config", filepath.Join(s.State, "Caddyfile"), "--adapter", "caddyfile")
	undo := s.rewriteConfig(t, func(config string) string { return config + "\nnonsense {\n" })
	s.signal(t, syscall.SIGUSR1)
	eventually(t, "a complaint", func() bool { return strings.Contains(s.logs(t), `"level":"error"`) })
	undo()

	// A token with a newline at its end, and one that is another's.
	host := s.host
	s.host = append(slices.Clone(host), "API="+apiToken+"\n")
	if r := s.credProxy(t, "reload", "-f", s.BottleFile); r.Code == 0 {
		t.Error("reload took a token with a newline")
	}
	second := filepath.Join(filepath.Dir(s.BottleFile), "second.yaml")
	writeFile(t, second, "name: second\nbackend: process\ntokens: [{kind: github, token_ref: API}]\n")
	if r := s.credProxy(t, "up", "-f", second); r.Code == 0 {
		t.Error("up took a token with a newline")
	}
	s.host = append(slices.Clone(host), "API=TEST-SECRET-rotated-0123456789")
	s.credProxy(t, "reload", "-f", s.BottleFile).must(t)
	s.credProxy(t, "run", "-f", second, "--", "sh", "-c", "cat /proc/*/cmdline 2>/dev/null; env; cat ~/.gitconfig ~/.config/gh/config.yml").must(t)
	s.host = host
	s.readState(t)
}

// watchCommandLines reads the argv of all processes again and again; the
// returned function ends that and returns the different ones. One of them must
// begin with prefix.
func watchCommandLines(t *testing.T, prefix string) func() string {
	t.Helper()
	stop, seen := make(chan struct{}), make(map[string]bool)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, path := range paths {
				// The process may be gone by now.
				if line, err := os.ReadFile(path); err == nil {
					seen[string(line)] = true
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	finish := sync.OnceFunc(func() { close(stop); done.Wait() })
	t.Cleanup(finish)
	return func() string {
		finish()
		var all strings.Builder
		sidecars := 0
		for line := range seen {
			all.WriteString(line + "\n")
			if strings.HasPrefix(line, prefix) {
				sidecars++
			}
		}
		if sidecars == 0 {
			t.Error("the watch never saw the sidecar")
		}
		return all.String()
	}
}

// searchTree searches names and content of all files below dir, and returns
// their paths.
func searchTree(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files = append(files, path)
		if names := found(path + "\n" + readFile(t, path)); len(names) > 0 {
			t.Errorf("%s: found %v", path, names)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
