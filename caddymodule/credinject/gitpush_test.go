package credinject_test

import (
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestPushesAreRefusedInEverySpelling fails when a request that a git server
// could take for a push gets through with a credential.
func TestPushesAreRefusedInEverySpelling(t *testing.T) {
	const receive = "git-receive-pack"
	manyParameters := strings.Repeat("a&", 10_100)
	tests := []struct{ name, request string }{
		{"the announcement", get("/a/o/r.git/info/refs?service=git-receive-pack")},
		{"without .git", get("/a/o/r/info/refs?service=git-receive-pack")},
		{"of a wiki", get("/a/o/r.wiki.git/info/refs?service=git-receive-pack")},
		{"with a trailing slash", get("/a/o/r.git/info/refs/?service=git-receive-pack")},
		{"with two slashes", get("/a/o/r.git//info//refs?service=git-receive-pack")},
		{"with an encoded slash", get("/a/o/r.git/info%2Frefs?service=git-receive-pack")},
		{"with an encoded letter", get("/a/o/r.git/inf%6f/refs?service=git-receive-pack")},
		{"with a twice encoded letter", get("/a/o/r.git/inf%256f/refs?service=git-receive-pack")},
		{"with an encoded backslash", get("/a/o/r.git/info%5crefs?service=git-receive-pack")},
		{"in upper case", get("/a/o/r.git/INFO/REFS?service=git-receive-pack")},
		{"with parameters", get("/a/o/r.git/info;x/refs;y?service=git-receive-pack")},
		{"with an encoded query", get("/a/o/r.git/info/refs%3Fservice=git-receive-pack")},
		{"with an encoded service", get("/a/o/r.git/info/refs?service=git%2Dreceive%2Dpack")},
		{"with an encoded name", get("/a/o/r.git/info/refs?s%65rvice=git-receive-pack")},
		{"with a twice encoded name", get("/a/o/r.git/info/refs?s%2565rvice=git-receive-pack")},
		{"with the name in upper case", get("/a/o/r.git/info/refs?SERVICE=git-receive-pack")},
		{"with the service in upper case", get("/a/o/r.git/info/refs?service=GIT-RECEIVE-PACK")},
		{"with a fetch first", get("/a/o/r.git/info/refs?service=git-upload-pack&service=git-receive-pack")},
		{"with a fetch last", get("/a/o/r.git/info/refs?service=git-receive-pack&service=git-upload-pack")},
		{"behind a semicolon", get("/a/o/r.git/info/refs?service=git-upload-pack;service=git-receive-pack")},
		{"behind a bad escape", get("/a/o/r.git/info/refs?bad=%zz&service=git-receive-pack")},
		{"with a bad escape in the value", get("/a/o/r.git/info/refs?service=git-receive-pack%zz")},
		{"behind ten thousand parameters", get("/a/o/r.git/info/refs?" + manyParameters + "service=git-receive-pack")},
		{"with an empty service", get("/a/o/r.git/info/refs?service=")},
		{"with a service nobody knows", get("/a/o/r.git/info/refs?service=git-frobnicate")},
		{"with a plus for a space", get("/a/o/r.git/info/refs?service=git-upload-pack+")},
		{"of a repository at the root", get("/a/info/refs?service=git-receive-pack")},

		{"the pack", request("POST", "/a/o/r.git/git-receive-pack", "0000")},
		{"the pack by GET", get("/a/o/r.git/git-receive-pack")},
		{"the pack with a trailing slash", request("POST", "/a/o/r.git/git-receive-pack/", "0000")},
		{"the pack with an encoded dash", request("POST", "/a/o/r.git/git%2Dreceive-pack", "0000")},
		{"the pack with a twice encoded dash", request("POST", "/a/o/r.git/git%252Dreceive-pack", "0000")},
		{"the pack with an encoded slash", request("POST", "/a/o/r.git%2Fgit-receive-pack", "0000")},
		{"the pack with a backslash", request("POST", "/a/o/r.git%5Cgit-receive-pack", "0000")},
		{"the pack with parameters", request("POST", "/a/o/r.git/git-receive-pack;x=y", "0000")},
		{"the pack in upper case", request("POST", "/a/o/r.git/Git-Receive-Pack", "0000")},
		{"the pack of a namespace", request("POST", "/a/x/y/z/git-receive-pack?a=b", "0000")},
		{"the content type elsewhere", request("POST", "/a/o/r", "0000", "Content-Type: application/x-git-receive-pack-request")},
		{"the content type in odd case", request("POST", "/a/o/r", "0000", "content-type: Application/X-Git-Receive-Pack-Request; a=b")},
		{"the content type as the second of two", request("POST", "/a/o/r", "0000", "Content-Type: text/plain", "Content-Type: application/x-git-receive-pack-request")},

		{"a DAV write below .git", request("PUT", "/a/o/r.git/objects/ab/cdef", "x")},
		{"a DAV write of anything below .git", request("PUT", "/a/o/r.git/x", "x")},
		{"a DAV lock", request("LOCK", "/a/o/r.git/info/refs", "x")},
		{"a DAV unlock", request("UNLOCK", "/a/o/r.git/info/refs", "")},
		{"a DAV collection", request("MKCOL", "/a/o/r.git/objects/ab", "")},
		{"a DAV move", request("MOVE", "/a/o/r.git/objects/ab/tmp", "")},
		{"a DAV copy", request("COPY", "/a/o/r.git/objects/ab/tmp", "")},
		{"a DAV delete", request("DELETE", "/a/o/r.git/refs/heads/main", "")},
		{"a DAV property", request("PROPPATCH", "/a/o/r.git/", "x")},
		{"a DAV write to a branch without .git", request("PUT", "/a/o/r/refs/heads/main", "x")},
		{"a DAV write to a tag without .git", request("PUT", "/a/o/r/refs/tags/v1", "x")},
		{"a DAV write to a pack without .git", request("PUT", "/a/o/r/objects/pack/pack-1.pack", "x")},
		{"a DAV write to an object without .git", request("PUT", "/a/o/r/objects/0f/1234", "x")},
		{"a DAV write to info/refs without .git", request("PUT", "/a/o/r/info/refs", "x")},
	}
	address, upstream := start(t, `git_hint "Push over SSH: git@example.com:o/r.git"`)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, test.request)
			if received := upstream.Take(); len(received) != 0 {
				t.Fatalf("reached the upstream as %s %s", received[0].Method, received[0].Target)
			}
			if resp.Status != 403 || resp.Header.Get("Cred-Proxy-Error") != "git_push_refused" {
				t.Errorf("got %d %q", resp.Status, resp.Header.Get("Cred-Proxy-Error"))
			}
			if !strings.Contains(resp.Body, "Push over SSH: git@example.com:o/r.git") {
				t.Errorf("the hint is missing in %q", resp.Body)
			}
		})
	}
	t.Run("git gets text that it shows as remote lines", func(t *testing.T) {
		resp := sidecartest.Raw(t, address, get("/a/o/r.git/info/refs?service="+receive, "User-Agent: git/2.39.5"))
		want := "cred-proxy: git push over HTTP is refused\nPush over SSH: git@example.com:o/r.git\n"
		if resp.Body != want || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("got %q as %s", resp.Body, resp.Header.Get("Content-Type"))
		}
	})
}

// TestReadsAreNoPushes fails when the push rule gets in the way of a fetch.
func TestReadsAreNoPushes(t *testing.T) {
	tests := []struct{ name, request string }{
		{"announcement of a fetch", get("/a/o/r.git/info/refs?service=git-upload-pack")},
		{"announcement of a fetch, encoded", get("/a/o/r.git/info/refs?service=git%2Dupload%2Dpack")},
		{"announcement of an archive", get("/a/o/r.git/info/refs?service=git-upload-archive")},
		{"the dumb protocol", get("/a/o/r.git/info/refs")},
		{"a fetch", request("POST", "/a/o/r.git/git-upload-pack", "0000", "Content-Type: application/x-git-upload-pack-request")},
		{"an archive", request("POST", "/a/o/r.git/git-upload-archive", "0000")},
		{"a repository with a telling name", get("/a/o/git-receive-pack.git/info/refs?service=git-upload-pack")},
		{"a service elsewhere", get("/a/search?service=git-receive-pack")},
		{"an object of the dumb protocol", get("/a/o/r.git/objects/ab/cdef")},
		{"a PUT to an API", request("PUT", "/a/repos/o/r/issues/1/labels", "{}")},
		{"a DELETE to an API", request("DELETE", "/a/repos/o/r/issues/1/labels/x", "")},
	}
	address, upstream := start(t, "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, test.request)
			if received := upstream.Take(); resp.Status != 200 || len(received) != 1 {
				t.Errorf("got %d %s", resp.Status, resp.Body)
			}
		})
	}
}

// TestPushIsAllowedWhenTheOperatorSaysSo fails when git_push allow has no effect.
func TestPushIsAllowedWhenTheOperatorSaysSo(t *testing.T) {
	address, upstream := start(t, "git_push allow")
	resp := sidecartest.Raw(t, address, request("POST", "/a/o/r.git/git-receive-pack", "0000"))
	if received := upstream.Take(); resp.Status != 200 || len(received) != 1 {
		t.Errorf("got %d %s", resp.Status, resp.Body)
	}
}
