package e2e

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// pushes are the ways to type a push in a clone of team/app; %s is the URL of
// the sidecar's git route.
var pushes = []struct {
	name string
	args []string
}{
	{"plain", []string{"push", "origin", "main"}},
	{"without a refspec", []string{"-c", "push.default=current", "push"}},
	{"forced", []string{"push", "--force", "origin", "main"}},
	{"forced with a lease", []string{"push", "--force-with-lease", "origin", "main"}},
	{"to a new branch", []string{"push", "-u", "origin", "HEAD:refs/heads/new"}},
	{"of all branches", []string{"push", "--all", "origin"}},
	{"mirrored", []string{"push", "--mirror", "origin"}},
	{"of tags", []string{"push", "--tags", "origin"}},
	{"with tags that follow", []string{"push", "--follow-tags", "origin", "main"}},
	{"that deletes a branch", []string{"push", "origin", "--delete", "main"}},
	{"that deletes a tag by an empty source", []string{"push", "origin", ":refs/tags/v1"}},
	{"atomic", []string{"push", "--atomic", "origin", "main"}},
	{"with push options", []string{"push", "-o", "ci.skip", "origin", "main"}},
	{"for review", []string{"push", "origin", "HEAD:refs/for/main"}},
	{"of a pruning refspec", []string{"push", "--prune", "origin", "refs/heads/*:refs/heads/*"}},
	{"not thin", []string{"push", "--no-thin", "origin", "main"}},
	{"porcelain", []string{"push", "--porcelain", "origin", "main"}},
	{"dry", []string{"push", "--dry-run", "origin", "main"}},
	{"over protocol version 0", []string{"-c", "protocol.version=0", "push", "origin", "main"}},
	{"over protocol version 1", []string{"-c", "protocol.version=1", "push", "origin", "main"}},
	{"with a small post buffer", []string{"-c", "http.postBuffer=1024", "push", "origin", "main"}},
	{"by another user agent", []string{"-c", "http.userAgent=git/2.0", "push", "origin", "main"}},
	{"to the host's URL", []string{"push", "https://github.com/team/app.git", "main"}},
	{"to the host's URL with a slash", []string{"push", "https://github.com/team/app.git/", "main"}},
	{"to the host's URL without .git", []string{"push", "https://github.com/team/app", "main"}},
	{"to the route's URL", []string{"push", "%s/team/app.git", "main"}},
	{"to an escaped URL", []string{"push", "%s/team/app%%2egit", "main"}},
	{"to a URL with a double slash", []string{"push", "%s/team//app.git", "main"}},
	{"to a URL with a backslash", []string{"push", "%s/team%%5Capp.git", "main"}},
}

// If this fails, an agent can push over HTTP, past the git-gate's scanner; or
// the user is not told where to push instead.
func TestGitPushIsRefused(t *testing.T) {
	s, github, _ := gitBottle(t, "")
	app := cloneForPush(t, s)
	before := github.refs(t, "team/app.git")
	for _, push := range pushes {
		t.Run(push.name, func(t *testing.T) {
			args := make([]string, len(push.args))
			for i, arg := range push.args {
				args[i] = strings.ReplaceAll(strings.ReplaceAll(arg, "%s", s.URL+"/gh-git"), "%%", "%")
			}
			r := s.run(t, app, "git", args...)
			if r.Code == 0 {
				t.Errorf("git %q succeeded\n%s", args, r.Stderr)
			}
			for _, want := range []string{"remote: cred-proxy: git push over HTTP is refused", "remote: Push over SSH through the bottle's git-gate"} {
				if !strings.Contains(r.Stderr, want) {
					t.Errorf("git's output lacks %q:\n%s", want, r.Stderr)
				}
			}
			if got := github.refs(t, "team/app.git"); got != before {
				t.Fatalf("the server's refs changed:\n%s\nwere:\n%s", got, before)
			}
		})
	}
}

// If this fails, a push that brings a credential of its own gets through, or
// costs the agent its access: git erases a rejected password from stores that
// let it.
func TestGitPushWithAForeignCredentialIsRefused(t *testing.T) {
	s, github, _ := gitBottle(t, "")
	app := cloneForPush(t, s)
	before := github.refs(t, "team/app.git")
	if r := s.run(t, app, "git", "-c", "http.extraHeader=Authorization: Basic ZXZpbDpldmls", "push", "origin", "main"); r.Code == 0 {
		t.Error("the push succeeded")
	}
	if github.refs(t, "team/app.git") != before {
		t.Error("the server's refs changed")
	}
	s.run(t, app, "git", "fetch", "-q", "origin").must(t)
}

// If this fails, the test above proves nothing: its pushes would be turned
// down by the server whether or not the sidecar refuses them.
func TestGitPushWouldSucceedWithoutTheSidecar(t *testing.T) {
	s, github, _ := gitBottle(t, "")
	app := cloneForPush(t, s)
	before := github.refs(t, "team/app.git")
	url := strings.Replace(github.URL, "https://", "https://x-access-token:"+gitToken+"@", 1) + "/team/app.git"
	runIn(t, app, github.env, "git", "-c", "http.sslCAInfo="+authority.caFile(t), "push", url, "main", "HEAD:refs/heads/new").must(t)
	if github.refs(t, "team/app.git") == before {
		t.Error("the server's refs did not change")
	}
}

// If this fails, a push that is put together by hand gets through: the body of
// a real push, sent to every spelling of the service's path. The write policy,
// which would refuse most of them first, is out of the way.
func TestGitPushByHandIsRefused(t *testing.T) {
	s, github, _ := gitBottle(t, ", write: allow")
	before := github.refs(t, "team/app.git")
	head := before[:40]
	// A command to delete refs/tags/v1, then a flush; a deletion needs no pack.
	command := head + " " + strings.Repeat("0", 40) + " refs/tags/v1\x00 report-status delete-refs"
	body := pktLine(command) + "0000"
	for _, target := range []string{
		"/gh-git/team/app.git/git-receive-pack", "/gh-git/team/app.git/git-receive-pack/", "/gh-git/team/app.git/git-receive-pac%6b",
		"/gh-git/team/app.git//git-receive-pack", "/gh-git/team/app.git/git%2Dreceive-pack", "/gh-git/team/app.git/GIT-RECEIVE-PACK",
		"/gh-git/team/app.git/git-receive-pack;x=y", "/gh-git/team/app.git/git-receive-pack?service=git-upload-pack",
		"/gh-git/team/app.git/git-upload-pack/../git-receive-pack", "/gh-git/team/app.git/git-upload-pack/%2e%2e/git-receive-pack",
		"/gh-git/team/app.git/git%252Dreceive-pack", "/gitea/gitea.example.com/../../gh-git/team/app.git/git-receive-pack",
	} {
		for _, contentType := range []string{"application/x-git-receive-pack-request", "text/plain", "application/x-git-upload-pack-request"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Opaque = target
			r.Header.Set("Content-Type", contentType)
			resp := s.do(t, r)
			_, _ = io.Copy(io.Discard, resp.Body)
			if code := resp.Header.Get("Cred-Proxy-Error"); code != "git_push_refused" && code != "ambiguous_path" {
				t.Errorf("POST %s as %s: status %d, Cred-Proxy-Error %q", target, contentType, resp.StatusCode, code)
			}
			if got := github.refs(t, "team/app.git"); got != before {
				t.Fatalf("POST %s changed the server's refs", target)
			}
		}
	}
}

// If this fails, the hint does not say which remote of the git-gate to use.
func TestGitPushHintNamesTheGitGate(t *testing.T) {
	world := newInternet(t)
	gitea := newGitServer(t, "oauth2", gitToken, "gitea.example.com")
	gitea.create(t, "team/app.git", nil)
	world.lead("gitea.example.com", gitea.Address)
	s := up(t, "tokens: [{kind: gitea, url: https://gitea.example.com, token_ref: GITEA}]\n"+
		"git: [{name: app, upstream: \"ssh://git@gitea.example.com:2222/team/app.git\"}]\n"+world.egress(t), map[string]string{"GITEA": gitToken})
	dir := t.TempDir()
	s.run(t, dir, "git", "clone", "-q", s.URL+"/gitea/gitea.example.com/team/app.git", "app").must(t)
	s.run(t, filepath.Join(dir, "app"), "git", "commit", "-q", "--allow-empty", "-m", "mine").must(t)
	r := s.run(t, filepath.Join(dir, "app"), "git", "push", "origin", "main")
	if want := "remote: Push over SSH through the bottle's git-gate instead: ssh://git@gitea.example.com:2222/team/app.git"; r.Code == 0 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, and git's output lacks %q:\n%s", r.Code, want, r.Stderr)
	}
}

// cloneForPush clones team/app and commits something to push, also as a tag.
func cloneForPush(t *testing.T, s *sidecar) string {
	t.Helper()
	dir := t.TempDir()
	s.run(t, dir, "git", "clone", "-q", "https://github.com/team/app.git", "app").must(t)
	app := filepath.Join(dir, "app")
	s.run(t, app, "git", "commit", "-q", "--allow-empty", "-m", "mine").must(t)
	s.run(t, app, "git", "tag", "-a", "mine", "-m", "mine").must(t)
	return app
}

// pktLine frames a line as gitprotocol-common(5) says.
func pktLine(line string) string {
	const digits = "0123456789abcdef"
	n := len(line) + 4
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]}) + line
}
