package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sidecar is a bottle that runs, and what its agent was given.
type sidecar struct {
	// URL is the sidecar's base URL, Address its host and port.
	URL, Address string
	// Token is the agent token.
	Token string
	// Env and Home are the agent's.
	Env  []string
	Home string
	// State is the bottle's directory, BottleFile the file it was started from.
	State, BottleFile string
	Pid               int
	// host is the operator's environment, tokens included.
	host []string
	// What follows is set with Docker: the bottle's slug, the sidecar's image,
	// and of a bottle that runInDocker started the agent and the launcher.
	slug, image string
	agent       *agentContainer
	launcher    *exec.Cmd
	// Seen is all that commands printed and responses held, for those who
	// look for what should not be there.
	Seen transcript
}

// up starts a bottle with `cred-proxy up`; tokens are the host's variables
// that it names. The sidecar trusts the tests' CA.
func up(t *testing.T, bottleFile string, tokens map[string]string) *sidecar {
	t.Helper()
	// Not t.TempDir, whose length would not leave a Unix socket's path room.
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &sidecar{
		BottleFile: filepath.Join(dir, "bottle.yaml"), State: filepath.Join(dir, "cred-proxy/e2e"),
		// An engine may have bottles of other tests, and `ps` would list them.
		host: hostEnv(t, "XDG_STATE_HOME="+dir, "SSL_CERT_FILE="+authority.caFile(t), "DOCKER_HOST=unix://"+dir+"/no-engine.sock"),
	}
	for name, value := range tokens {
		s.host = append(s.host, name+"="+value)
	}
	writeFile(t, s.BottleFile, "name: e2e\nbackend: process\n"+bottleFile)
	s.credProxy(t, "up", "-f", s.BottleFile, "--quiet").must(t)
	t.Cleanup(func() { s.down(t) })
	s.readState(t)
	s.readEnv(t)
	return s
}

// credProxy runs the launcher as the operator.
func (s *sidecar) credProxy(t *testing.T, args ...string) result {
	t.Helper()
	return s.Seen.result(runIn(t, t.TempDir(), s.host, filepath.Join(binDir, "cred-proxy"), args...))
}

func (s *sidecar) down(t *testing.T) {
	if t.Failed() {
		if log, err := os.ReadFile(filepath.Join(s.State, "sidecar.log")); err == nil {
			t.Logf("the end of the sidecar's log:\n%s", log[max(0, len(log)-4000):])
		}
	}
	// The bottle may be down already: that is what some tests are about.
	s.credProxy(t, "down", "-f", s.BottleFile, "--quiet")
}

func (s *sidecar) readState(t *testing.T) {
	t.Helper()
	var record struct{ Sidecar struct{ Pid int } }
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(s.State, "state.json"))), &record); err != nil || record.Sidecar.Pid == 0 {
		t.Fatalf("state.json names no sidecar: %v", err)
	}
	s.Pid = record.Sidecar.Pid
	s.Token = strings.TrimSpace(readFile(t, filepath.Join(s.State, "agent-token")))
}

func (s *sidecar) readEnv(t *testing.T) {
	t.Helper()
	var given struct{ Env map[string]string }
	if err := json.Unmarshal([]byte(s.credProxy(t, "env", "-f", s.BottleFile, "--format", "json").must(t)), &given); err != nil {
		t.Fatal(err)
	}
	// Neither the machine's configuration of git nor of npm is the agent's.
	s.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1", "NPM_CONFIG_GLOBALCONFIG=/dev/null"}
	for name, value := range given.Env {
		s.Env = append(s.Env, name+"="+value)
	}
	s.Home = given.Env["HOME"]
	var listed []struct{ URL string }
	if err := json.Unmarshal([]byte(s.credProxy(t, "ps", "--format", "json").must(t)), &listed); err != nil || len(listed) != 1 {
		t.Fatalf("ps lists %v, %v", listed, err)
	}
	s.URL = listed[0].URL
	s.Address = strings.TrimPrefix(s.URL, "http://")
}

// run runs a command as the agent.
func (s *sidecar) run(t *testing.T, dir, name string, args ...string) result {
	t.Helper()
	return s.Seen.result(runToEnd(t, s.command(dir, name, args...)))
}

// command is a command of the agent's.
func (s *sidecar) command(dir, name string, args ...string) *exec.Cmd {
	if s.agent != nil { // the container has its environment
		return s.agent.command(dir, nil, name, args...)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, s.Env
	return cmd
}

// connect opens a connection to the sidecar from where the agent is.
func (s *sidecar) connect() (net.Conn, error) {
	if s.agent != nil {
		return s.agent.dial(s.Address)
	}
	return net.Dial("tcp", s.Address)
}

// logs returns everything the sidecar wrote.
func (s *sidecar) logs(t *testing.T) string {
	t.Helper()
	return readFile(t, filepath.Join(s.State, "access.log")) + readFile(t, filepath.Join(s.State, "sidecar.log"))
}

// do sends a request with the agent token as the agent would, without
// following redirects.
func (s *sidecar) do(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	if r.Header.Get("X-Api-Key") == "" && s.Token != "" {
		r.Header.Set("X-Api-Key", s.Token)
	}
	client := &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			DisableCompression: true, DisableKeepAlives: true,
			DialContext: func(context.Context, string, string) (net.Conn, error) { return s.connect() },
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	s.Seen.response(resp)
	return resp
}

// get requests a path of the sidecar.
func (s *sidecar) get(t *testing.T, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.do(t, r)
}

// accessLog returns the access-log lines so far.
func (s *sidecar) accessLog(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(readFile(t, filepath.Join(s.State, "access.log"))) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("access-log line %q: %v", line, err)
		}
		lines = append(lines, fields)
	}
	return lines
}
