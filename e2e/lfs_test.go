package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const lfsContent = "large file\n"

// lfsDownload is the batch that git-lfs sends for one object.
const lfsDownload = `{"operation":"download","transfers":["basic"],"objects":[{"oid":"%s","size":11}],"hash_algo":"sha256"}`

// lfsBottle starts a GitHub and a Gitea with Git LFS, and a bottle for both.
// Both have team/app.git with one large file, a.bin.
func lfsBottle(t *testing.T) (s *sidecar, world *internet, github, gitea *lfsServer) {
	t.Helper()
	world = newInternet(t)
	serve := func(host, user, token string) *lfsServer {
		git := newGitServer(t, user, token, host)
		l := newLFSServer(t, git, host, user, token)
		world.lead(host, l.Address)
		pointer, _ := l.put(lfsContent)
		git.create(t, "team/app.git", map[string]string{".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": pointer})
		return l
	}
	github = serve("github.com", "x-access-token", githubToken)
	gitea = serve("gitea.example.com", "oauth2", gitToken)
	s = up(t, "tokens:\n- {kind: github, token_ref: GH}\n- {kind: gitea, url: https://gitea.example.com, token_ref: GITEA}\n"+world.egress(t),
		map[string]string{"GH": githubToken, "GITEA": gitToken})
	s.run(t, s.Home, "git", "lfs", "install", "--skip-repo").must(t)
	return s, world, github, gitea
}

// lfsForges are the URLs of team/app on either forge, with the sidecar's
// prefix of it.
var lfsForges = map[string]struct{ url, prefix string }{
	"github": {"https://github.com/team/app.git", "/gh-git"},
	"gitea":  {"https://gitea.example.com/team/app.git", "/gitea/gitea.example.com"},
}

// searchSeen fails if the agent saw a token, or its files hold one.
func searchSeen(t *testing.T, s *sidecar, dirs ...string) {
	t.Helper()
	if names := found(s.Seen.String()); len(names) > 0 {
		t.Errorf("output and responses: found %v", names)
	}
	if names := found(s.logs(t)); len(names) > 0 {
		t.Errorf("logs: found %v", names)
	}
	for _, dir := range append(dirs, s.Home) {
		searchTree(t, dir)
	}
}

// If this fails, a private repository with large files cannot be cloned
// through the sidecar, its objects come from elsewhere than the route, or the
// server's copy of the credential reaches the agent.
func TestGitLFSDownloads(t *testing.T) {
	s, world, github, gitea := lfsBottle(t)
	servers := map[string]*lfsServer{"github": github, "gitea": gitea}
	for name, forge := range lfsForges {
		for _, copies := range []bool{false, true} {
			l := servers[name]
			l.copiesCredential.Store(copies)
			how := map[bool]string{false: "", true: " that copies the credential"}[copies]
			t.Run(name+how, func(t *testing.T) {
				dir := t.TempDir()
				s.run(t, dir, "env", "GIT_TRACE=1", "GIT_CURL_VERBOSE=1", "GIT_TRACE_CURL=1", "git", "clone", forge.url, "app").must(t)
				if got := readFile(t, filepath.Join(dir, "app/a.bin")); got != lfsContent {
					t.Errorf("a.bin holds %q", got)
				}
				checkLFSRequests(t, l)
				if err := os.RemoveAll(filepath.Join(dir, "app/.git/lfs")); err != nil {
					t.Fatal(err)
				}
				s.run(t, filepath.Join(dir, "app"), "env", "GIT_TRACE=1", "GIT_CURL_VERBOSE=1", "git", "lfs", "pull").must(t)
				s.run(t, filepath.Join(dir, "app"), "git", "lfs", "fsck").must(t)
				checkLFSRequests(t, l)
				searchSeen(t, s, dir)
			})
		}
	}
	for _, host := range world.visited() {
		if host != "github.com:443" && host != "gitea.example.com:443" {
			t.Errorf("the sidecar went to %s", host)
		}
	}
}

// checkLFSRequests wants a batch and a download of the one object, each with
// the server's credential and the header of the action.
func checkLFSRequests(t *testing.T, l *lfsServer) {
	t.Helper()
	var did []string
	for _, r := range l.take() {
		if got := r.Header.Values("Authorization"); len(got) != 1 || got[0] != l.credential {
			t.Errorf("%s %s came with credentials %q", r.Method, r.Target, got)
		}
		if host := strings.TrimPrefix(l.base, "https://"); r.Host != host {
			t.Errorf("%s %s was for host %s", r.Method, r.Target, r.Host)
		}
		if r.Method == http.MethodGet && r.Header.Get("X-Kept") != "kept" {
			t.Errorf("%s %s lacks the header of the action", r.Method, r.Target)
		}
		_, place, _ := strings.Cut(r.Target, "/info/lfs/")
		did = append(did, r.Method+" "+place)
	}
	_, oid := l.put(lfsContent)
	if want := "POST objects/batch, GET objects/" + oid; strings.Join(did, ", ") != want {
		t.Errorf("the server was asked for %q, want %q", did, want)
	}
}

// If this fails, a credential that a server copies into the actions of a batch
// reaches the agent, even if git-lfs does not show it.
func TestGitLFSBatchHoldsNoCredential(t *testing.T) {
	s, _, github, gitea := lfsBottle(t)
	for name, l := range map[string]*lfsServer{"github": github, "gitea": gitea} {
		l.copiesCredential.Store(true)
		_, oid := l.put(lfsContent)
		route := s.URL + lfsForges[name].prefix + "/team/app.git/info/lfs/objects/"
		for _, encoding := range []string{"identity", "gzip"} {
			got := s.run(t, t.TempDir(), "curl", "-sSi", "-u", "agent:"+s.Token, "-H", "Accept-Encoding: "+encoding, "-H", "Accept: application/vnd.git-lfs+json",
				"-H", "Content-Type: application/vnd.git-lfs+json", "-d", fmt.Sprintf(lfsDownload, oid), route+"batch").must(t)
			if !strings.Contains(got, `"href":"`+route+oid+`"`) || !strings.Contains(got, `"X-Kept":"kept"`) || strings.Contains(strings.ToLower(got), "authorization") {
				t.Errorf("%s:\n%s", name, got)
			}
		}
		if sent := l.take(); len(sent) != 2 || sent[0].Header.Get("Authorization") != l.credential {
			t.Errorf("%s: the server got %v", name, sent)
		}
	}
	searchSeen(t, s)
}

// If this fails, objects that a server keeps on another host are asked of the
// sidecar, or that host gets a credential of a route. The host is none that
// exists: all that matters is where git-lfs turns.
func TestGitLFSObjectsOfAnotherHost(t *testing.T) {
	s, world, _, gitea := lfsBottle(t)
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(&s.Seen, "%s %s %v\n", r.Method, r.RequestURI, r.Header)
		if r.Header.Get("Authorization") != "" || r.Header.Get("X-Api-Key") != "" {
			t.Errorf("the other host got %v", r.Header)
		}
		_, _ = io.WriteString(w, lfsContent)
	}))
	t.Cleanup(store.Close)
	gitea.foreign = store.URL + "/bucket"
	dir := t.TempDir()
	s.run(t, dir, "env", "GIT_TRACE=1", "GIT_CURL_VERBOSE=1", "git", "clone", "-q", lfsForges["gitea"].url, "app").must(t)
	if got := readFile(t, filepath.Join(dir, "app/a.bin")); got != lfsContent {
		t.Errorf("a.bin holds %q", got)
	}
	if asked := gitea.take(); len(asked) != 1 || asked[0].Method != http.MethodPost {
		t.Errorf("the server was asked %d times", len(asked))
	}
	if got := world.visited(); len(got) != 1 {
		t.Errorf("the sidecar went to %v", got)
	}
	if !strings.Contains(s.Seen.String(), "GET /bucket/") {
		t.Error("the other host was not asked")
	}
	searchSeen(t, s, dir)
}

// If this fails, an agent can upload large files, or lock them, past the
// git-gate; or the user is not told why that failed.
func TestGitLFSWritesAreRefused(t *testing.T) {
	s, _, github, gitea := lfsBottle(t)
	servers := map[string]*lfsServer{"github": github, "gitea": gitea}
	for name, forge := range lfsForges {
		t.Run(name, func(t *testing.T) {
			app, l := cloneLFS(t, s, forge.url), servers[name]
			before := l.holds()
			l.take()
			for _, args := range [][]string{
				{"lfs", "push", "origin", "main"},
				{"lfs", "push", "--all", "origin"},
				{"push", "origin", "main"},
				{"lfs", "push", s.URL + forge.prefix + "/team/app.git", "main"},
				{"lfs", "lock", "a.bin"},
				{"lfs", "unlock", "--force", "--id=7"},
			} {
				r := s.run(t, app, "env", append([]string{"GIT_TRACE=1", "GIT_CURL_VERBOSE=1", "git"}, args...)...)
				if output := r.Stdout + r.Stderr; r.Code == 0 || strings.Contains(output, "dial tcp") || !strings.Contains(output, "Push over SSH through the bottle's git-gate") {
					t.Errorf("git %q: exit status %d\n%s", args, r.Code, output)
				}
				for _, sent := range l.take() {
					if sent.Method != http.MethodGet {
						t.Errorf("git %q sent %s %s %s", args, sent.Method, sent.Target, sent.Body)
					}
				}
			}
			if got := s.run(t, app, "git", "lfs", "locks").must(t); !strings.Contains(got, "Jane") {
				t.Errorf("the locks are %q", got)
			}
			if got := l.holds(); got != before {
				t.Errorf("the server holds %s; it held %s", got, before)
			}
			searchSeen(t, s, app)
		})
	}
}

// If this fails, the test above proves nothing: the server would turn its
// uploads and locks down whether or not the sidecar refuses them.
func TestGitLFSWritesWouldSucceedWithoutTheSidecar(t *testing.T) {
	s, world, github, _ := lfsBottle(t)
	app := cloneLFS(t, s, lfsForges["github"].url)
	github.copiesCredential.Store(true)
	before := github.holds()
	url := "https://x-access-token:" + githubToken + "@github.com/team/app.git"
	env := hostEnv(t, "GIT_TERMINAL_PROMPT=0", "HTTPS_PROXY="+world.URL, "GIT_SSL_CAINFO="+authority.caFile(t))
	runIn(t, app, env, "git", "config", "lfs.url", url+"/info/lfs").must(t)
	runIn(t, app, env, "git", "lfs", "push", url, "main").must(t)
	runIn(t, app, env, "git", "lfs", "lock", "a.bin").must(t)
	if got := github.holds(); got == before || !strings.Contains(got, `"path":"a.bin"`) {
		t.Errorf("the server holds %s", got)
	}
}

// cloneLFS clones team/app and commits a large file to push.
func cloneLFS(t *testing.T, s *sidecar, url string) string {
	t.Helper()
	dir := t.TempDir()
	s.run(t, dir, "git", "clone", "-q", url, "app").must(t)
	app := filepath.Join(dir, "app")
	writeFile(t, filepath.Join(app, "b.bin"), "another large file\n")
	s.run(t, app, "git", "add", ".").must(t)
	s.run(t, app, "git", "commit", "-qm", "mine").must(t)
	return app
}
