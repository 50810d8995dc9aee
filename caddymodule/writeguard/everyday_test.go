package writeguard_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestEverydayWork fails when the policy stands in the way of what agents
// are there for.
func TestEverydayWork(t *testing.T) {
	address, upstream := guard(t, "github guarded")
	var attempts []attempt
	add := func(method, body string, targets ...string) {
		for _, target := range targets {
			a := attempt{method + " " + target, method, target, nil, body, ""}
			if body != "" {
				a.headers = []string{"Content-Type: application/json; charset=utf-8"}
			}
			attempts = append(attempts, a)
		}
	}
	add("GET", "", "/user", "/repos/o/r", "/repos/o/r/contents/a%2Fb?ref=main", "/repos/o/r/issues?state=all&per_page=100&page=2", "/repos/o/r/branches/feature%2Fx", "/search/code?q=x+in:file",
		"/repos/o/r/actions/runs/1/logs", "/repos/o/r/tarball/main", "/rate_limit", "/nothing/known", "/", "/api/v3/user", "/repos/o/r/git/refs/heads/a", "/users/dependabot[bot]")
	add("HEAD", "", "/repos/o/r")
	add("OPTIONS", "", "/repos/o/r")
	add("POST", `{"body":"x"}`, "/repos/o/r/issues", "/repos/o/r/issues/1/comments", "/repos/o/r/pulls", "/repos/o/r/pulls/1/reviews", "/repos/o/r/pulls/1/reviews/2/events", "/repos/o/r/pulls/1/comments",
		"/repos/o/r/pulls/1/comments/2/replies", "/repos/o/r/pulls/1/requested_reviewers", "/repos/o/r/issues/1/labels", "/repos/o/r/labels", "/repos/o/r/milestones", "/repos/o/r/issues/1/assignees",
		"/repos/o/r/issues/1/reactions", "/repos/o/r/issues/comments/1/reactions", "/repos/o/r/issues/1/sub_issues", "/repos/o/r/forks", "/markdown", "/repos/o/r/releases/generate-notes",
		"/repos/o/r/commits/abc/comments", "/api/v3/repos/o/r/issues", "/repos/o.o/r-r.git_x/issues", "/repos/o/r/issues?a=b;c=%zz")
	add("PATCH", `{"state":"closed"}`, "/repos/o/r/issues/1", "/repos/o/r/pulls/1", "/repos/o/r/issues/comments/1", "/repos/o/r/milestones/1", "/repos/o/r/labels/bug", "/notifications/threads/1")
	add("PUT", `{}`, "/repos/o/r/issues/1/labels", "/notifications", "/user/starred/o/r", "/repos/o/r/subscription", "/repos/o/r/pulls/1/reviews/2")
	add("DELETE", "", "/repos/o/r/issues/1/labels/good%20first%20issue", "/repos/o/r/issues/1/labels/area%2Fdocs", "/repos/o/r/labels/area%2Fdocs%2Fmore", "/repos/o/r/issues/comments/1", "/user/starred/o/r",
		"/repos/o/r/issues/1/labels/%F0%9F%90%9B", "/repos/o/r/issues/1/labels/100%25", "/repos/o/r/issues/1/labels/c++")
	judge(t, address, upstream, attempts)

	release := func(name, body, code string) attempt {
		return attempt{name, "POST", "/repos/o/r/releases", []string{jsonType}, body, code}
	}
	judge(t, address, upstream, []attempt{
		release("a draft", `{"tag_name":"v1","name":"One","draft":true,"body":"é"}`, ""),
		release("a release", `{"tag_name":"v1","draft":false}`, "write_refused"),
		release("a release that does not say", `{"tag_name":"v1"}`, "write_refused"),
		release("a draft in words", `{"tag_name":"v1","draft":"true"}`, "write_refused"),
		release("a draft in numbers", `{"tag_name":"v1","draft":1}`, "write_refused"),
		release("a draft in another case", `{"tag_name":"v1","Draft":true}`, "write_refused"),
		release("a draft and not", `{"draft":true,"draft":false}`, "body_refused"),
		release("a draft in a list", `[{"draft":true}]`, "write_refused"),
		release("a draft in a second value", `{"draft":true}{}`, "body_refused"),
		{"a draft as a form", "POST", "/repos/o/r/releases", []string{formType}, "draft=true", "body_refused"},
		{"a draft as text", "POST", "/repos/o/r/releases", []string{"Content-Type: text/plain"}, `{"draft":true}`, "body_refused"},
		{"a draft and not, in the query", "POST", "/repos/o/r/releases?draft=false", []string{jsonType}, `{"draft":true}`, "body_refused"},
		{"a draft below /api/v3", "POST", "/api/v3/repos/o/r/releases", []string{jsonType}, `{"draft":true}`, ""},
		{"a batch of queries", "POST", "/graphql", []string{jsonType}, `[{"query":"{a}"},{"query":"query q{b}","operationName":"q","variables":null}]`, ""},
		{"a query by GET", "GET", "/graphql?query=%7Bviewer%7Blogin%7D%7D&variables=%7B%7D", nil, "", ""},
		{"a question about GraphQL", "GET", "/api/graphql", nil, "", ""},
		{"GraphQL of an Enterprise Server", "POST", "/api/graphql", []string{jsonType}, `{"query":"mutation($i:AddCommentInput!){addComment(input:$i){subject{id}} __typename}","variables":{"i":{}}}`, ""},
		{"fragments", "POST", "/graphql", []string{jsonType}, `{"query":"mutation{...f ...f}fragment f on Mutation{a:addReaction(input:{}){x{...g}}...{b:closeIssue(input:{}){x}}}fragment g on X{y}"}`, ""},
		{"strings that look like mutations", "POST", "/graphql", []string{jsonType}, `{"query":"mutation{addComment(input:{body:\"}mutation{mergePullRequest}# \\\" \\u00e9\"}){x}} # mutation{mergePullRequest}"}`, ""},
		{"a block string", "POST", "/graphql", []string{jsonType}, `{"query":"mutation{addComment(input:{body:\"\"\"say \"hi\" to\n  mergePullRequest\"\"\"}){x}}"}`, ""},
	})
}

// TestGh fails when gh's own documents are refused that should not be, or let
// through that should not be. testdata/gh.json was recorded from gh itself.
func TestGh(t *testing.T) {
	content, err := os.ReadFile("testdata/gh.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Commands []struct {
			Command  string
			Refused  bool
			Requests []struct {
				Method, Path, Body string
				ContentType        string `json:"content_type"`
			}
		}
	}
	if err := json.Unmarshal(content, &recorded); err != nil {
		t.Fatal(err)
	}
	address, upstream := guard(t, "github guarded")
	for _, command := range recorded.Commands {
		for _, r := range command.Requests {
			a := attempt{command.Command, r.Method, r.Path, []string{"Content-Type: " + r.ContentType}, r.Body, ""}
			if command.Refused {
				a.code = "write_refused"
			}
			judge(t, address, upstream, []attempt{a})
		}
	}
	// Mutations of newer versions.
	for _, name := range []string{"replaceActorsForAssignable", "requestReviewsByLogin"} {
		judge(t, address, upstream, []attempt{{
			name, "POST", "/graphql",
			[]string{jsonType},
			strings.Replace(`{"query":"mutation M($input:MInput!){X(input: $input){__typename}}","variables":{"input":{"actorIds":["U"]}}}`, "X", name, 1), "",
		}})
	}
}
