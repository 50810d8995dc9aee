package agent_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/internal/goldentest"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// processInput is what the process backend knows once its sidecar listens.
var processInput = agent.Input{
	BaseURL: "http://127.0.0.1:41234", Token: "0123456789abcdef0123456789abcdef01234567",
	Home: "/state/dev/home", GitHubSocket: "/state/dev/gh.sock",
}

// dockerInput is what the docker backend knows; callers need not authenticate.
var dockerInput = agent.Input{BaseURL: "http://cred-proxy:9099", Home: "/home/agent"}

func prepare(t *testing.T, source string) *plan.Plan {
	t.Helper()
	_, p := goldentest.Prepare(t, source)
	return p
}

// writeHome gives the agent its home, and returns git run in it.
func writeHome(t *testing.T, in agent.Input, source string) func(stdin string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is missing; install the package git")
	}
	for path, content := range agent.Render(prepare(t, source), in).Files {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(stdin string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Env = []string{"HOME=" + in.Home, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"}
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
}

// TestRenderNamesNoHostVariable fails when an agent could learn from its
// environment where the host keeps a token.
func TestRenderNamesNoHostVariable(t *testing.T) {
	var text strings.Builder
	text.WriteString("tokens:\n")
	for _, k := range bottle.Kinds {
		fmt.Fprintf(&text, "  - {kind: %s, token_ref: HOSTVAR_%s, url: \"https://%s.example.com\"}\n", k.Name, k.Name, k.Name)
	}
	for _, in := range []agent.Input{processInput, dockerInput} {
		got := render(agent.Render(prepare(t, text.String()), in))
		for _, forbidden := range []string{"HOSTVAR_", "CRED_PROXY_TOKEN_"} {
			if strings.Contains(got, forbidden) {
				t.Errorf("the agent is told %s:\n%s", forbidden, got)
			}
		}
	}
}

// TestGitReadsItsConfiguration has git itself read the configuration; a
// failure means that git would not use the proxy, or read more than was meant.
func TestGitReadsItsConfiguration(t *testing.T) {
	in := processInput
	in.Home, in.UserName, in.UserEmail = t.TempDir(), `Jo "J" \ Doe # ; [x]`, "jo@example.com"
	git := writeHome(t, in, "tokens: [{kind: github, token_ref: A}]\n")
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"the author's name", []string{"config", "--global", "user.name"}, in.UserName},
		{"the author's address", []string{"config", "--global", "user.email"}, in.UserEmail},
		{"a repository's URL", []string{"ls-remote", "--get-url", "https://github.com/o/r.git"}, in.BaseURL + "/gh-git/o/r.git"},
		{"another host's URL", []string{"ls-remote", "--get-url", "https://example.com/o/r.git"}, "https://example.com/o/r.git"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := git("", tt.args...)
			if err != nil || got != tt.want {
				t.Errorf("git reads %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

// TestGitKeepsTheAgentToken fails when git does not send the agent token,
// asks for it, or has lost it once an upstream answered 401: no other
// git command of the agent would work until the next start.
func TestGitKeepsTheAgentToken(t *testing.T) {
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, ok := r.BasicAuth(); ok && password == processInput.Token {
			sent.Add(1)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	in := processInput
	in.BaseURL, in.Home = server.URL, t.TempDir()+"/it's home"
	git := writeHome(t, in, "tokens: [{kind: github, token_ref: A}]\n")
	for attempt := int64(1); attempt <= 2; attempt++ {
		if out, err := git("", "ls-remote", "https://github.com/o/r.git"); err == nil {
			t.Fatalf("git succeeds against a server that refuses it: %s", out)
		}
		if got := sent.Load(); got != attempt {
			t.Fatalf("the server has seen the agent token %d times after %d attempts", got, attempt)
		}
	}
}
