package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestComplaint: an operator has to see which line of a template is wrong, and
// the file that the sidecar names is gone by then.
func TestComplaint(t *testing.T) {
	const path, caddyfile = "/state/dev/Caddyfile", "{\n\tadmin off\n}\nhttp://:9099 {\n\tbroken here\n}\n"
	cases := []struct{ name, output, want string }{
		{
			"an error with a line", "{\"level\":\"info\",\"msg\":\"using config\"}\nError: adapting config using caddyfile: /state/dev/Caddyfile:5: unrecognized directive: broken\n",
			"adapting config using caddyfile: Caddyfile:5: unrecognized directive: broken\n  line 5 of the rendered Caddyfile: broken here",
		},
		{"an error without a line", "Error: loading modules: no\n", "loading modules: no"},
		{"a line that the file does not have", "Error: Caddyfile:99: odd\n", "Caddyfile:99: odd"},
		{"only a log line", `{"level":"error","msg":"broken","error":"why"}`, "error: broken: why"},
		{"nothing", " \n", "it gave no reason"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, complaint(c.output, path, caddyfile)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLastLines: an error shows the end of the log, of this start alone.
func TestLastLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	earlier := "of an earlier start\n"
	var b strings.Builder
	b.WriteString(earlier)
	for i := range 9 {
		fmt.Fprintf(&b, "line %d\n\n", i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"line 3", "line 4", "line 5", "line 6", "line 7", "line 8"}
	if diff := cmp.Diff(want, lastLines(path, int64(len(earlier)))); diff != "" {
		t.Error(diff)
	}
	if got := lastLines(path, int64(b.Len())); len(got) != 0 {
		t.Errorf("nothing new, but got %v", got)
	}
}

// TestAgentEnv: whatever comes through here the agent can read and send away.
func TestAgentEnv(t *testing.T) {
	host := map[string]string{
		"PATH": "/bin", "LANG": "C.UTF-8", "LC_TIME": "de_DE", "TERM": "xterm", "EDITOR": "vi", "HOME": "/home/me",
		"GH_PAT": testToken, "LC_TOKEN": testToken, "SSH_AUTH_SOCK": "/agent", "HTTPS_PROXY": "http://me:pw@proxy", "XDG_RUNTIME_DIR": "/run/user/1",
	}
	given := plan.Agent{Env: map[string]string{"HOME": "/private", "GH_TOKEN": "ghp_x"}}
	got := AgentEnv(host, []string{"EDITOR", "NOT_SET"}, map[string]string{"LANG": "de_DE.UTF-8", "HOME": "/elsewhere", "MINE": "1"}, given)
	slices.Sort(got)
	want := []string{"EDITOR=vi", "GH_TOKEN=ghp_x", "HOME=/private", "LANG=de_DE.UTF-8", "LC_TIME=de_DE", "MINE=1", "PATH=/bin", "TERM=xterm"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestLookPath decides between 126 and 127, and which file is run.
func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"good": 0o700, "plain": 0o600} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name, command, path string
		want                string
		err                 error
	}{
		{"on PATH", "good", "/nowhere:" + dir, dir + "/good", nil},
		{"by its path", dir + "/good", "", dir + "/good", nil},
		{"not there", "missing", dir, "", fs.ErrNotExist},
		{"not there, by its path", dir + "/missing", dir, "", fs.ErrNotExist},
		{"not executable", "plain", dir, "", fs.ErrPermission},
		{"not executable in front of one that is not there", "plain", dir + ":/nowhere", "", fs.ErrPermission},
		{"a directory", dir, "", "", fs.ErrPermission},
		{"PATH names a file", "missing", dir + "/plain", "", fs.ErrNotExist},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := lookPath(c.command, c.path)
			if !errors.Is(err, c.err) || (c.err == nil && got != c.want) {
				t.Errorf("got %s, %v; want %s, %v", got, err, c.want, c.err)
			}
		})
	}
}
