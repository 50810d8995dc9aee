package credinject_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

const (
	lfsPath = "/a/o/r.git/info/lfs/"
	oid     = "6f1ed002ab5595859014ebf0951522d9a7c1e2d3f4051627384950617283940a"
	lfsType = "Content-Type: application/vnd.git-lfs+json"

	download = `{"operation":"download","transfers":["basic"],"objects":[{"oid":"` + oid + `","size":3}]}`
	upload   = `{"operation":"upload","transfers":["basic"],"objects":[{"oid":"` + oid + `","size":3}]}`
)

func batch(body string, headers ...string) string {
	return request("POST", lfsPath+"objects/batch", body, append([]string{lfsType}, headers...)...)
}

// chunked sends a body in pieces of a few bytes.
func chunked(method, target, body string, headers ...string) string {
	var b strings.Builder
	for rest := body; rest != ""; {
		n := min(len(rest), 7)
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	return request(method, target, "", append(headers, "Transfer-Encoding: chunked")...) + b.String() + "0\r\n\r\n"
}

// lfsWrites are requests that some server could take for an upload, a lock or
// another change, with the code of their refusal.
var lfsWrites = []struct{ name, request, code string }{
	{"a batch of uploads", batch(upload), "git_push_refused"},
	{"in chunks", chunked("POST", lfsPath+"objects/batch", upload, lfsType), "git_push_refused"},
	{"as plain JSON", request("POST", lfsPath+"objects/batch", upload, "Content-Type: application/json; charset=utf-8"), "git_push_refused"},
	{"with the key in another case", batch(`{"Operation":"upload"}`), "git_push_refused"},
	{"with the key in another case alone", batch(`{"OPERATION":"download"}`), "git_push_refused"},
	{"with the value in another case", batch(`{"operation":"Download"}`), "git_push_refused"},
	{"with space around the value", batch(`{"operation":" download"}`), "git_push_refused"},
	{"with a list of operations", batch(`{"operation":["download"]}`), "git_push_refused"},
	{"with null", batch(`{"operation":null}`), "git_push_refused"},
	{"without an operation", batch(`{"objects":[]}`), "git_push_refused"},
	{"with an escaped upload", batch(`{"operation":"\u0075pload"}`), "git_push_refused"},
	{"with an operation nobody knows", batch(`{"operation":"delete"}`), "git_push_refused"},
	{"with the operation in an inner object", batch(`{"ref":{"operation":"download"}}`), "git_push_refused"},
	{"in a list", batch("[" + download + "]"), "git_push_refused"},
	{"that is a string", batch(`"download"`), "git_push_refused"},

	{"with both operations", batch(`{"operation":"download","operation":"upload"}`), "body_refused"},
	{"with both operations, the download last", batch(`{"operation":"upload","operation":"download"}`), "body_refused"},
	{"with a second key in another case", batch(`{"operation":"download","OPERATION":"upload"}`), "body_refused"},
	{"with a second key in an escape", batch(`{"operation":"download","\u006fperation":"upload"}`), "body_refused"},
	{"with a second document", batch(download + upload), "body_refused"},
	{"with a second document on a line of its own", batch(download + "\n" + upload), "body_refused"},
	{"behind a byte order mark", batch("\ufeff" + download), "body_refused"},
	{"in UTF-16", batch("\xff\xfe{\x00}\x00"), "body_refused"},
	{"in Latin-1", batch(`{"operation":"download","x":"` + "\xe9" + `"}`), "body_refused"},
	{"said to be in UTF-7", request("POST", lfsPath+"objects/batch", `{"operation":"download","+AG8-peration":"upload"}`, lfsType+"; charset=utf-7"), "body_refused"},
	{"with a comment", batch(`{"operation":"download"/*,"operation":"upload"*/}`), "body_refused"},
	{"with a trailing comma", batch(`{"operation":"download",}`), "body_refused"},
	{"cut short", batch(`{"operation":"download"`), "body_refused"},
	{"without a body", request("POST", lfsPath+"objects/batch", "", lfsType), "body_refused"},
	{"as a form", request("POST", lfsPath+"objects/batch", "operation=upload", "Content-Type: application/x-www-form-urlencoded"), "body_refused"},
	{"as text", request("POST", lfsPath+"objects/batch", download, "Content-Type: text/plain"), "body_refused"},
	{"without a content type", request("POST", lfsPath+"objects/batch", download), "body_refused"},
	{"with two content types", batch(download, "Content-Type: application/json"), "body_refused"},
	{"with a list of content types", request("POST", lfsPath+"objects/batch", download, lfsType+", text/plain"), "body_refused"},
	{"with two charsets", request("POST", lfsPath+"objects/batch", download, lfsType+"; charset=utf-8; charset=utf-16"), "body_refused"},
	{"with two charsets, one extended", request("POST", lfsPath+"objects/batch", download, lfsType+"; charset=utf-7; charset*=us-ascii''utf-8"), "body_refused"},
	{"compressed", batch("\x1f\x8b\x08\x00", "Content-Encoding: gzip"), "body_refused"},
	{"with an empty encoding", batch(download, "Content-Encoding: "), "body_refused"},
	{"with a content type that goes no further", batch(`{"operation":"download","x":"&operation=upload"}`, "Connection: Content-Type"), "body_refused"},
	{"with a content type that goes no further, in a list", batch(download, "Connection: keep-alive ,\tcontent-TYPE\t"), "body_refused"},
	{"with an alias of a content type that goes no further", batch(download, "Connection: Content_Type"), "body_refused"},
	{"nested too deep", batch(`{"operation":"download","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}"), "body_refused"},
	{"over the limit", batch(`{"operation":"download","x":"` + strings.Repeat("x", 4<<20) + `"}`), "body_refused"},
	{"over the limit in chunks", chunked("POST", lfsPath+"objects/batch", strings.Repeat(" ", 4<<20)+download, lfsType), "body_refused"},

	{"by PUT", request("PUT", lfsPath+"objects/batch", download, lfsType), "git_push_refused"},
	{"by an unknown method", request("BATCH", lfsPath+"objects/batch", download, lfsType), "git_push_refused"},
	{"by post in lower case", request("post", lfsPath+"objects/batch", download, lfsType), "git_push_refused"},
	{"by GET with a body", request("GET", lfsPath+"objects/batch", upload, lfsType), "git_push_refused"},
	{"by GET with a body in chunks", chunked("GET", lfsPath+"objects/batch", upload, lfsType), "git_push_refused"},
	{"by OPTIONS with a body", request("OPTIONS", lfsPath+"objects/batch", upload, lfsType), "git_push_refused"},
	{"by get in lower case", request("get", lfsPath+"objects/"+oid, ""), "git_push_refused"},
	{"with a method in the query", request("POST", lfsPath+"objects/batch?_method=PUT", download, lfsType), "git_push_refused"},
	{"with a method in the query, encoded", request("POST", lfsPath+"objects/batch?a;%5fMETHOD=PUT", download, lfsType), "git_push_refused"},
	{"with a method in an encoded query", request("POST", lfsPath+"objects/batch%3f_method=PUT", download, lfsType), "git_push_refused"},
	{"by GET with a method in the query", get(lfsPath + "objects/" + oid + "?_method=PUT"), "git_push_refused"},

	{"an upload at a trailing slash", request("POST", lfsPath+"objects/batch/", upload, lfsType), "git_push_refused"},
	{"an upload with two slashes", request("POST", "/a/o/r.git/info//lfs//objects//batch", upload, lfsType), "git_push_refused"},
	{"an upload at encoded slashes", request("POST", "/a/o/r.git/info%2Flfs%2Fobjects%2Fbatch", upload, "Content-Type: application/json"), "git_push_refused"},
	{"an upload at a twice encoded letter", request("POST", "/a/o/r.git/info/lf%2573/objects/batch", upload, "Content-Type: application/json"), "git_push_refused"},
	{"an upload with parameters", request("POST", "/a/o/r.git/info;x/lfs;y=z/objects;/batch;", upload, lfsType), "git_push_refused"},
	{"an upload at a backslash", request("POST", "/a/o/r.git/info%5Clfs/objects%5Cbatch", upload, "Content-Type: application/json"), "git_push_refused"},
	{"an upload in upper case", request("POST", "/a/o/r.git/INFO/LFS/Objects/BATCH", upload, "Content-Type: application/json"), "git_push_refused"},
	{"an upload behind a query's encoded mark", request("POST", lfsPath+"objects/batch%3Fx", upload, lfsType), "git_push_refused"},
	{"an upload at a dot segment", request("POST", lfsPath+"x/%2e%2e/objects/batch", upload, lfsType), "ambiguous_path"},
	{"an upload without .git", request("POST", "/a/o/r/info/lfs/objects/batch", upload, lfsType), "git_push_refused"},
	{"an upload of a wiki", request("POST", "/a/o/r.wiki.git/info/lfs/objects/batch", upload, lfsType), "git_push_refused"},
	{"an upload at the route's root", request("POST", "/a/info/lfs/objects/batch", upload, lfsType), "git_push_refused"},
	{"an upload at a server of its own", request("POST", "/a/objects/batch", upload, "Content-Type: application/json"), "git_push_refused"},
	{"an upload at a path of its own", request("POST", "/a/lfs/v2", upload, lfsType), "git_push_refused"},
	{"an upload at a path of its own in odd case", request("POST", "/a/lfs/v2", upload, "content-type: Application/Vnd.Git-LFS+Json; charset=UTF-8"), "git_push_refused"},
	{"a batch below a batch", request("POST", lfsPath+"objects/batch/info/lfs/objects/batch", download, lfsType), "git_push_refused"},
	{"more below a batch", request("POST", lfsPath+"objects/batch/x", download, lfsType), "git_push_refused"},
	{"behind a rewrite", request("POST", "/b/o/r.git/info/lfs/objects/batch", upload, lfsType), "git_push_refused"},

	{"the older API", request("POST", lfsPath+"objects", `{"oid":"`+oid+`","size":3}`, lfsType), "git_push_refused"},
	{"the older API that asks like a batch", request("POST", lfsPath+"objects", download, lfsType), "git_push_refused"},
	{"the API's root", request("POST", "/a/o/r.git/info/lfs", download, lfsType), "git_push_refused"},
	{"an object", request("PUT", lfsPath+"objects/"+oid, "abc"), "git_push_refused"},
	{"an object with its size, as on Gitea", request("PUT", lfsPath+"objects/"+oid+"/3", "abc", "Content-Type: application/octet-stream"), "git_push_refused"},
	{"an object on GitLab", request("PUT", "/a/o/r.git/gitlab-lfs/objects/"+oid+"/3", "abc"), "git_push_refused"},
	{"an object on GitLab, to be authorised", request("PUT", "/a/o/r.git/gitlab-lfs/objects/"+oid+"/3/authorize", ""), "git_push_refused"},
	{"an object on GitLab, encoded", request("PUT", "/a/o/r/gitlab%2dlfs%2Fobjects/"+oid+"/3", "abc"), "git_push_refused"},
	{"an object on GitLab under another hash", request("PUT", "/a/o/r/gitlab-lfs/objects/abc/3", "abc"), "git_push_refused"},
	{"an object on Bitbucket", request("PUT", "/a/rest/git-lfs/storage/P/r/"+oid, "abc"), "git_push_refused"},
	{"an object at a server of its own", request("PUT", "/a/objects/"+strings.ToUpper(oid), "abc"), "git_push_refused"},
	{"an object in pieces (tus)", request("PATCH", lfsPath+"objects/"+oid, "abc", "Upload-Offset: 0"), "git_push_refused"},
	{"deleting an object", request("DELETE", lfsPath+"objects/"+oid, ""), "git_push_refused"},
	{"verifying", request("POST", lfsPath+"verify", `{"oid":"`+oid+`","size":3}`, lfsType), "git_push_refused"},
	{"verifying in the name of a download", request("POST", lfsPath+"verify", download, lfsType), "git_push_refused"},
	{"locking", request("POST", lfsPath+"locks", `{"path":"a.bin"}`, lfsType), "git_push_refused"},
	{"unlocking", request("POST", lfsPath+"locks/1/unlock", `{"force":true}`, lfsType), "git_push_refused"},
	{"verifying locks", request("POST", lfsPath+"locks/verify", `{}`, lfsType), "git_push_refused"},
	{"locking at a path of its own", request("POST", "/a/locks", `{"path":"a.bin"}`, lfsType), "git_push_refused"},
	{"a change with the API's type", request("PUT", "/a/x", "abc", "Content-Type: application/vnd.git-lfs"), "git_push_refused"},
}

// TestWritesToGitLFSAreRefused fails when large files, or a lock, reach a
// repository with the route's credential past the git-gate.
func TestWritesToGitLFSAreRefused(t *testing.T) {
	address, upstream := start(t, `git_hint "Push over SSH: git@example.com:o/r.git"`)
	for _, test := range lfsWrites {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, test.request)
			if received := upstream.Take(); len(received) != 0 {
				t.Fatalf("reached the upstream as %s %s %.80q", received[0].Method, received[0].Target, received[0].Body)
			}
			if got := resp.Header.Get("Cred-Proxy-Error"); got != test.code {
				t.Errorf("got %d %q, want %q", resp.Status, got, test.code)
			}
			if test.code == "git_push_refused" && !strings.Contains(resp.Body, "Push over SSH: git@example.com:o/r.git") {
				t.Errorf("the hint is missing in %q", resp.Body)
			}
			if strings.Contains(test.name, "over the limit") && resp.Status != 413 {
				t.Errorf("status %d", resp.Status)
			}
		})
	}
}

// TestGitLFSReadsPass fails when a download is refused, or reaches the
// upstream other than as it was sent.
func TestGitLFSReadsPass(t *testing.T) {
	odd := "{\n\t\"objects\" : [ {\"oid\":\"" + oid + "\", \"size\":1e3} ],\"ref\":{\"name\":\"refs\\/heads\\/m\u00fcller\"}, \"operation\"\r\n:\"\\u0064ownload\" }\n"
	large := `{"operation":"download","objects":[` + strings.Repeat(`{"oid":"`+oid+`","size":3},`, 40_000) + `{}]}`
	tests := []struct{ name, request, body string }{
		{"a batch", batch(download), download},
		{"with a charset", request("POST", lfsPath+"objects/batch", download, lfsType+"; charset=UTF-8"), download},
		{"as plain JSON", request("POST", lfsPath+"objects/batch", download, "Content-Type: application/json"), download},
		{"in chunks", chunked("POST", lfsPath+"objects/batch", download, lfsType), download},
		{"in odd but plain JSON", batch(odd), odd},
		{"of many objects", batch(large), large},
		{"without .git", request("POST", "/a/o/r/info/lfs/objects/batch", download, lfsType), download},
		{"at a trailing slash", request("POST", lfsPath+"objects/batch/", download, lfsType), download},
		{"with a query", request("POST", lfsPath+"objects/batch?x=y", download, lfsType), download},
		{"at a server of its own", request("POST", "/a/lfs/api", download, lfsType), download},
		{"an object", get(lfsPath + "objects/" + oid), ""},
		{"an object with a name, as on Gitea", get(lfsPath + "objects/" + oid + "/a.bin"), ""},
		{"an object's head", request("HEAD", lfsPath+"objects/"+oid, ""), ""},
		{"an object on GitLab", get("/a/o/r.git/gitlab-lfs/objects/" + oid), ""},
		{"an object's description", get(lfsPath+"objects/"+oid, "Accept: application/vnd.git-lfs+json"), ""},
		{"the list of locks", get(lfsPath + "locks?path=a.bin&refspec=refs/heads/main"), ""},
		{"a repository called lfs", request("POST", "/a/team/lfs.git/git-upload-pack", "0000"), "0000"},
		{"an issue", request("POST", "/a/repos/o/lfs/issues", `{"title":"upload"}`, "Content-Type: application/json"), `{"title":"upload"}`},
		{"an issue of git-lfs", request("POST", "/a/repos/git-lfs/git-lfs/issues", `{}`, "Content-Type: application/json"), `{}`},
	}
	address, upstream := start(t, "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, test.request)
			received := upstream.Take()
			if resp.Status != 200 || len(received) != 1 {
				t.Fatalf("got %d %s", resp.Status, resp.Body)
			}
			if diff := cmp.Diff(test.body, received[0].Body); diff != "" {
				t.Errorf("the body changed (-want +got):\n%s", diff)
			}
			if got := received[0].Header.Values("Authorization"); len(got) != 1 || got[0] != "Bearer "+testToken {
				t.Errorf("Authorization %q", got)
			}
		})
	}
}

// TestGitLFSIsJudgedBeforeAndAfterRewrites fails when a rewrite hides a batch
// of uploads from the rule.
func TestGitLFSIsJudgedBeforeAndAfterRewrites(t *testing.T) {
	t.Setenv("CRED_PROXY_TOKEN_0", testToken)
	upstream := sidecartest.NewUpstream(t, nil)
	inject := "cred_inject Bearer CRED_PROXY_TOKEN_0\nreverse_proxy " + upstream.URL + "\n"
	address := sidecartest.Run(t, "handle /a/* {\nrewrite * /api\n"+inject+"}\nhandle /b/* {\nrewrite * /o/r.git/info/lfs/objects/batch\n"+inject+"}")
	for _, target := range []string{lfsPath + "objects/batch", "/b/x"} {
		resp := sidecartest.Raw(t, address, request("POST", target, upload, "Content-Type: application/json"))
		if received := upstream.Take(); resp.Header.Get("Cred-Proxy-Error") != "git_push_refused" || len(received) != 0 {
			t.Errorf("%s: got %d %s", target, resp.Status, resp.Body)
		}
	}
}

// TestGitLFSUploadsPassWhenTheOperatorSaysSo fails when git_push allow has no
// effect on them.
func TestGitLFSUploadsPassWhenTheOperatorSaysSo(t *testing.T) {
	address, upstream := start(t, "git_push allow")
	for _, req := range []string{batch(upload), request("PUT", lfsPath+"objects/"+oid, "abc"), request("POST", lfsPath+"locks", `{}`, lfsType)} {
		resp := sidecartest.Raw(t, address, req)
		if received := upstream.Take(); resp.Status != 200 || len(received) != 1 {
			t.Errorf("got %d %s", resp.Status, resp.Body)
		}
	}
}
