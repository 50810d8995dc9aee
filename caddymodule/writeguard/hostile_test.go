package writeguard_test

import (
	"strings"
	"testing"
)

const (
	jsonType = "Content-Type: application/json"
	formType = "Content-Type: application/x-www-form-urlencoded"
	fetch    = "Content-Type: application/x-git-upload-pack-request"
)

// TestHostilePaths fails when a write gets through because its path is
// spelled so that it looks like an issue here and like a file, a ref or a
// merge upstream, or like git's transport.
func TestHostilePaths(t *testing.T) {
	address, upstream := guard(t, "github guarded")
	var attempts []attempt
	add := func(method, code string, targets ...string) {
		for _, target := range targets {
			attempts = append(attempts, attempt{method + " " + target, method, target, []string{jsonType}, "{}", code})
		}
	}
	add("PUT", "write_refused",
		"/repos/o/r/contents/x", "/repos/o/r/contents/a/b/c", "/repos/o/r/contents/.github/workflows/ci.yml",
		"/repos/o/r/CONTENTS/x", "/Repos/o/r/contents/x", "/repos/o/r/contents/x/", "//repos/o/r/contents/x", "/repos//o/r/contents/x",
		"/repos/o/r/%63ontents/x", "/repos/o/r/c%6Fntents/x", "/repos/o/r/%2563ontents/x", "/repos/o/r/contents%2Fx",
		"/repos/o%2Fr/contents/x", "/repos%2Fo%2Fr%2Fcontents%2Fx", "/repos/o/r/contents%252Fx", "/repos/o/r/contents;v=1/x",
		"/repos/o/r/contents/x;a", "/repos/o/r/contents%5Cx", "/repos%5Co%5Cr%5Ccontents%5Cx", "/repos/o/r/contents/x?ref=main",
		"/repos/o/r/contents/x%3Fa", "/api/v3/repos/o/r/contents/x", "/API/v3/repos/o/r/contents/x", "/api/v3//repos/o/r/contents/x",
		"/repos/o/r/contents/issues/1/lock", "/repos/o/r/contents/notifications",
		// A label whose name is a path is one label; nothing else is.
		"/repos/o/r/issues/1/labels/x", "/repos/o/r/issues/1%2Flabels", "/repos/o/r/issues%2F1/labels", "/repos/o/r%2Fcontents%2Fd/issues/1/labels",
		"/repos/o/r%2Fcontents/issues/1/labels", "/repos/o/r%252Fcontents/issues/1/labels", "/repos/o/r%5Ccontents/issues/1/labels",
		"/repos/o/r/pulls/1/merge", "/repos/o/r/pulls/1/Merge", "/repos/o/r/pulls/1/merge/", "/repos/o/r/pulls/1//merge", "/repos/o/r/pulls/1/%6Derge",
		"/repos/o/r/pulls/1%2Fmerge", "/repos/o/r/pulls/1/merge;x", "/repos/o/r/pulls/1/update-branch", "/repos/o/r/pulls/1/merge-async",
		"/repos/o/r/issues/1/lock%23x", "/repos/o/r/issues/1/lock%3Fx", "/repos/o/r/issues/1/lock%5Cx",
		"/repos/o/r/issues/1/LOCK", "/repos/o/r/issues/1/loc%6B", "/repos/o/r/issues/1/lock;x", "/", "/repos", "/nothing/known",
		"/repos/o/r/subscription%2f", "/user/starred/o%2Fr", "/user/starred/o/r/x")
	add("PUT", "ambiguous_path",
		"/repos/o/r/issues/../contents/x", "/repos/o/r/issues/%2e%2e/contents/x", "/repos/o/r/issues/%252e%252e/contents/x", "/repos/o/r/issues/..%2Fcontents%2Fx",
		"/repos/o/r/./contents/x", "/repos/o/r/issues/1/lock/..%5C..%5Ccontents", "/repos/o/r/issues/1/lock%00", "/repos/o/r/issues/1/lock%0a",
		"/repos/o/r/issues/1/lock/%c0%ae%c0%ae/x", "/repos/o/r/issues/1/lock/..;/x", "/repos/o/r/issues/1/lock%2F..;/x", "/repos/o/r/issues/1/lock;/../../x", `/repos/o/r%2Fcontents%2Fd"/issues/1/labels`, "/repos/o/r%2Fcontents%2Fd|/issues/1/labels",
		"/repos/o/r/issues/%25252525252565/lock", `/repos/o/r\contents/x`, "/repos/o/r/issues/1/labels/%2e%2e%2fx")
	add("DELETE", "write_refused",
		"/repos/o/r", "/repos/o/r/", "/repos/o/r/git/refs/heads/main", "/repos/o/r/git/refs%2Fheads%2Fmain", "/repos/o/r/labels/a%252Fb", "/repos/o/r/labels/a%5Cb",
		"/repos/o/r/labels/a/b", "/repos/o/r/labels%2Fa", "/repos/o%2Flabels%2Fx", "/repos/o/r%2Flabels/x", "/repos/o/r/labels/", "/repos/o/r/issues/1/labels/a%2Fb/c",
		"/repos/o/r/issues/1", "/repos/o/r/releases/1", "/repos/o/r/releases/assets/1", "/repos/o/r/branches/a%2Fb/protection", "/repos/o/r/branches/a/b/protection",
		"/repos/o/r/actions/caches?key=x", "/repos/o/r/keys/1", "/installation/token", "/repos/o/r/hooks/1")
	add("PATCH", "write_refused", "/repos/o/r", "/repos/o/r/releases/1", "/repos/o/r/git/refs/heads/main", "/user", "/orgs/o", "/repos/o/r/check-runs/1", "/repos/o/r/code-scanning/alerts/1")
	add("POST", "write_refused",
		"/repos/o/r/git/refs", "/repos/o/r/git/blobs", "/repos/o/r/git/tags", "/repos/o/r/merges", "/repos/o/r/merge-upstream", "/repos/o/r/branches/a/rename", "/repos/o/r/dispatches",
		"/repos/o/r/actions/workflows/ci.yml/dispatches", "/repos/o/r/actions/runs/1/rerun", "/repos/o/r/actions/runs/1/approve", "/repos/o/r/actions/runners/registration-token",
		"/repos/o/r/statuses/abc", "/repos/o/r/check-runs", "/repos/o/r/deployments", "/repos/o/r/keys", "/repos/o/r/hooks", "/repos/o/r/transfer", "/repos/o/r/releases/1/assets?name=x",
		"/api/uploads/repos/o/r/releases/1/assets?name=x", "/user/keys", "/user/gpg_keys", "/user/repos", "/user/codespaces", "/gists", "/app/installations/1/access_tokens",
		"/authorizations", "/admin/users/x/authorizations", "/setup/api/settings/authorized-keys", "/login/oauth/access_token", "/login/device/code", "/agents/repos/o/r/tasks",
		"/orgs/o/teams", "/repos/o/r/stacks", "/repos/t/t/generate", "/scim/v2/organizations/o/Users", "/v2/o/r/blobs/uploads/")
	judge(t, address, upstream, attempts)
}

// TestNotGitTransport fails when a write passes for git's own transport
// because a file, a ref or a package in its path is named after it.
func TestNotGitTransport(t *testing.T) {
	const lfs = "Content-Type: application/vnd.git-lfs+json"
	push := "Content-Type: application/x-git-receive-pack-request"
	for directive, attempts := range map[string][]attempt{
		"github guarded": {
			{"a file by its name", "POST", "/repos/o/r/contents/x/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a file by PUT", "PUT", "/repos/o/r/contents/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a file below info/lfs", "PUT", "/repos/o/r/contents/info/lfs/objects/x", []string{lfs}, "x", "write_refused"},
			{"below the API of a GitHub Enterprise Server", "POST", "/api/v3/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"an owner that is a root of the API", "POST", "/user/repos/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a root in another case", "POST", "/REPOS/o/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a root, encoded", "POST", "/%72epos/o/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"too deep", "POST", "/o/r/x/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"too shallow", "POST", "/o/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"by another name", "POST", "/o/r/git-upload-pack2", []string{fetch}, "x", "write_refused"},
			{"encoded", "POST", "/o/r/git%2Dupload%2Dpack", []string{fetch}, "x", "write_refused"},
			{"in another case", "POST", "/o/r/Git-Upload-Pack", []string{fetch}, "x", "write_refused"},
			{"behind a parameter", "POST", "/o/r/contents;/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"one reading of two", "POST", "/o/r/git-upload-pack;x", []string{fetch}, "x", "write_refused"},
			{"with JSON", "POST", "/o/r/git-upload-pack", []string{jsonType}, "{}", "write_refused"},
			{"with two content types", "POST", "/o/r/git-upload-pack", []string{fetch, jsonType}, "{}", "write_refused"},
			{"without a content type", "POST", "/o/r/git-upload-pack", nil, "x", "write_refused"},
			{"by PUT", "PUT", "/o/r/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"in lower case", "post", "/o/r/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a push with JSON", "POST", "/o/r/git-receive-pack", []string{jsonType}, "{}", "write_refused"},
			{"an LFS endpoint that there is not", "POST", "/o/r/info/lfs/x", []string{lfs}, "{}", "write_refused"},
			{"LFS by another method", "DELETE", "/o/r/info/lfs/objects/batch", []string{lfs}, "{}", "write_refused"},
			{"LFS in an LFS path", "POST", "/repos/info/lfs/objects/batch", []string{lfs}, "{}", "write_refused"},
			{"WebDAV", "PROPPATCH", "/o/r.git/info/refs", nil, "x", "write_refused"},
			{"WebDAV's PUT", "PUT", "/o/r.git/objects/pack/x", nil, "x", "write_refused"},

			{"a fetch", "POST", "/o/r/git-upload-pack", []string{fetch}, "0000", ""},
			{"a fetch of a wiki", "POST", "/o/r.wiki.git/git-upload-pack", []string{fetch}, "0000", ""},
			{"an archive", "POST", "/o/r.git/git-upload-archive", []string{"Content-Type: application/x-git-upload-archive-request"}, "0000", ""},
			{"a push, which is cred_inject's", "POST", "/o/r.git/git-receive-pack", []string{push}, "0000", ""},
			{"the references", "GET", "/o/r.git/info/refs?service=git-upload-pack", nil, "", ""},
			{"an LFS batch, which is cred_inject's", "POST", "/o/r.git/info/lfs/objects/batch", []string{lfs}, "{}", ""},
			{"an LFS upload, which is cred_inject's", "PUT", "/o/r.git/info/lfs/objects/abc/3", nil, "abc", ""},
		},
		"http guarded": {
			{"an API's file", "POST", "/api/v1/repos/o/r/contents/x/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a registry's package", "POST", "/v2/o/r/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"the transport as a repository", "POST", "/o/git-receive-pack/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"no repository", "POST", "/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"a page of GitLab's", "POST", "/-/x/git-upload-pack", []string{fetch}, "x", "write_refused"},
			{"any POST", "POST", "/x", []string{jsonType}, "{}", "write_refused"},
			{"any PUT", "PUT", "/x", nil, "", "write_refused"},
			{"any DELETE", "DELETE", "/x", nil, "", "write_refused"},
			{"GraphQL", "POST", "/graphql", []string{jsonType}, `{"query":"{a}"}`, "write_refused"},
			{"a method of its own", "PURGE", "/x", nil, "", "write_refused"},

			{"a fetch from a subgroup", "POST", "/a/b/c.git/git-upload-pack", []string{fetch}, "0000", ""},
			{"a read", "GET", "/x?y=%zz", nil, "", ""},
			{"a HEAD", "HEAD", "/x", nil, "", ""},
			{"an OPTIONS", "OPTIONS", "/x", nil, "", ""},
		},
		"http read-only": {
			{"a POST", "POST", "/x", []string{jsonType}, "{}", "write_refused"},
			{"a fetch", "POST", "/a/c.git/git-upload-pack", []string{fetch}, "0000", ""},
		},
		"github read-only": {
			{"an issue", "POST", "/repos/o/r/issues", []string{jsonType}, "{}", "write_refused"},
			{"a rendering", "POST", "/markdown", []string{jsonType}, "{}", "write_refused"},
			{"a mutation", "POST", "/graphql", []string{jsonType}, `{"query":"mutation{addComment(input:{}){clientMutationId}}"}`, "write_refused"},
			{"a query", "POST", "/graphql", []string{jsonType}, `{"query":"{viewer{login}}"}`, ""},
			{"a read", "GET", "/repos/o/r/issues", nil, "", ""},
		},
	} {
		t.Run(directive, func(t *testing.T) {
			address, upstream := guard(t, directive)
			judge(t, address, upstream, attempts)
		})
	}
}

// TestHostileMethods fails when a request gets through whose method the
// upstream reads as another one.
func TestHostileMethods(t *testing.T) {
	address, upstream := guard(t, "github guarded")
	comment := func(name string, headers ...string) attempt {
		return attempt{name, "POST", "/repos/o/r/issues/1/comments", append(headers, jsonType), `{"body":"x"}`, "write_refused"}
	}
	query := func(q, code string) attempt {
		return attempt{q, "POST", "/repos/o/r/issues/1/comments?" + q, []string{jsonType}, `{"body":"x"}`, code}
	}
	form := func(name, body, code string, headers ...string) attempt {
		return attempt{name, "POST", "/repos/o/r/issues/1/comments", headers, body, code}
	}
	const multi = "Content-Type: multipart/form-data; boundary=b"
	attempts := []attempt{
		comment("an override", "X-HTTP-Method-Override: DELETE"),
		comment("an override in lower case", "x-http-method-override: delete"),
		comment("an override with the same method", "X-HTTP-Method-Override: POST"),
		comment("an empty override", "X-HTTP-Method-Override:"),
		comment("Microsoft's override", "X-HTTP-Method: PUT"),
		comment("IBM's override", "X-Method-Override: PUT"),
		comment("another URL", "X-Original-URL: /repos/o/r/merges"),
		comment("a rewritten URL", "X-Rewrite-URL: /repos/o/r/merges"),
		comment("another method of nginx's", "X-Original-Method: PUT"),
		query("_method=delete", "write_refused"), query("a=1&_method=PUT", "write_refused"), query("%5fmethod=PUT", "write_refused"),
		query("%255Fmethod=PUT", "write_refused"), query("_METHOD=PUT", "write_refused"), query("a=%zz;_method=PUT", "write_refused"),
		query("_method", "write_refused"), query("+_method=PUT", "write_refused"), query("X-HTTP-Method-Override=PUT", "write_refused"),
		query(strings.Repeat("a&", 5_000)+"_method=PUT", "write_refused"), query("[_method]=PUT", "write_refused"),
		query("%5B_method%5D=PUT", "write_refused"), query("method=PUT", ""),
		{"an override in what may be the query", "POST", "/repos/o/r/issues/1/comments%3F_method=PUT", []string{jsonType}, "{}", "write_refused"},
		{"an override of a read", "GET", "/repos/o/r", []string{"X-HTTP-Method-Override: DELETE"}, "", "write_refused"},
		{"an override of a read in the query", "GET", "/repos/o/r?_method=DELETE", nil, "", "write_refused"},
		form("an override in a form", "body=x&_method=delete", "write_refused", formType),
		form("an encoded override in a form", "%5Fmethod=delete", "write_refused", formType),
		form("an override in a form's part", "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--b--\r\n", "write_refused", multi),
		form("an override in brackets in a form", "[_method]=delete", "write_refused", formType),
		form("an override in a form of no type", "_method=delete", "write_refused"),
		form("an override in a form of an empty type", "_method=delete", "write_refused", "Content-Type:"),
		form("an override in a form of a type in another case", "_method=delete", "write_refused", "Content-Type: APPLICATION/X-WWW-FORM-URLENCODED"),
		form("no type", `{"body":"x"}`, ""),
		form("a form without a boundary", "x", "body_refused", "Content-Type: multipart/form-data"),
		form("a form of two types", "body=x", "body_refused", formType, jsonType),
		form("an encoded form", "body=x", "body_refused", formType, "Content-Encoding: gzip"),
		form("a large form", strings.Repeat("a", 1<<20+1), "body_refused", formType),
		form("a form", "body=x&method=delete", "", formType),
		{"a form on a read", "GET", "/repos/o/r", []string{formType}, "_method=delete", "write_refused"},
	}
	for _, method := range []string{"post", "Post", "get", "PoST", "put", "delete", "TRACE", "PATCHX", "MKCOL", "COPY", "LINK", "SEARCH", "QUERY", "M-SEARCH", "P", "HEAD2"} {
		attempts = append(attempts, attempt{"method " + method, method, "/repos/o/r/issues", []string{jsonType}, "", "write_refused"})
	}
	judge(t, address, upstream, attempts)
}

// TestMinting fails when a read hands out a credential that can write.
func TestMinting(t *testing.T) {
	for _, directive := range []string{"github guarded", "http guarded", "http read-only"} {
		t.Run(directive, func(t *testing.T) {
			address, upstream := guard(t, directive)
			var attempts []attempt
			add := func(code string, targets ...string) {
				for _, target := range targets {
					attempts = append(attempts, attempt{target, "GET", target, nil, "", code})
				}
			}
			add("write_refused",
				"/token?scope=repository:o/r:push", "/token?scope=repository:o/r:pull,push", "/token?scope=repository:o/r:push,pull", "/v2/token?scope=repository:o/r:*",
				"/v2/token?service=x&scope=repository:o/r:delete", "/jwt/auth?scope=repository:o/r:pull&scope=repository:o/r:push", "/jwt/auth?scope=repository:o/r:push&scope=repository:o/r:pull",
				"/jwt/auth?scope=repository%3Ao%2Fr%3Apush", "/jwt/auth?scope=repository:o/r:p%75sh", "/jwt/auth?scope=repository:o/r:p%2575sh", "/jwt/auth?%73cope=repository:o/r:push",
				"/jwt/auth?SCOPE=repository:o/r:push", "/jwt/auth?scope=repository:o/r:PUSH", "/jwt/auth?scope=repository:a:pull+repository:b:push", "/jwt/auth?scope=repository:a:pull%20repository:b:push",
				"/jwt/auth?scope=repository:a:pull%2Cpush", "/jwt/auth?scope=repository:host:5000/a:pull,push", "/jwt/auth?scope=registry:catalog:*", "/jwt/auth?a=%zz;scope=repository:a:push",
				"/JWT/Auth?scope=repository:a:push", "/jwt/%61uth?scope=repository:a:push", "//jwt//auth/?scope=repository:a:push", "/jwt/auth;x?scope=repository:a:push", "/jwt%2Fauth?scope=repository:a:push",
				"/jwt/auth%3Fscope=repository:a:push", "/v2/token%3Fscope=repository:a:push?x", "/service/token?scope=push", "/token?scope=PUSH", "/token?scope=p%75sh", "/token?scope=repository%253Aa%253Ap%2575sh", "/token?scope=%2A", "/token?scope=repository:a:admin")
			add("", "/token?scope=repository:o/r:pull", "/jwt/auth?scope=repository:push/delete:pull&scope=repository:b:pull", "/v2/token?service=x", "/token?scope=", "/x?scope=repository:o/r:push")
			if strings.HasPrefix(directive, "github") {
				add("write_refused", "/feeds", "/FEEDS", "/feeds/", "/api/v3/feeds", "/feeds.json", "/copilot_internal/v2/token", "/Copilot_Internal//v2/token", "/copilot_internal/v2/token?x=y",
					"/user/codespaces/x?internal=true&refresh=true", "/user/codespaces/x", "/vscs_internal/user/u/codespaces/x/token", "/fee%64s", "/feeds;x", "/feeds?x=y")
				add("", "/user/codespaces", "/user/codespaces/x/machines")
				attempts = append(attempts, attempt{"the feeds by HEAD", "HEAD", "/feeds", nil, "", "write_refused"})
			}
			for _, method := range []string{"POST", "HEAD"} {
				attempts = append(attempts, attempt{"a token by " + method, method, "/v2/token?scope=repository:o/r:push", []string{formType}, "", "write_refused"})
			}
			attempts = append(attempts, attempt{"OAuth's form of it", "POST", "/v2/token", []string{formType}, "grant_type=password&scope=repository:o/r:push", "write_refused"})
			judge(t, address, upstream, attempts)
		})
	}
}
