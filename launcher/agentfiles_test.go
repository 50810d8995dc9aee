package launcher

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestPlaceAgentFilesKeepsWhatIsThere fails when `env --files` overwrites a
// user's own file, or leaves the agent token where others can read it.
func TestPlaceAgentFilesKeepsWhatIsThere(t *testing.T) {
	home := filepath.Join(t.TempDir(), "new", "home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	rc := filepath.Join(home, ".npmrc")
	if err := os.WriteFile(rc, []byte("fund=false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := plan.Agent{Files: map[string]string{rc: "x=1\n", filepath.Join(home, ".config/gh/config.yml"): "version: \"1\"\n"}}
	for range 2 { // the second time there is nothing to do
		if err := PlaceAgentFiles(home, a); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{
		"": 0o755, ".npmrc": 0o600, ".config": 0o700, ".config/gh": 0o700, ".config/gh/config.yml": 0o600, ".config/cred-proxy/npmrc": 0o600,
	} {
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
	if content, _ := os.ReadFile(rc); string(content) != "x=1\nfund=false\n" {
		t.Errorf(".npmrc is %q", content)
	}
	if left, _ := filepath.Glob(filepath.Join(home, ".npmrc.*")); len(left) > 0 {
		t.Errorf("%v are left over", left)
	}
}

// TestPlaceAgentFilesRefuses fails when a link planted in the directory has a
// file elsewhere overwritten or read, or when no way out is given.
func TestPlaceAgentFilesRefuses(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, home string)
		want    string
	}{
		{"a link in a file's place", func(t *testing.T, home string) {
			t.Helper()
			if err := os.Symlink("/etc/hostname", filepath.Join(home, ".npmrc")); err != nil {
				t.Fatal(err)
			}
		}, "is a symbolic link"},
		{"a link in a directory's place", func(t *testing.T, home string) {
			t.Helper()
			if err := os.Symlink(t.TempDir(), filepath.Join(home, ".config")); err != nil {
				t.Fatal(err)
			}
		}, "is a symbolic link"},
		{"a directory in a file's place", func(t *testing.T, home string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(home, ".npmrc"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "is not a regular file"},
		{"another setting", func(t *testing.T, home string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte("x=2"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "x is set to another value there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			tt.prepare(t, home)
			err := PlaceAgentFiles(home, plan.Agent{Files: map[string]string{filepath.Join(home, ".npmrc"): "x=1\n"}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || Hint(err) == "" {
				t.Errorf("the error is %v with the hint %q, want %q and a hint", err, Hint(err), tt.want)
			}
		})
	}
}
