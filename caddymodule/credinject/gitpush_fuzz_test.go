package credinject

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/lfs"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// FuzzPush fails when a target gets past the push rule that one of three
// models of a git server, each more lenient than the last, takes for a push.
func FuzzPush(f *testing.F) {
	for _, seed := range []string{
		"/o/r.git/info/refs?service=git-receive-pack", "/o/r.git/git-receive-pack", "/o/r/info%2Frefs?service=git%2Dreceive-pack",
		"/o/r.git/info/lfs/verify", "/o/r/info%2Flfs/objects/batch", "/o//r.git//info;x/lfs/locks/1/unlock/", "/o/r.git/gitlab-lfs/objects/a/1", "/x/OBJECTS/batch",
		"/o/r.git/info/refs?bad=%zz&service=git-receive-pack", "/o//r.git//git-receive-pack/", "/o/r/info/refs?service=git-upload-pack&service=git-receive-pack",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		parsed, err := target.Parse(uri)
		if err != nil {
			return // refused before the push rule is asked
		}
		r := &http.Request{Method: "POST", Header: http.Header{}}
		// A batch is judged by its body.
		refused := pushReason(r, parsed) != "" || lfsPlace(r, parsed) == lfs.Batch
		for name, model := range map[string]func(string) bool{"Go's": goServer, "a cleaning": cleaningServer, "a twice decoding": twiceDecodingServer} {
			if model(uri) && !refused {
				t.Errorf("%q is a push to %s server", uri, name)
			}
		}
	})
}

func goServer(uri string) bool {
	u, err := url.ParseRequestURI(uri)
	return err == nil && isPush(u.Path, u.Query()["service"])
}

func cleaningServer(uri string) bool {
	u, err := url.ParseRequestURI(uri)
	return err == nil && isPush(path.Clean(strings.ToLower(u.Path)), u.Query()["service"])
}

func twiceDecodingServer(uri string) bool {
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return false
	}
	again, err := url.PathUnescape(u.Path)
	return err == nil && isPush(strings.ReplaceAll(again, `\`, "/"), u.Query()["service"])
}

func isPush(path string, services []string) bool {
	if strings.HasSuffix(path, "/git-receive-pack") || strings.Contains(path, "/info/lfs/") || strings.HasSuffix(path, "/objects/batch") {
		return true
	}
	for _, service := range services {
		if service == "git-receive-pack" && strings.HasSuffix(path, "/info/refs") {
			return true
		}
	}
	return false
}
