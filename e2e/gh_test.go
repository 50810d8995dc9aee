package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ghBottle starts GitHub, both its API and its repositories; settings are more
// of the entry: ", write: allow".
func ghBottle(t *testing.T, settings string) (*sidecar, *upstream, *gitServer) {
	t.Helper()
	world, api := newInternet(t), newGitHubAPI(t)
	repositories := newGitServer(t, "x-access-token", githubToken, "github.com")
	repositories.create(t, "team/app.git", nil)
	world.lead("api.github.com", api.Address)
	world.lead("github.com", repositories.Address)
	return up(t, "tokens: [{kind: github, token_ref: GH"+settings+"}]\n"+world.egress(t), map[string]string{"GH": githubToken}), api, repositories
}

// If this fails, gh does not work for the agent; in a checkout it has to find
// out from git's remotes, which lead to the sidecar, what repository it is in.
func TestGH(t *testing.T) {
	s, api, repositories := ghBottle(t, "")
	dir := t.TempDir()
	s.run(t, dir, "git", "clone", "-q", "https://github.com/team/app.git", "app").must(t)
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"a REST resource", []string{"api", "user", "--jq", ".login"}, "agent\n"},
		{"pages of a resource", []string{"api", "--paginate", "repos/team/app/issues", "--jq", ".[].number"}, "7\n6\n"},
		{"a GraphQL query", []string{"api", "graphql", "-f", "query={viewer{login}}", "--jq", ".data.viewer.login"}, "agent\n"},
		{"listing issues in the checkout", []string{"issue", "list"}, "It leaks"},
		{"viewing an issue", []string{"issue", "view", "7"}, "All over the floor."},
		{"opening an issue", []string{"issue", "create", "-t", "Another", "-b", "Text"}, "https://github.com/team/app/issues/8"},
		{"listing pull requests", []string{"pr", "list"}, "Mend it"},
		{"viewing a pull request", []string{"pr", "view", "9"}, "With tape."},
		{"naming the repository", []string{"issue", "list", "-R", "team/app"}, "It leaks"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := s.run(t, filepath.Join(dir, "app"), "gh", test.args...).must(t); !strings.Contains(got, test.want) {
				t.Errorf("gh %q says %q, want %q in it", test.args, got, test.want)
			}
		})
	}
	requests := api.take()
	if len(requests) < 9 {
		t.Errorf("the API got %d requests", len(requests))
	}
	for _, r := range requests {
		if diff := cmp.Diff([]string{"Bearer " + githubToken}, r.Header["Authorization"]); diff != "" || r.Host != "api.github.com" {
			t.Errorf("%s %s of %s (-want +got):\n%s", r.Method, r.Target, r.Host, diff)
		}
	}
	s.run(t, dir, "gh", "repo", "clone", "team/app", "again").must(t)
	before := repositories.refs(t, "team/app.git")
	r := s.run(t, filepath.Join(dir, "again"), "git", "push", "origin", "HEAD:refs/heads/new")
	if want := "remote: cred-proxy: git push over HTTP is refused"; r.Code == 0 || !strings.Contains(r.Stderr, want) {
		t.Errorf("push after gh repo clone: exit status %d, want %q in\n%s", r.Code, want, r.Stderr)
	}
	if repositories.refs(t, "team/app.git") != before {
		t.Error("the server's refs changed")
	}
}

// If this fails, whoever can open the socket file has the token's rights
// without knowing the agent token, or gh does not show the sidecar's message.
func TestGHShowsRefusals(t *testing.T) {
	s, api, _ := ghBottle(t, "")
	s.Env = append(s.Env, "GH_TOKEN=ghp_"+strings.Repeat("f", 40))
	r := s.run(t, t.TempDir(), "gh", "api", "user")
	if r.Code == 0 || !strings.Contains(r.Stderr, "this sidecar requires the agent token") {
		t.Errorf("exit status %d\n%s", r.Code, r.Stderr)
	}
	if requests := api.take(); len(requests) > 0 {
		t.Errorf("the API got %d requests", len(requests))
	}
}
