package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
)

// sidecar is a running bottle and what its agent was given.
type sidecar struct {
	// URL is the sidecar's base URL, Address its host and port.
	URL, Address string
	// Token is the agent token.
	Token string
	// Env and Home are the agent's.
	Env  []string
	Home string
	// State is the directory with the sidecar's files.
	State  string
	Socket string
	Pid    int
	cmd    *exec.Cmd
}

// testAgentToken is what the process backend would draw at random.
const testAgentToken = "0123456789abcdef0123456789abcdef01234567"

// up starts a bottle; tokens are the host's variables that it names.
func up(t *testing.T, bottleFile string, tokens map[string]string) *sidecar {
	t.Helper()
	s := &sidecar{State: t.TempDir(), Home: t.TempDir(), Token: testAgentToken}
	file := filepath.Join(s.State, "bottle.yaml")
	writeFile(t, file, "name: e2e\nbackend: process\n"+bottleFile)
	b, err := bottle.Load(file, "", s.Home)
	if err != nil {
		t.Fatal(err)
	}
	p, err := launcher.Prepare(b)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = l.Addr().String()
	s.URL = "http://" + s.Address
	s.Socket = filepath.Join(s.State, "gh.sock")
	u, err := net.Listen("unix", s.Socket)
	if err != nil {
		t.Fatal(err)
	}
	lf, _ := l.(*net.TCPListener).File()
	uf, _ := u.(*net.UnixListener).File()
	text, err := caddyfile.Render(p, launcher.RenderOptions(b, p))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(s.State, "Caddyfile"), text)
	out, _ := os.Create(filepath.Join(s.State, "stdout.log"))
	errs, _ := os.Create(filepath.Join(s.State, "stderr.log"))
	s.cmd = exec.Command(filepath.Join(binDir, "caddy"), "run", "--config", filepath.Join(s.State, "Caddyfile"), "--adapter", "caddyfile")
	s.cmd.ExtraFiles = []*os.File{lf, uf}
	s.cmd.Stdout, s.cmd.Stderr = out, errs
	s.cmd.Env = []string{"HOME=" + s.State, "XDG_DATA_HOME=" + s.State + "/data", "XDG_CONFIG_HOME=" + s.State + "/config", "SSL_CERT_FILE=" + authority.caFile(t), launcher.AgentTokenEnv + "=" + s.Token}
	for _, r := range p.Requires {
		s.cmd.Env = append(s.cmd.Env, r.TokenEnv+"="+tokens[r.TokenRef])
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.Pid = s.cmd.Process.Pid
	_ = l.Close()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		if t.Failed() {
			log := s.logs(t)
			t.Logf("the end of the sidecar's log:\n%s", log[max(0, len(log)-4000):])
		}
	})
	in := agent.Input{BaseURL: s.URL, Token: s.Token, Home: s.Home, GitHubSocket: s.Socket, UserName: "Agent", UserEmail: "agent@example.com"}
	a := agent.Render(p, in)
	s.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1", "NPM_CONFIG_GLOBALCONFIG=/dev/null", "HOME=" + s.Home}
	for name, value := range a.Env {
		s.Env = append(s.Env, name+"="+value)
	}
	for path, content := range a.Files {
		writeFile(t, path, content)
	}
	eventually(t, "the sidecar", func() bool {
		resp, err := http.Get(s.URL + "/-/healthz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return s
}

// run runs a command as the agent.
func (s *sidecar) run(t *testing.T, dir, name string, args ...string) result {
	t.Helper()
	return runIn(t, dir, s.Env, name, args...)
}

// logs returns everything the sidecar wrote.
func (s *sidecar) logs(t *testing.T) string {
	t.Helper()
	return readFile(t, filepath.Join(s.State, "stdout.log")) + readFile(t, filepath.Join(s.State, "stderr.log"))
}

// accessLog returns the access-log lines so far.
func (s *sidecar) accessLog(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(s.logs(t)) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields["bytes_out"] != nil {
			lines = append(lines, fields)
		}
	}
	return lines
}

// do sends a request with the agent token as the agent would, without
// following redirects.
func (s *sidecar) do(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	if r.Header.Get("X-Api-Key") == "" {
		r.Header.Set("X-Api-Key", s.Token)
	}
	client := &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
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
