package credinject

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/naive"
)

// read parses a request as the server does; nil if it refuses.
func read(method, uri, body string, headers ...string) *http.Request {
	lines := append([]string{method + " " + uri + " HTTP/1.1", "Host: sidecar", fmt.Sprintf("Content-Length: %d", len(body))}, headers...)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)))
	if err != nil || r.Method != method || r.RequestURI != uri {
		return nil // refused, or the texts made up another request
	}
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) || slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
			return nil
		}
	}
	return r
}

var fuzzMethods = []string{"GET", "POST", "PUT", "DELETE", "MKCOL", "LOCK", "UNLOCK", "MOVE", "COPY", "PROPPATCH", "HEAD", "OPTIONS", "put", "PATCH"}

// FuzzPush fails when a request passes that some git server, behind whatever
// chain of others, takes for a write: by its path and method, by its query,
// by its content type.
func FuzzPush(f *testing.F) {
	for _, seed := range []string{
		"/o/r.git/info/refs?service=git-receive-pack", "/o/r.git/git-receive-pack", "/o/r/info%2Frefs?service=git%2Dreceive-pack", "/o/r/info/refs?service=git-upload-pack",
		"/o/r.git/info/lfs/verify", "/o/r/info%2Flfs/objects/batch", "/o//r.git//info;x/lfs/locks/1/unlock/", "/o/r.git/gitlab-lfs/objects/a/1", "/x/OBJECTS/batch",
		"/o/r.git/info/refs?bad=%zz&service=git-receive-pack", "/o//r.git//git-receive-pack/", "/o/r/info/refs?service=git-upload-pack&service=git-receive-pack",
		"/o/r/info/refs%3Fservice=git-receive-pack", "/o/r/info/refs%253Fservice=git-receive-pack", "/o/r/git-receive-pack%00x", "/o/r/git-receive-pack;x", "/o/r/git-receive-pack%3Fx", "/o/r/git%252Dreceive-pack",
		"/o/r/info/refs?a;service=git-receive-pack", "/o/r/info/refs?%u0073ervice=git-receive-pack", "/o/r/info/refs?SERVICE=git-receive-pack", "/o/r/info/refs?service%00=git-receive-pack",
		"/r/objects/pack/x", "/r/objects/a0/x", "/r/refs/heads/x", "/r%5Cinfo%5Crefs?service=git-receive-pack", "/R.GIT/x", "/r.git;a/x", "/o/r/info/refs?%5Bservice%5D=git-receive-pack", "/o/r/info/refs?service[=git-receive-pack",
		"/git-receive-pack", "/info/refs?service=git-receive-pack", "/o/r/info/refs?+service=git-receive-pack", "/a/info/lfs/objects/batch?_method=PUT", "/o/r/info/refs/?service=git-receive-pack%20",
	} {
		for method := range 3 {
			f.Add(uint8(method), seed, "")
		}
	}
	f.Add(uint8(1), "/x", "application/x-git-receive-pack-request")
	f.Add(uint8(1), "/x", `Application/X-Git-Receive-Pack-Request; a="b"`)
	h := &CredInject{}
	f.Fuzz(func(t *testing.T, method uint8, uri, contentType string) {
		if strings.ContainsAny(contentType, "\r\n") {
			return
		}
		r := read(fuzzMethods[int(method)%len(fuzzMethods)], uri, "", "Content-Type: "+contentType)
		if r == nil || h.judge(r) != nil {
			return
		}
		if strings.HasPrefix(strings.ToLower(contentType), "application/x-git-receive-pack-request") {
			t.Errorf("%s %q passes with content type %q", r.Method, uri, contentType)
		}
		path, query, _ := strings.Cut(uri, "?")
		starts := startsPush(query)
		for reading, how := range naive.Paths(path, 3) {
			later, rest, _ := strings.Cut(reading, "?")
			for _, path := range []string{later, naive.Clean(later)} {
				if what := write(r.Method, path); what != "" {
					t.Errorf("%s %q passes, and to a server that %s it is %s, %s", r.Method, uri, how, what, path)
				}
				if infoRefs.MatchString(path) && (starts || startsPush(rest)) {
					t.Errorf("%s %q passes, and to a server that %s it is the start of a push to %s", r.Method, uri, how, path)
				}
			}
		}
	})
}

var (
	receivePack = regexp.MustCompile(`(?i)(?:^|/)git-receive-pack/?$`)
	infoRefs    = regexp.MustCompile(`(?i)(?:^|/)info/refs/?$`)
	lfsWrite    = regexp.MustCompile(`(?i)/info/lfs/(?:objects/[0-9a-f]{64}|verify|locks|objects/verify)(?:/|$)|/(?:gitlab-lfs/objects|git-lfs/storage)/`)
	davFile     = regexp.MustCompile(`(?i)\.git(?:/|$)|(?:^|/)info/refs$|/objects/(?:pack|[0-9a-f]{2})(?:/|$)|/refs/(?:heads|tags)(?:/|$)`)
)

// write says which write a path is to a git server, or "".
func write(method, path string) string {
	reads := method == "GET" || method == "HEAD" || method == "OPTIONS"
	switch {
	case receivePack.MatchString(path):
		return "a push"
	case !reads && lfsWrite.MatchString(path):
		return "a write to LFS"
	case !reads && method != "POST" && method != "PATCH" && davFile.MatchString(path):
		return "a write by WebDAV"
	}
	return ""
}

// startsPush reports whether some server finds the service that pushes.
func startsPush(query string) bool {
	for _, parse := range naive.Queries {
		for _, pair := range parse(query) {
			if strings.EqualFold(pair.Name, "service") && strings.EqualFold(strings.TrimSpace(pair.Value), "git-receive-pack") {
				return true
			}
		}
	}
	return false
}

// FuzzBatch fails when a Git LFS batch passes that some reader of JSON takes
// for anything but a request for downloads, or that is not forwarded as it
// came.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		`{"operation":"download","objects":[{"oid":"a","size":1}]}`, `{"operation":"upload"}`, `{"operation":"download","operation":"upload"}`, `{"Operation":"upload","operation":"download"}`,
		`{"\u006fperation":"upload","operation":"download"}`, `{"operation":"download"}{"operation":"upload"}`, "{\"operation\":\"download\"}\x00", `{"operation":"download","operat\u0131on":"upload"}`,
		`[{"operation":"upload"}]`, `{"operation":["download"]}`, `{"operation":"download"/*"*/,"operation":"upload"/*"*/}`, ` {"operation" : "down\u006coad" } `, `{"operation":"Download"}`, `{"operation":null}`, "",
	} {
		f.Add("application/vnd.git-lfs+json", seed)
		f.Add("application/json; charset=utf-8", seed)
	}
	f.Add("application/json; charset=utf-7", `{"operation":"download"}`)
	f.Add(`application/json; charset="utf\-8"`, `{"operation":"download"}`)
	f.Add("application/x-www-form-urlencoded", "operation=upload")
	h := &CredInject{}
	f.Fuzz(func(t *testing.T, contentType, content string) {
		if strings.ContainsAny(contentType, "\r\n") {
			return
		}
		r := read("POST", "/o/r.git/info/lfs/objects/batch", content, "Content-Type: "+contentType)
		if r == nil || h.judge(r) != nil {
			return
		}
		if !jsonType.MatchString(contentType) {
			t.Errorf("a batch passes with content type %q", contentType)
		}
		batch, ok := naive.JSON(content).(naive.Object)
		if values := batch.Get("operation"); !ok || len(values) != 1 || values[0] != naive.String("download") {
			t.Errorf("the batch %q passes; its operation is %v", content, values)
		}
		if forwarded, err := io.ReadAll(r.Body); err != nil || string(forwarded) != content {
			t.Errorf("%q is forwarded as %q, %v", content, forwarded, err)
		}
	})
}

var jsonType = regexp.MustCompile(`(?i)^\s*application/(?:json|vnd\.git-lfs\+json)\s*(?:;|$)`)
