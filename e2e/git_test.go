package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

const gitToken = "TEST-SECRET-git-4f1c0b8a7d6e5f"

// gitBottle starts a private GitHub, a private Gitea, and a bottle for both;
// settings are more of GitHub's entry: ", write: allow".
func gitBottle(t *testing.T, settings string) (*sidecar, *gitServer, *gitServer) {
	t.Helper()
	world := newInternet(t)
	github := newGitServer(t, "x-access-token", gitToken, "github.com")
	gitea := newGitServer(t, "oauth2", gitToken+"-gitea", "gitea.example.com")
	world.lead("github.com", github.Address)
	world.lead("gitea.example.com", gitea.Address)
	for _, g := range []*gitServer{github, gitea} {
		g.create(t, "team/lib.git", map[string]string{"lib.txt": "library\n"})
	}
	github.create(t, "team/app.git", map[string]string{"src/app.txt": strings.Repeat("application\n", 1000), "other/skip.txt": "skip\n"})
	gitea.create(t, "team/app.git", map[string]string{
		"src/app.txt": "application\n",
		// The submodule is at the host's own URL, as it is in earnest.
		".gitmodules": "[submodule \"lib\"]\n\tpath = lib\n\turl = https://gitea.example.com/team/lib.git\n",
	})
	s := up(t, "tokens:\n- {kind: github, token_ref: GH"+settings+"}\n- {kind: gitea, url: https://gitea.example.com, token_ref: GITEA}\n"+world.egress(t),
		map[string]string{"GH": gitToken, "GITEA": gitToken + "-gitea"})
	return s, github, gitea
}

// If this fails, agents cannot read private repositories with the URLs people
// use, over one of the protocol's versions.
func TestGitReads(t *testing.T) {
	s, github, _ := gitBottle(t, "")
	head, _, _ := strings.Cut(github.refs(t, "team/app.git"), " ")
	for _, version := range []string{"0", "1", "2"} {
		t.Run("protocol version "+version, func(t *testing.T) {
			dir := t.TempDir()
			git := func(in string, args ...string) string {
				t.Helper()
				return s.run(t, filepath.Join(dir, in), "git", append([]string{"-c", "protocol.version=" + version}, args...)...).must(t)
			}
			git("", "clone", "-q", "https://github.com/team/app.git", "full")
			if got := strings.TrimSpace(git("full", "rev-parse", "HEAD")); got != head {
				t.Errorf("cloned %s, want %s", got, head)
			}
			git("", "clone", "-q", "--depth=1", "https://github.com/team/app", "shallow")
			if got := git("shallow", "rev-list", "--count", "HEAD"); got != "1\n" {
				t.Errorf("shallow clone has %s commits", got)
			}
			git("shallow", "fetch", "-q", "--unshallow")
			if got := git("shallow", "rev-list", "--count", "HEAD"); got != "2\n" {
				t.Errorf("after --unshallow there are %s commits", got)
			}
			git("", "clone", "-q", "--filter=blob:none", "--no-checkout", "https://github.com/team/app.git", "partial")
			if got := git("partial", "show", "HEAD:src/app.txt"); !strings.HasPrefix(got, "application\n") {
				t.Errorf("blob fetched on demand is %.20q", got)
			}
			if got := git("", "ls-remote", "https://github.com/team/app.git", "refs/tags/v1"); !strings.HasPrefix(got, head) {
				t.Errorf("ls-remote says %q", got)
			}
			git("full", "fetch", "-q", "--all", "--tags", "--prune")
		})
	}
}

// If this fails, a repository with submodules on a self-hosted forge cannot be
// cloned in one go, or new commits do not arrive.
func TestGitSubmodulesAndFetch(t *testing.T) {
	s, _, gitea := gitBottle(t, "")
	dir := t.TempDir()
	addSubmodule(t, gitea)
	s.run(t, dir, "git", "clone", "-q", "--recurse-submodules", "https://gitea.example.com/team/app.git", "app").must(t)
	if got := readFile(t, filepath.Join(dir, "app/lib/lib.txt")); got != "library\n" {
		t.Errorf("the submodule holds %q", got)
	}
	want := advance(t, gitea, "team/app.git")
	s.run(t, filepath.Join(dir, "app"), "git", "pull", "-q", "--ff-only").must(t)
	if got := s.run(t, filepath.Join(dir, "app"), "git", "rev-parse", "HEAD").must(t); got != want {
		t.Errorf("after the pull HEAD is %s, want %s", got, want)
	}
}

// If this fails, one 401 of an upstream costs the agent its access to the
// sidecar: git erases a rejected password from stores that let it.
func TestGitKeepsAccessAfterAnUpstreams401(t *testing.T) {
	world := newInternet(t)
	github := newGitServer(t, "x-access-token", gitToken, "github.com")
	world.lead("github.com", github.Address)
	github.create(t, "team/app.git", nil)
	s := up(t, "tokens:\n- {kind: github, token_ref: GH}\nroutes:\n- {path: /locked/, upstream: https://github.com, auth: {basic: x-access-token, token_ref: WRONG}}\n"+
		world.egress(t), map[string]string{"GH": gitToken, "WRONG": "TEST-SECRET-wrong-0123456789"})
	dir := t.TempDir()
	s.run(t, dir, "git", "ls-remote", "https://github.com/team/app.git").must(t)
	if r := s.run(t, dir, "git", "ls-remote", s.URL+"/locked/team/app.git"); r.Code == 0 {
		t.Fatal("the upstream took a wrong token; this test tests nothing")
	}
	s.run(t, dir, "git", "ls-remote", "https://github.com/team/app.git").must(t)
}

// addSubmodule commits the gitlink that .gitmodules describes.
func addSubmodule(t *testing.T, g *gitServer) {
	t.Helper()
	work := t.TempDir()
	lib, _, _ := strings.Cut(g.refs(t, "team/lib.git"), " ")
	for _, args := range [][]string{
		{"clone", "-q", g.root + "/team/app.git", "."},
		{"update-index", "--add", "--cacheinfo", "160000," + lib + ",lib"},
		{"commit", "-qm", "add the library"},
		{"push", "-q", "origin", "main"},
	} {
		runIn(t, work, g.env, "git", args...).must(t)
	}
}

// advance adds a commit on the server and returns its name.
func advance(t *testing.T, g *gitServer, name string) string {
	t.Helper()
	work := t.TempDir()
	for _, args := range [][]string{
		{"clone", "-q", filepath.Join(g.root, name), "."},
		{"commit", "-q", "--allow-empty", "-m", "third"},
		{"push", "-q", "origin", "main"},
	} {
		runIn(t, work, g.env, "git", args...).must(t)
	}
	return runIn(t, work, g.env, "git", "rev-parse", "HEAD").must(t)
}
