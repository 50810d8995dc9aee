package agent_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/agent"
)

// A pretend token of the image's, which no message may show.
const theirSecret = "TEST-SECRET-image-0123456789"

const (
	ourNpm = "registry=http://cred-proxy:9099/npm/\n//cred-proxy:9099/npm/:_authToken=npm_000\nupdate-notifier=false\n"
	ourTea = `{"logins": [{"name": "git.example.com", "url": "http://cred-proxy:9099/gitea/git.example.com", "token": "000", "default": true}]}` + "\n"
	ourGH  = "version: \"1\"\nhttp_unix_socket: \"/run/gh.sock\"\n"
)

// home is a home in memory.
type home map[string]string

func (h home) existing(path string) (string, bool, error) {
	content, found := h[path]
	return content, found, nil
}

// place places files and returns the home as it is then.
func (h home) place(files map[string]string) (home, error) {
	write, err := agent.Place(files, h.existing)
	after := maps.Clone(h)
	maps.Copy(after, write)
	return after, err
}

// TestPlaceMerges fails when placing the agent's files loses what its home
// had, or when what the agent needs is not in effect.
func TestPlaceMerges(t *testing.T) {
	tests := []struct {
		name, file, existing, ours string
		want                       string
	}{
		{"no git configuration", ".gitconfig", "", "x", "[include]\n\tpath = .config/cred-proxy/gitconfig\n"},
		{
			"git configuration without a last newline", ".gitconfig", "\ufeff[user]\n\tname = A", "x",
			"[include]\n\tpath = .config/cred-proxy/gitconfig\n[user]\n\tname = A",
		},
		{
			"an include that is a comment", ".gitconfig", "[include]\n# path = .config/cred-proxy/gitconfig\n", "x",
			"[include]\n\tpath = .config/cred-proxy/gitconfig\n[include]\n# path = .config/cred-proxy/gitconfig\n",
		},
		{
			"another section's path", ".gitconfig", "[core]\n\tpath = .config/cred-proxy/gitconfig\n", "x",
			"[include]\n\tpath = .config/cred-proxy/gitconfig\n[core]\n\tpath = .config/cred-proxy/gitconfig\n",
		},
		{"no .npmrc", ".npmrc", "", ourNpm, ourNpm},
		{
			"an .npmrc with other settings", ".npmrc", "; mine\nfund=false\n//other/:_authToken=" + theirSecret, ourNpm,
			ourNpm + "; mine\nfund=false\n//other/:_authToken=" + theirSecret + "\n",
		},
		{"an .npmrc that says the same", ".npmrc", "registry = \"http://cred-proxy:9099/npm/\"\nfund=false\n", ourNpm, ourNpm + "fund=false\n"},
		{"an .npmrc with a section", ".npmrc", "fund=false\n[x]\nregistry=y\n", ourNpm, ourNpm + "fund=false\n[x]\nregistry=y\n"},
		{"no tea configuration", ".config/tea/config.yml", "", ourTea, ourTea},
		{"an empty tea configuration", ".config/tea/config.yml", "# nothing\n", ourTea, ourTea},
		{
			"another log-in, which stays the default", ".config/tea/config.yml", "# mine\nlogins:\n  - name: other\n    default: true\npreferences:\n  editor: true\n", ourTea,
			"# mine\nlogins:\n  - name: other\n    default: true\n  - {\"name\": \"git.example.com\", \"url\": \"http://cred-proxy:9099/gitea/git.example.com\", \"token\": \"000\", \"default\": false}\npreferences:\n  editor: true\n",
		},
		{"a log-in that is the same", ".config/tea/config.yml", "logins: [{name: GIT.example.com, token: \"000\", url: http://cred-proxy:9099/gitea/git.example.com, user: x}]\n", ourTea, ""},
		{"log-ins that are null", ".config/tea/config.yml", "logins:\nx: 1\n", "logins: [{name: a}]\n", "logins:\n  - {name: a}\nx: 1\n"},
		{"a gh configuration", ".config/gh/config.yml", "version: 2\neditor: vi\nhttp_unix_socket:\n", ourGH, "version: 2\neditor: vi\nhttp_unix_socket: \"/run/gh.sock\"\n"},
		{"a gh configuration that says the same", ".config/gh/config.yml", "http_unix_socket: /run/gh.sock\nversion: 1\n", ourGH, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := "/home/a/" + tt.file
			before := home{}
			if tt.existing != "" {
				before[path] = tt.existing
			}
			if tt.want == "" {
				tt.want = tt.existing // nothing is to be written
			}
			files := map[string]string{path: tt.ours}
			after, err := before.place(files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, after[path]); diff != "" {
				t.Errorf("the file differs (-want +got):\n%s", diff)
			}
			if write, err := agent.Place(files, after.existing); err != nil || len(write) > 0 {
				t.Errorf("placing the same again writes %q (%v), want nothing", write, err)
			}
		})
	}
}

// TestPlaceRefuses fails when a setting that the agent's home has would be
// overwritten, or when the message shows a value of it.
func TestPlaceRefuses(t *testing.T) {
	tests := []struct {
		name, file, existing, ours string
		want                       string
	}{
		{"another registry", ".npmrc", "registry=https://u:" + theirSecret + "@x/\n", ourNpm, "/h/.npmrc: registry is set to another value there"},
		{"another registry in quotes", ".npmrc", "  \"registry\" = '" + theirSecret + "'\n", ourNpm, "/h/.npmrc: registry is set to another value there"},
		{"a list of registries", ".npmrc", "registry[]=" + theirSecret + "\n", ourNpm, "/h/.npmrc: registry is set to another value there"},
		{"a key alone", ".npmrc", "update-notifier\n", ourNpm, "/h/.npmrc: update-notifier is set to another value there"},
		{
			"a log-in with another token", ".config/tea/config.yml", "logins: [{name: Git.Example.com, token: " + theirSecret + "}]\n", ourTea,
			"/h/.config/tea/config.yml: the log-in git.example.com is set to another value there",
		},
		{"log-ins that are no list", ".config/tea/config.yml", "logins: " + theirSecret + "\n", ourTea, "/h/.config/tea/config.yml: logins is not a list"},
		{"no YAML", ".config/tea/config.yml", "a: b\nx: *" + theirSecret + "\n", ourTea, "/h/.config/tea/config.yml: is not valid YAML"},
		{"no YAML, with a line", ".config/tea/config.yml", "a: b\n\tc: d\n", ourTea, "/h/.config/tea/config.yml: is not valid YAML (line 2)"},
		{"no mapping", ".config/tea/config.yml", "- " + theirSecret + "\n", ourTea, "/h/.config/tea/config.yml: is not a YAML mapping"},
		{"two documents", ".config/tea/config.yml", "{}\n---\n{}\n", ourTea, "/h/.config/tea/config.yml: holds more than one YAML document"},
		{"another socket", ".config/gh/config.yml", "http_unix_socket: /x\n", ourGH, "/h/.config/gh/config.yml: http_unix_socket is set to another value there"},
		{"a file that nothing is known of", ".other", theirSecret, "x", "/h/.other: is there already, with other content"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := "/h/" + tt.file
			_, err := agent.Place(map[string]string{path: tt.ours}, home{path: tt.existing}.existing)
			var conflict *agent.Conflict
			if !errors.As(err, &conflict) || err.Error() != tt.want {
				t.Errorf("the error is %v, want the conflict %q", err, tt.want)
			}
		})
	}
}

// TestPlaceReplacesItsOwn fails when the files of an earlier launch, with
// another port and another agent token, get in the way of a later one's, or
// stay in effect beside them.
func TestPlaceReplacesItsOwn(t *testing.T) {
	first := map[string]string{
		"/.gitconfig":             "[user]\n\tname = first\n",
		"/.npmrc":                 "registry=http://127.0.0.1:1/npm/\n//127.0.0.1:1/npm/:_authToken=npm_first\n",
		"/.config/tea/config.yml": `{"logins": [{"name": "a", "url": "http://127.0.0.1:1/", "token": "first"}, {"name": "gone", "url": "http://127.0.0.1:1/", "token": "first"}]}`,
		"/.config/gh/config.yml":  "version: \"1\"\nhttp_unix_socket: /first\n",
		"/.config/cred-proxy/x":   "first",
	}
	second := map[string]string{
		"/.gitconfig":             "[user]\n\tname = second\n",
		"/.npmrc":                 "registry=http://127.0.0.1:2/npm/\n//127.0.0.1:2/npm/:_authToken=npm_second\n",
		"/.config/tea/config.yml": `{"logins": [{"name": "a", "url": "http://127.0.0.1:2/", "token": "second"}]}`,
		"/.config/gh/config.yml":  "version: \"1\"\nhttp_unix_socket: /second\n",
		"/.config/cred-proxy/x":   "second",
	}
	before := home{"/.npmrc": "fund=false\n", "/.config/tea/config.yml": "preferences: {}\n", "/.config/gh/config.yml": "editor: vi\n"}
	after, err := before.place(first)
	if err != nil {
		t.Fatal(err)
	}
	if after, err = after.place(second); err != nil {
		t.Fatal(err)
	}
	for path, content := range after {
		if strings.Contains(content, "first") || strings.Contains(content, "127.0.0.1:1/") {
			t.Errorf("%s still has what was placed first:\n%s", path, content)
		}
	}
	for path, kept := range before {
		if !strings.Contains(after[path], strings.TrimSpace(kept)) {
			t.Errorf("%s has lost %q:\n%s", path, kept, after[path])
		}
	}
}

// TestPlacePassesErrorsOn fails when a home that cannot be read is taken for
// an empty one.
func TestPlacePassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	_, err := agent.Place(map[string]string{"/h/.npmrc": "x"}, func(string) (string, bool, error) { return "", false, broken })
	if !errors.Is(err, broken) || err.Error() != "reading /h/.npmrc: broken" {
		t.Errorf("the error is %v", err)
	}
}

// TestGitFollowsTheInclude has git itself read a home with a configuration of
// its own: what it had must stay, but no detour around the sidecar.
func TestGitFollowsTheInclude(t *testing.T) {
	dir := t.TempDir()
	after, err := home{filepath.Join(dir, ".gitconfig"): "[user]\n\tname = Theirs\n[alias]\n\tst = status\n[url \"git@github.com:\"]\n\tinsteadOf = https://github.com/"}.place(
		map[string]string{filepath.Join(dir, ".gitconfig"): "[user]\n\tname = Ours\n[url \"http://cred-proxy:9099/gh-git/\"]\n\tinsteadOf = https://github.com/\n"})
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range after {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"config --global --includes alias.st":              "status",
		"config --global --includes user.name":             "Theirs",
		"ls-remote --get-url https://github.com/o/r.git":   "http://cred-proxy:9099/gh-git/o/r.git",
		"ls-remote --get-url https://gitlab.com/o/r.git":   "https://gitlab.com/o/r.git",
		"config --global --includes --get-regexp ^include": "include.path .config/cred-proxy/gitconfig",
	} {
		cmd := exec.CommandContext(t.Context(), "git", strings.Fields(args)...)
		cmd.Dir = "/"
		cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("git %s: %q (%v), want %q", args, got, err, want)
		}
	}
}
