package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// TestFindSidecar: the wrong binary would get the tokens.
func TestFindSidecar(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	good, plain := filepath.Join(dir, "on-path", binaryName), filepath.Join(dir, "plain")
	if err := os.Mkdir(filepath.Dir(good), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(good, nil, 0o700); err != nil { //nolint:gosec // it is to be found
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, flag string
		env        map[string]string
		want, err  string
	}{
		{"the flag comes first", good, map[string]string{"CRED_PROXY_SIDECAR": plain}, good, ""},
		{"then the variable", "", map[string]string{"CRED_PROXY_SIDECAR": good}, good, ""},
		{"then PATH", "", map[string]string{"PATH": "/nowhere:" + filepath.Dir(good)}, good, ""},
		{"a link counts as what it points to", link, nil, good, ""},
		{"a missing one is not looked for elsewhere", dir + "/missing", map[string]string{"PATH": filepath.Dir(good)}, "", "--sidecar: " + dir + "/missing does not exist"},
		{"nor for the variable", "", map[string]string{"CRED_PROXY_SIDECAR": dir + "/missing", "PATH": filepath.Dir(good)}, "", "CRED_PROXY_SIDECAR: " + dir + "/missing does not exist"},
		{"a file that cannot be run", plain, nil, "", plain + " is not an executable file"},
		{"a directory", dir, nil, "", dir + " is not an executable file"},
		{"none at all", "", map[string]string{"PATH": "/nowhere"}, "", "there is no caddy beside cred-proxy or on PATH"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := FindSidecar(c.flag, c.env)
			if c.err == "" {
				if err != nil || got != c.want {
					t.Fatalf("got %s, %v; want %s", got, err, c.want)
				}
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), c.err) || launcher.Hint(err) != sidecarHint {
				t.Fatalf("got %v, hint %q; want %s", err, launcher.Hint(err), c.err)
			}
		})
	}
}

// TestFindSidecarSkipsRelativePath: with PATH=.:… a cloned repository that has
// a file called caddy would be given the tokens.
func TestFindSidecarSkipsRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile(binaryName, nil, 0o700); err != nil { //nolint:gosec // it must not be found
		t.Fatal(err)
	}
	if got, err := FindSidecar("", map[string]string{"PATH": ".::bin"}); err == nil {
		t.Errorf("found %s", got)
	}
}
