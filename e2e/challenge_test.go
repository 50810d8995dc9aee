package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// If this fails, git without a header of ours does not get through: it sends a
// password only after a 401 that asks for one.
func TestGitAnswersTheChallenge(t *testing.T) {
	s, _, _ := gitBottle(t, "")
	for _, test := range []struct {
		name, password string
		// asked is what git asked its helper for; codes are the sidecar's answers.
		asked, decisions []string
	}{
		{"the agent token", s.Token, []string{"get", "store"}, []string{"agent_token_required", "injected", "injected"}},
		{"the agent token as a client wants it", "ghp_" + s.Token, []string{"get", "store"}, []string{"agent_token_required", "injected", "injected"}},
		{"another password", strings.Repeat("0", 40), []string{"get", "erase"}, []string{"agent_token_required", "agent_token_required"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			// Nothing of the agent's configuration, in which the header would be.
			writeFile(t, filepath.Join(dir, "helper"), "#!/bin/sh\necho $1 >>"+dir+"/asked\n[ $1 = get ] && printf 'username=x\\npassword="+test.password+"\\n'\nexit 0\n")
			if err := os.Chmod(filepath.Join(dir, "helper"), 0o700); err != nil { //nolint:gosec // a program
				t.Fatal(err)
			}
			before := len(s.accessLog(t))
			env := hostEnv(t, "GIT_TERMINAL_PROMPT=0")
			got := runIn(t, dir, env, "git", "-c", "credential.helper="+dir+"/helper", "ls-remote", s.URL+"/gh-git/team/app.git")
			wantSuccess := test.asked[1] == "store"
			if (got.Code == 0) != wantSuccess || wantSuccess && !strings.Contains(got.Stdout, "refs/heads/main") {
				t.Errorf("exit status %d\n%s%s", got.Code, got.Stdout, got.Stderr)
			}
			if diff := cmp.Diff(test.asked, strings.Fields(readFile(t, dir+"/asked"))); diff != "" {
				t.Errorf("git asked its helper (-want +got):\n%s", diff)
			}
			var decisions []string
			eventually(t, "the access log", func() bool { return len(s.accessLog(t)) >= before+len(test.decisions) })
			for _, line := range s.accessLog(t)[before:] {
				decisions = append(decisions, line["decision"].(string))
			}
			if diff := cmp.Diff(test.decisions, decisions); diff != "" {
				t.Errorf("the sidecar's decisions (-want +got):\n%s", diff)
			}
			if strings.Contains(got.Stderr, gitToken) {
				t.Errorf("git is shown the token: %s", got.Stderr)
			}
		})
	}
}
