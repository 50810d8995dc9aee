package e2e

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ghWrite is something that an agent types, and what it says when it is done.
type ghWrite struct {
	name string
	args []string
	want string
}

// harmlessWrites may be done under the default policy, refusedWrites not.
var (
	harmlessWrites = []ghWrite{
		{"opening an issue", []string{"issue", "create", "-R", "team/app", "-t", "Another", "-b", "Text"}, "https://github.com/team/app/issues/8"},
		{"commenting on an issue", []string{"issue", "comment", "7", "-R", "team/app", "-b", "Text"}, ""},
		{"closing an issue", []string{"issue", "close", "7", "-R", "team/app"}, "Closed issue #7"},
		{"opening an issue over REST", []string{"api", "repos/team/app/issues", "-f", "title=Another"}, `{"number":8}`},
		{"opening a pull request", []string{"pr", "create", "-R", "team/app", "-t", "Mend", "-b", "Text", "-H", "mend", "-B", "main"}, "https://github.com/team/app/pull/10"},
		{"commenting in a review", []string{"pr", "review", "9", "-R", "team/app", "--comment", "-b", "Text"}, ""},
		{"drafting a release", []string{"release", "create", "v1", "-R", "team/app", "-t", "One", "-n", "Notes", "--draft"}, "https://github.com/team/app/releases/tag/v1"},
	}
	refusedWrites = []ghWrite{
		{"writing a file", []string{"api", "-X", "PUT", "repos/team/app/contents/x", "-f", "message=m", "-f", "content=eA=="}, `"path":"x"`},
		{"creating a branch", []string{"api", "repos/team/app/git/refs", "-f", "ref=refs/heads/new", "-f", "sha=0"}, "refs/heads/new"},
		{"adding a deploy key", []string{"api", "repos/team/app/keys", "-f", "key=ssh-ed25519 AAAA", "-F", "read_only=false"}, `"id":1`},
		{"releasing", []string{"release", "create", "v1", "-R", "team/app", "-t", "One", "-n", "Notes"}, "https://github.com/team/app/releases/tag/v1"},
		{"merging", []string{"pr", "merge", "9", "-R", "team/app", "--merge"}, ""},
		{"merging over REST", []string{"api", "-X", "PUT", "repos/team/app/pulls/9/merge"}, `"merged":true`},
		{"creating a branch by GraphQL", []string{"api", "graphql", "-f", `query=mutation{createRef(input:{repositoryId:"R_1",name:"refs/heads/x",oid:"0"}){ref{name}}}`}, "data"},
		{"committing by GraphQL behind an alias", []string{"api", "graphql", "-f", `query=mutation{addComment:createCommitOnBranch(input:{}){clientMutationId}}`}, "data"},
	}
)

// writes are the requests of gh that would have changed something.
func writes(requests []received) (targets []string) {
	for _, r := range requests {
		if r.Method != http.MethodGet && (r.Target != "/graphql" || strings.Contains(r.Body, "mutation")) {
			targets = append(targets, r.Method+" "+r.Target)
		}
	}
	return targets
}

// passes wants the write to be done.
func (w ghWrite) passes(t *testing.T, s *sidecar, api *upstream) {
	t.Helper()
	r := s.run(t, t.TempDir(), "gh", w.args...)
	if r.Code != 0 || !strings.Contains(r.Stdout+r.Stderr, w.want) {
		t.Errorf("exit status %d, want %q in\n%s%s", r.Code, w.want, r.Stdout, r.Stderr)
	}
	if done := writes(api.take()); len(done) != 1 {
		t.Errorf("the API got the writes %q, want one", done)
	}
}

// isRefused wants the API to hear nothing of the write, and gh to say why.
func (w ghWrite) isRefused(t *testing.T, s *sidecar, api *upstream, policy string) {
	t.Helper()
	r := s.run(t, t.TempDir(), "gh", w.args...)
	if want := "write policy " + policy + " refuses "; r.Code == 0 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exit status %d, want %q in\n%s", r.Code, want, r.Stderr)
	}
	// Where gh prints what it was answered, it says what to do instead.
	if want := "ask the operator to set `write: allow`"; w.args[0] == "api" && !strings.Contains(r.Stdout, want) {
		t.Errorf("no %q in\n%s", want, r.Stdout)
	}
	if done := writes(api.take()); len(done) > 0 {
		t.Errorf("the API got the writes %q", done)
	}
}

// If this fails, an agent can land code, or make itself a key, by what it
// types into gh, or it cannot do its daily work. Under `write: allow` all of it
// goes through, so it is the policy that refuses, and not something else.
func TestGHWritesAreGuarded(t *testing.T) {
	t.Run("guarded, the default", func(t *testing.T) {
		s, api, _ := ghBottle(t, "")
		for _, w := range harmlessWrites {
			t.Run(w.name, func(t *testing.T) { w.passes(t, s, api) })
		}
		for _, w := range refusedWrites {
			t.Run(w.name, func(t *testing.T) { w.isRefused(t, s, api, "github/guarded") })
		}
	})
	t.Run("allow", func(t *testing.T) {
		s, api, _ := ghBottle(t, ", write: allow")
		for _, w := range refusedWrites {
			t.Run(w.name, func(t *testing.T) { w.passes(t, s, api) })
		}
	})
}

// If this fails, `write: read-only` lets something be written, or hinders
// reading.
func TestGHReadOnly(t *testing.T) {
	s, api, repositories := ghBottle(t, ", write: read-only")
	dir := t.TempDir()
	s.run(t, dir, "git", "clone", "-q", "https://github.com/team/app.git", "app").must(t)
	for _, args := range [][]string{{"issue", "list"}, {"issue", "view", "7"}, {"pr", "list"}, {"api", "user"}, {"api", "graphql", "-f", "query={viewer{login}}"}} {
		s.run(t, filepath.Join(dir, "app"), "gh", args...).must(t)
	}
	if done := writes(api.take()); len(done) > 0 {
		t.Errorf("reading wrote: %q", done)
	}
	for _, w := range append(harmlessWrites, refusedWrites...) {
		t.Run(w.name, func(t *testing.T) { w.isRefused(t, s, api, "github/read-only") })
	}
	before := repositories.refs(t, "team/app.git")
	if r := s.run(t, filepath.Join(dir, "app"), "git", "push", "origin", "HEAD:refs/heads/new"); r.Code == 0 || before != repositories.refs(t, "team/app.git") {
		t.Errorf("push: exit status %d\n%s", r.Code, r.Stderr)
	}
}

// If this fails, `write: allow` has come to mean that pushes are allowed too.
func TestAllowDoesNotAllowPushes(t *testing.T) {
	s, _, repositories := ghBottle(t, ", write: allow")
	app := cloneForPush(t, s)
	before := repositories.refs(t, "team/app.git")
	r := s.run(t, app, "git", "push", "origin", "main")
	if r.Code == 0 || !strings.Contains(r.Stderr, "git push over HTTP is refused") || repositories.refs(t, "team/app.git") != before {
		t.Errorf("exit status %d\n%s", r.Code, r.Stderr)
	}
}

// If this fails, an agent can publish a package, or take one back, without the
// bottle file saying so, or npm does not tell it why it cannot.
func TestNPMPublishIsGuarded(t *testing.T) {
	for name, registry := range registries {
		t.Run(name, func(t *testing.T) {
			s, served := npmBottle(t, registry.publicURL, registry.entry)
			app := newPackage(t, "app", "1.0.0", `{"@team/right":"^1.0.0"}`)
			s.run(t, app, "npm", "install").must(t)
			if got := s.run(t, app, "npm", "audit").must(t); !strings.Contains(got, "found 0 vulnerabilities") {
				t.Errorf("npm audit says %q", got)
			}
			for _, args := range [][]string{
				{"publish"},
				{"unpublish", "--force", "@team/right@1.0.0"},
				{"dist-tag", "add", "@team/right@1.0.0", "next"},
				{"deprecate", "left", "gone"},
			} {
				r := s.run(t, newPackage(t, "@team/new", "2.0.0", `{}`), "npm", args...)
				if r.Code == 0 || !strings.Contains(r.Stderr, "write policy npm/guarded refuses ") {
					t.Errorf("npm %q: exit status %d\n%s", args, r.Code, r.Stderr)
				}
			}
			for line := range strings.Lines(served.asked()) {
				if !strings.HasPrefix(line, "GET ") && !strings.Contains(line, "/-/npm/v1/security/") {
					t.Errorf("the registry got %s", line)
				}
			}
		})
	}
}

// If this fails, a service that lies below a path is not recognised there, and
// its writes are all refused, or are judged by the wrong rows.
func TestWritesBelowAPath(t *testing.T) {
	for _, test := range []struct{ name, entry, passes, refused string }{
		{"GitHub", "kind: github", "POST /gh-api/repos/o/r/issues", "PUT /gh-api/repos/o/r/contents/x"},
		{"GitHub's git host", "kind: github", "GET /gh-git/o/r/raw/main/x", "POST /gh-git/o/r/issues"},
		{"GitHub Enterprise", "kind: github, url: URL", "POST /gh-api/repos/o/r/issues", "PUT /gh-api/repos/o/r/contents/x"},
		{"GitHub Enterprise by the whole path", "kind: github, url: URL", "POST /gh-git/api/v3/repos/o/r/issues", "PUT /gh-git/api/v3/repos/o/r/contents/x"},
		{"Gitea", "kind: gitea, url: URL", "POST /gitea/HOST/api/v1/repos/o/r/issues", "POST /gitea/HOST/api/v1/repos/o/r/contents/x"},
		{"Gitea below a path", "kind: gitea, url: URL/forge", "POST /gitea/HOST/api/v1/repos/o/r/issues", "POST /gitea/HOST/api/v1/repos/o/r/contents/x"},
		{"GitLab", "kind: gitlab, url: URL", "POST /gitlab/HOST/api/v4/projects/1/issues", "POST /gitlab/HOST/api/v4/projects/1/repository/commits"},
		{"GitLab below a path", "kind: gitlab, url: URL/lab/x", "POST /gitlab/HOST/api/v4/projects/1/issues", "POST /gitlab/HOST/api/v4/projects/1/repository/commits"},
		{"npm below a path", "kind: npm, url: URL/api/npm", "POST /npm/-/npm/v1/security/advisories/bulk", "PUT /npm/left"},
		{"Anthropic", "kind: anthropic, url: URL", "POST /anthropic/v1/messages", "POST /anthropic/v1/organizations/api_keys"},
		{"Anthropic below a path", "kind: anthropic, url: URL/claude", "POST /anthropic/v1/messages", "POST /anthropic/v1/organizations/api_keys"},
		{"PyPI", "kind: pypi, url: URL", "GET /pypi/simple/", "POST /pypi/legacy/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			world := newInternet(t)
			u := newUpstream(t, nil, "svc.example.com", "api.github.com", "github.com")
			for _, host := range []string{"svc.example.com", "api.github.com", "github.com"} {
				world.lead(host, u.Address)
			}
			fill := strings.NewReplacer("URL", "https://svc.example.com", "HOST", "svc.example.com").Replace
			s := up(t, "tokens: [{"+fill(test.entry)+", token_ref: T}]\n"+world.egress(t), map[string]string{"T": apiToken})
			if code := s.send(t, fill(test.passes)); code != "" || len(u.take()) != 1 {
				t.Errorf("%s: %s", test.passes, code)
			}
			if code := s.send(t, fill(test.refused)); code != "write_refused" || len(u.take()) != 0 {
				t.Errorf("%s: %q, want write_refused", test.refused, code)
			}
		})
	}
}

// If this fails, the policy of a plain route is not kept.
func TestPlainRoutesArePolicedAsTold(t *testing.T) {
	u := newUpstream(t, nil)
	s := up(t, "routes:\n- {path: /open/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /read/, upstream: "+u.URL+"/v2, auth: {scheme: Bearer, token_ref: T}, write: read-only}\n"+
		"- {path: /guarded/, upstream: "+u.URL+"/v2, auth: {scheme: Bearer, token_ref: T}, write: guarded}\n", map[string]string{"T": apiToken})
	got := map[string]string{}
	for _, route := range []string{"/open/", "/read/", "/guarded/"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE"} {
			code := s.send(t, method+" "+route+"x")
			if len(u.take()) == 1 {
				code += "sent"
			}
			got[route] += method + " " + code + "\n"
		}
	}
	const reads = "GET sent\nHEAD sent\nOPTIONS sent\n"
	const refused = "POST write_refused\nPUT write_refused\nPATCH write_refused\nDELETE write_refused\nPURGE write_refused\n"
	want := map[string]string{
		"/open/": reads + strings.ReplaceAll(refused, "write_refused", "sent"), "/read/": reads + refused, "/guarded/": reads + refused,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// send sends "METHOD /path" with an empty JSON body and returns the refusal's code.
func (s *sidecar) send(t *testing.T, line string) string {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return s.do(t, r).Header.Get("Cred-Proxy-Error")
}
