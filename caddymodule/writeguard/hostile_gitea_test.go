package writeguard_test

import "testing"

// TestHostileGitea fails when an agent gets code, or a credential that
// outlives the bottle, into or out of a Gitea.
func TestHostileGitea(t *testing.T) {
	address, upstream := guard(t, "gitea guarded")
	const (
		repo   = "/api/v1/repos/o/r"
		pulls  = repo + "/pulls"
		a, w   = "ambiguous_path", "write_refused"
		b      = "body_refused"
		draft  = `{"tag_name":"v1","draft":true}`
		basic  = "Accept: */*"
		binary = "Content-Type: application/octet-stream"
	)
	judge(t, address, upstream, []attempt{
		{"a file", "POST", repo + "/contents/x", []string{jsonType}, `{"content":""}`, w},
		{"files at once", "POST", repo + "/contents", []string{jsonType}, `{}`, w},
		{"a patch", "POST", repo + "/diffpatch", []string{jsonType}, `{}`, w},
		{"a file in another case", "PUT", "/API/v1/repos/o/r/Contents/x", []string{jsonType}, `{}`, w},
		{"a file with an encoded segment", "PUT", "/api/v1/repos/o/r/content%73/x", []string{jsonType}, `{}`, w},
		{"a file behind an encoded slash", "POST", "/api/v1/repos/o/r%2Fcontents/issues", []string{jsonType}, `{}`, w},
		{"a file by dot segments", "POST", repo + "/issues/1/comments/%2e%2e/%2e%2e/%2e%2e/contents/x", []string{jsonType}, `{}`, a},
		{"a branch", "POST", repo + "/branches", []string{jsonType}, `{"new_branch_name":"x"}`, w},
		{"a branch moved", "PUT", repo + "/branches/main", []string{jsonType}, `{"new_commit_id":"x"}`, w},
		{"a tag", "POST", repo + "/tags", []string{jsonType}, `{"tag_name":"v1"}`, w},
		{"a merge", "POST", pulls + "/1/merge", []string{jsonType}, `{"Do":"merge"}`, w},
		{"a merge when the checks succeed", "POST", pulls + "/1/merge", []string{jsonType}, `{"merge_when_checks_succeed":true}`, w},
		{"a merge with a slash more", "POST", pulls + "/1//merge/", []string{jsonType}, `{"Do":"merge"}`, w},
		{"a merge with parameters in the path", "POST", pulls + "/1/merge;x=y", []string{jsonType}, `{"Do":"merge"}`, w},
		{"an update of the head", "POST", pulls + "/1/update?style=rebase", nil, "", w},
		{"a fork brought up to date", "POST", repo + "/merge-upstream", []string{jsonType}, `{"branch":"main"}`, w},
		{"a wiki page", "POST", repo + "/wiki/new", []string{jsonType}, `{}`, w},
		{"a push mirror", "POST", repo + "/push_mirrors", []string{jsonType}, `{"remote_address":"https://evil.example"}`, w},
		{"a workflow started", "POST", repo + "/actions/workflows/ci.yml/dispatches", []string{jsonType}, `{"ref":"main"}`, w},
		{"a workflow run again", "POST", repo + "/actions/runs/1/rerun", nil, "", w},
		{"a commit status", "POST", repo + "/statuses/abc", []string{jsonType}, `{"state":"success"}`, w},
		{"an attachment", "POST", repo + "/issues/1/assets?name=x", []string{binary}, `x`, w},
		{"an attachment of a comment", "POST", repo + "/issues/comments/1/assets", []string{binary}, `x`, w},

		{"a release", "POST", repo + "/releases", []string{jsonType}, `{"tag_name":"v1"}`, w},
		{"a release that says no draft", "POST", repo + "/releases", []string{jsonType}, `{"tag_name":"v1","draft":false}`, w},
		{"a draft by a string", "POST", repo + "/releases", []string{jsonType}, `{"draft":"true"}`, w},
		{"a draft by another key", "POST", repo + "/releases", []string{jsonType}, `{"Draft":true}`, w},
		{"a draft and no draft", "POST", repo + "/releases", []string{jsonType}, `{"draft":true,"DRAFT":false}`, b},
		{"a draft twice", "POST", repo + "/releases", []string{jsonType}, `{"draft":true,"draft":false}`, b},
		{"a draft by a form", "POST", repo + "/releases", []string{formType}, `draft=true&tag_name=v1`, b},
		{"a draft by a query", "POST", repo + "/releases?draft=true", []string{jsonType}, `{"tag_name":"v1"}`, "body_refused"},
		{"a draft in a list", "POST", repo + "/releases", []string{jsonType}, `[` + draft + `]`, w},
		{"a form behind JSON's content type", "POST", repo + "/releases?tag_name=v1", []string{jsonType + "; a=form-urlencoded"}, draft, b},
		{"parts behind JSON's content type", "POST", repo + "/releases", []string{jsonType + `; a="multipart/form-data"; boundary=x`}, draft, b},
		{"a draft published", "PATCH", repo + "/releases/1", []string{jsonType}, `{"draft":false}`, w},
		{"an asset", "POST", repo + "/releases/1/assets?name=x", []string{binary}, "x", w},

		{"a fork's head open to the base's maintainers", "POST", pulls, []string{jsonType}, `{"base":"main","head":"me:main","allow_maintainer_edit":true}`, w},
		{"a fork's head as the base repository has it", "POST", pulls, []string{jsonType}, `{"base":"main","head":"me:main"}`, w},
		{"a head in another key", "POST", pulls, []string{jsonType}, `{"base":"main","HEAD":"me:main"}`, w},
		{"a head in two keys", "POST", pulls, []string{jsonType}, `{"base":"main","head":"x","Head":"me:main"}`, b},
		{"a pull request by a form", "POST", pulls, []string{formType}, `base=main&head=me:main`, b},
		{"a fork's head, opened in the query", "POST", pulls + "?allow_maintainer_edit=true", []string{jsonType}, `{"base":"main","head":"me:main","allow_maintainer_edit":false}`, "body_refused"},
		{"another base in the query", "PATCH", pulls + "/1?base=x", []string{jsonType}, `{"title":"t"}`, "body_refused"},
		{"a head opened later", "PATCH", pulls + "/1", []string{jsonType}, `{"allow_maintainer_edit":true}`, w},
		{"a head opened later, in another case", "PATCH", pulls + "/1", []string{jsonType}, `{"Allow_Maintainer_Edit":true}`, w},
		{"another base", "PATCH", pulls + "/1", []string{jsonType}, `{"base":"main"}`, w},
		{"another base, in another case", "PATCH", pulls + "/1", []string{jsonType}, `{"baſe":"main"}`, w},

		{"an access token", "POST", "/api/v1/users/me/tokens", []string{jsonType}, `{"name":"x","scopes":["all"]}`, w},
		{"an access token with a slash", "POST", "/api/v1/users/me/tokens/", []string{jsonType}, `{"name":"x"}`, w},
		{"an access token in another case", "POST", "/api/v1/Users/me/Tokens", []string{jsonType}, `{"name":"x"}`, w},
		{"the token itself", "DELETE", "/api/v1/token", nil, "", w},
		{"an OAuth application", "POST", "/api/v1/user/applications/oauth2", []string{jsonType}, `{}`, w},
		{"an SSH key", "POST", "/api/v1/user/keys", []string{jsonType}, `{}`, w},
		{"a deploy key", "POST", repo + "/keys", []string{jsonType}, `{"read_only":false}`, w},
		{"a hook", "POST", repo + "/hooks", []string{jsonType}, `{}`, w},
		{"a git hook", "PATCH", repo + "/hooks/git/pre-receive", []string{jsonType}, `{}`, w},
		{"a secret", "PUT", repo + "/actions/secrets/X", []string{jsonType}, `{}`, w},
		{"a runner", "POST", repo + "/actions/runners/registration-token", nil, "", w},
		{"a runner by GET", "GET", repo + "/actions/runners/registration-token", nil, "", w},
		{"a runner by HEAD", "HEAD", "/api/v1/admin/actions/runners/registration-token", nil, "", w},
		{"a runner by GET, encoded", "GET", "/api/v1/user/actions/runners/registration%2Dtoken", nil, "", w},
		{"the runners' own protocol", "POST", "/api/actions/runner.v1.RunnerService/Register", []string{jsonType}, `{}`, w},
		{"a collaborator", "PUT", repo + "/collaborators/evil", []string{jsonType}, `{}`, w},
		{"no more protection", "DELETE", repo + "/branch_protections/main", nil, "", w},
		{"a public repository", "PATCH", repo, []string{jsonType}, `{"private":false}`, w},
		{"a user", "POST", "/api/v1/admin/users", []string{jsonType}, `{}`, w},

		{"a package", "PUT", "/api/packages/o/generic/p/1/f", []string{binary}, "x", w},
		{"a package called like the API", "PUT", "/api/packages/o/generic/api/v1/issues", []string{binary}, "x", w},
		{"a container image", "PUT", "/v2/o/i/manifests/latest", nil, "{}", w},
		{"a registry's token", "GET", "/v2/token?service=container_registry&scope=repository:o/i:push", nil, "", w},
		{"a registry's token that may pull", "GET", "/v2/token?scope=repository:o/i:pull", nil, "", w},
		{"a registry's token without scope", "GET", "/v2/token", []string{basic}, "", w},
		{"conan's token", "GET", "/api/packages/o/conan/v2/users/authenticate", nil, "", w},
		{"a form of the web pages", "POST", "/o/r/_new/main/x", []string{formType}, "content=x", w},
		{"a log-in's form", "POST", "/user/login", []string{formType}, "user_name=x", w},
		{"another method by a parameter", "POST", repo + "/issues/1/comments?_method=DELETE", []string{jsonType}, `{"body":"x"}`, w},
	})
}

// TestEverydayGitea fails when work that is harmless does not get through.
func TestEverydayGitea(t *testing.T) {
	address, upstream := guard(t, "gitea guarded")
	const repo = "/api/v1/repos/o/r"
	json := []string{jsonType}
	judge(t, address, upstream, []attempt{
		{"the version", "GET", "/api/v1/version", nil, "", ""},
		{"a file", "GET", repo + "/contents/a%2Fb?ref=main", nil, "", ""},
		{"the branches", "GET", repo + "/branches", nil, "", ""},
		{"the list of tokens", "GET", "/api/v1/users/me/tokens", nil, "", ""},
		{"an archive", "GET", "/o/r/archive/main.tar.gz", nil, "", ""},
		{"an image's manifest", "GET", "/v2/o/i/manifests/latest", nil, "", ""},
		{"a package", "GET", "/api/packages/o/npm/p", nil, "", ""},
		{"an issue", "POST", repo + "/issues", json, `{"title":"t","body":"b\n/merge","labels":[1]}`, ""},
		{"an issue closed", "PATCH", repo + "/issues/1", json, `{"state":"closed"}`, ""},
		{"a comment", "POST", repo + "/issues/1/comments", json, `{"body":"hello"}`, ""},
		{"a comment removed", "DELETE", repo + "/issues/comments/3", nil, "", ""},
		{"a reaction", "POST", repo + "/issues/comments/3/reactions", json, `{"content":"+1"}`, ""},
		{"a label", "POST", repo + "/labels", json, `{"name":"a/b","color":"#fff"}`, ""},
		{"labels", "PUT", repo + "/issues/1/labels", json, `{"labels":[1]}`, ""},
		{"a milestone", "POST", repo + "/milestones", json, `{"title":"1.0"}`, ""},
		{"a pull request", "POST", repo + "/pulls", json, `{"title":"t","head":"topic","base":"main"}`, ""},
		{"a pull request of a fork", "POST", repo + "/pulls", json, `{"title":"t","head":"me:topic","base":"main","allow_maintainer_edit":false}`, ""},
		{"a pull request closed, as tea does it", "PATCH", repo + "/pulls/1", json, `{"title":"","base":"","state":"closed","allow_maintainer_edit":null}`, ""},
		{"a review", "POST", repo + "/pulls/1/reviews", json, `{"event":"APPROVED","body":"ok"}`, ""},
		{"reviewers", "POST", repo + "/pulls/1/requested_reviewers", json, `{"reviewers":["a"]}`, ""},
		{"a draft release", "POST", repo + "/releases", json, `{"tag_name":"v1","draft":true}`, ""},
		{"a fork", "POST", repo + "/forks", json, `{}`, ""},
		{"a star", "PUT", "/api/v1/user/starred/o/r", nil, "", ""},
		{"notifications", "PUT", "/api/v1/notifications?all=true", nil, "", ""},
		{"time", "POST", repo + "/issues/1/times", json, `{"time":60}`, ""},
		{"rendering", "POST", "/api/v1/markdown", json, `{"Text":"*x*"}`, ""},
		{"a fetch", "POST", "/o/r.git/git-upload-pack", []string{fetch}, "0000", ""},
	})
}

// TestBelowABase fails when a Gitea below a path, or behind a route, is judged
// by paths that are not its own.
func TestBelowABase(t *testing.T) {
	address, upstream := guard(t, "gitea guarded {\nbase /gitea/git.example.com/\n}")
	judge(t, address, upstream, []attempt{
		{"an issue", "POST", "/gitea/git.example.com/api/v1/repos/o/r/issues", []string{jsonType}, `{}`, ""},
		{"a file", "POST", "/gitea/git.example.com/api/v1/repos/o/r/contents/x", []string{jsonType}, `{}`, "write_refused"},
		{"a registry's token", "GET", "/gitea/git.example.com/v2/token", nil, "", "write_refused"},
		{"an issue beside the base", "POST", "/api/v1/repos/o/r/issues", []string{jsonType}, `{}`, "write_refused"},
	})
}

// TestReadOnlyVendors fails when read-only lets a harmless write through.
func TestReadOnlyVendors(t *testing.T) {
	for directive, attempts := range map[string][]attempt{
		"gitea read-only": {
			{"an issue", "POST", "/api/v1/repos/o/r/issues", []string{jsonType}, `{}`, "write_refused"},
			{"a star", "PUT", "/api/v1/user/starred/o/r", nil, "", "write_refused"},
			{"a registry's token", "GET", "/v2/token", nil, "", "write_refused"},
			{"the issues", "GET", "/api/v1/repos/o/r/issues", nil, "", ""},
		},
		"gitlab read-only": {
			{"an issue", "POST", "/api/v4/projects/1/issues", []string{jsonType}, `{}`, "write_refused"},
			{"a note by GraphQL", "POST", "/api/graphql", []string{jsonType}, `{"query":"mutation{createNote(input:{body:\"x\"}){errors}}"}`, "write_refused"},
			{"a query", "POST", "/api/graphql", []string{jsonType}, `{"query":"{currentUser{id}}"}`, ""},
		},
		"npm read-only": {
			{"an audit", "POST", "/-/npm/v1/security/audits/quick", []string{jsonType}, `{}`, "write_refused"},
			{"a package", "GET", "/left-pad", nil, "", ""},
		},
		"anthropic read-only": {
			{"a message", "POST", "/v1/messages", []string{jsonType}, `{}`, "write_refused"},
			{"the models", "GET", "/v1/models", nil, "", ""},
			{"an organization's keys", "GET", "/v1/organizations/api_keys", nil, "", "write_refused"},
		},
	} {
		t.Run(directive, func(t *testing.T) {
			address, upstream := guard(t, directive)
			judge(t, address, upstream, attempts)
		})
	}
}
