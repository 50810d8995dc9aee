package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestReadLog: an error shows the log of this start alone.
func TestReadLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	const earlier, now = "of an earlier start\n", "of this one\n"
	if err := os.WriteFile(path, []byte(earlier+now), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := readLog(path, int64(len(earlier))); got != now {
		t.Errorf("got %q", got)
	}
	if got := readLog(path, int64(len(earlier+now))); got != "" {
		t.Errorf("nothing new, but got %q", got)
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
