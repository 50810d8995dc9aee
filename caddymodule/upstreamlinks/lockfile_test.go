package upstreamlinks_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// What each client is seen to send when it asks for a package.
const (
	pnpm   = "User-Agent: pnpm/9.15.9 npm/? node/v20.20.2 linux x64\r\nAccept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
	yarn4  = "User-Agent: got (https://github.com/sindresorhus/got)"
	yarn1  = "User-Agent: yarn/1.22.22 npm/? node/v20.20.2 linux x64\r\nAccept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
	bun    = "User-Agent: Bun/1.4.5\r\nAccept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
	npm    = "User-Agent: npm/11.19.1 node/v20.20.2 linux x64 workspaces/false\r\nAccept: application/vnd.npm.install-v1+json\r\nNpm-Command: install\r\nPacote-Version: 21.5.1"
	npmRun = "User-Agent: pnpm/9.15.9 npm/? node/v20.20.2 linux x64\r\nAccept: application/json\r\nNpm-Command: install\r\nPacote-Version: 21.5.1" // npm, called by a script that pnpm runs
)

// registry answers with one version of any package, whose tarball is at path.
func registry(t *testing.T) (address string, upstream *sidecartest.Upstream, tarball *string) {
	tarball = new(string)
	address, upstream = start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.npm.install-v1+json")
		fmt.Fprintf(w, `{"name":"x","versions":{"1.2.3":{"dist":{"shasum":"0","tarball":"%s"}}},"modified":"now"}`, *tarball)
	})
	return address, upstream, tarball
}

// TestNoLockFileNamesTheSidecar fails when a package manager is given a
// tarball's address that it writes into a lock file, or one that it cannot
// download from although it would not. What each writes was tried: npm, yarn 1
// and bun whatever they are given; pnpm and yarn 4 only what they would not
// derive from registry, name and version.
func TestNoLockFileNamesTheSidecar(t *testing.T) {
	address, upstream, tarball := registry(t)
	v1 := upstream.URL + "/v1"
	tests := []struct{ name, client, request, tarball, want string }{
		{"pnpm", pnpm, "/api/left", v1 + "/left/-/left-1.2.3.tgz", "/api/left/-/left-1.2.3.tgz"},
		{"pnpm, scoped", pnpm, "/api/@s%2Fleft", v1 + "/@s/left/-/left-1.2.3.tgz", "/api/@s/left/-/left-1.2.3.tgz"},
		{"pnpm, scoped, escaped in the address", pnpm, "/api/@s%2Fleft", v1 + "/@s%2fleft/-/left-1.2.3.tgz", "/api/@s%2fleft/-/left-1.2.3.tgz"},
		{"yarn 4", yarn4, "/api/left", v1 + "/left/-/left-1.2.3.tgz", "/api/left/-/left-1.2.3.tgz"},
		{"npm", npm, "/api/left", v1 + "/left/-/left-1.2.3.tgz", ""},
		{"npm under pnpm", npmRun, "/api/left", v1 + "/left/-/left-1.2.3.tgz", ""},
		{"yarn 1", yarn1, "/api/left", v1 + "/left/-/left-1.2.3.tgz", ""},
		{"bun", bun, "/api/left", v1 + "/left/-/left-1.2.3.tgz", ""},
		{"pnpm, a download path of the registry's own", pnpm, "/api/left", v1 + "/download/left/1.2.3/abc", ""},
		{"pnpm, another version's file", pnpm, "/api/left", v1 + "/left/-/left-1.2.4.tgz", ""},
		{"pnpm, another package's file", pnpm, "/api/left", v1 + "/right/-/right-1.2.3.tgz", ""},
		{"pnpm, with a query", pnpm, "/api/left", v1 + "/left/-/left-1.2.3.tgz?x", ""},
		{"pnpm, in another route", pnpm, "/api/left", upstream.URL + "/left/-/left-1.2.3.tgz", ""},
		{"pnpm, on another host", pnpm, "/api/left", "https://cdn.example/left/-/left-1.2.3.tgz", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			*tarball = test.tarball
			resp := sidecartest.Raw(t, address, get(test.request, strings.Split(test.client, "\r\n")...))
			want := test.tarball
			if test.want != "" {
				want = "http://sidecar:9099" + test.want
			}
			if !strings.Contains(resp.Body, `"tarball":"`+want+`"`) {
				t.Errorf("want %s in\n%s", want, resp.Body)
			}
		})
	}
}

// TestOneAddressForTwoVersions fails when an address that one version's lock
// file entry would name is rewritten because it fits another version.
func TestOneAddressForTwoVersions(t *testing.T) {
	var body string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	})
	file := upstream.URL + "/v1/left/-/left-1.0.0.tgz"
	body = `{"versions":{"1.0.0":{"dist":{"tarball":"` + file + `"}},"1.0.1":{"dist":{"tarball":"` + file + `"}}}}`
	if got := sidecartest.Raw(t, address, get("/api/left", strings.Split(pnpm, "\r\n")...)).Body; got != body {
		t.Errorf("got %s", got)
	}
}

// TestResponsesThatStayAsTheyAre fails when the search for tarballs changes a
// byte or a header of a response that has none to change.
func TestResponsesThatStayAsTheyAre(t *testing.T) {
	var body, contentType, encoding string
	status := http.StatusOK
	address, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("ETag", `"tag"`)
		w.Header().Set("Content-Digest", "sha-256=:x:")
		if encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, body)
		}
	})
	tests := []struct {
		name, contentType, encoding, body string
		status                            int
	}{
		{"no tarball", "application/json", "", "{ \"versions\" : {\"1\":{}} , \"é\\u00e9\":\"<&>\" }\n", 200},
		{"not JSON", "application/json", "", `{"versions":{"1":{"dist":{"tarball":`, 200},
		{"nothing", "application/json", "", "", 200},
		{"a tarball", "application/octet-stream", "", "\x1f\x8b\x00", 200},
		{"an unasked-for encoding", "application/json", "gzip", "\x1f\x8b\x00", 200},
		{"an error", "application/json", "", `{"error":"not found"}`, 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body, contentType, encoding, status = test.body, test.contentType, test.encoding, test.status
			resp := sidecartest.Raw(t, address, get("/api/left", strings.Split(pnpm, "\r\n")...))
			if resp.Status != test.status || resp.Body != test.body {
				t.Errorf("got %d %q, want %d %q", resp.Status, resp.Body, test.status, test.body)
			}
			if resp.Header.Get("ETag") != `"tag"` || resp.Header.Get("Content-Digest") == "" {
				t.Errorf("validators changed: %v", resp.Header)
			}
			if want := fmt.Sprint(len(test.body)); resp.Header.Get("Content-Length") != want {
				t.Errorf("Content-Length %q, want %s", resp.Header.Get("Content-Length"), want)
			}
		})
	}
}

// TestAChangedPackumentIsConsistent fails when length, ETag or digests of the
// upstream's bytes stay on a body that differs from them.
func TestAChangedPackumentIsConsistent(t *testing.T) {
	address, upstream, tarball := registry(t)
	*tarball = upstream.URL + "/v1/left/-/left-1.2.3.tgz"
	resp := sidecartest.Raw(t, address, get("/api/left", strings.Split(pnpm, "\r\n")...))
	if length := resp.Header.Get("Content-Length"); length != "" && length != fmt.Sprint(len(resp.Body)) {
		t.Errorf("Content-Length %s of %d bytes", length, len(resp.Body))
	}
	if got := upstream.Take()[0].Header.Get("Accept-Encoding"); got != "identity" {
		t.Errorf("the upstream was asked for encoding %q, which could not be read", got)
	}
}

// TestTarballsAndEventsStream fails when a download or a stream of events is
// held back for a client whose metadata is read.
func TestTarballsAndEventsStream(t *testing.T) {
	for _, contentType := range []string{"application/octet-stream", "text/event-stream"} {
		t.Run(contentType, func(t *testing.T) {
			more := make(chan struct{})
			address, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", contentType)
				_, _ = io.WriteString(w, "first\n\n")
				w.(http.Flusher).Flush()
				<-more
				_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
			})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/api/left/-/left-1.2.3.tgz", nil)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(pnpm, "\r\n") {
				name, value, _ := strings.Cut(line, ": ")
				req.Header.Set(name, value)
			}
			resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
			if err != nil {
				close(more)
				t.Fatal(err)
			}
			defer resp.Body.Close()
			first := make([]byte, 7)
			_, err = io.ReadFull(resp.Body, first)
			close(more) // only now does the upstream go on
			if err != nil || string(first) != "first\n\n" {
				t.Fatalf("got %q, %v", first, err)
			}
			if rest, err := io.Copy(io.Discard, resp.Body); err != nil || rest != 1<<20 {
				t.Errorf("then %d bytes, %v", rest, err)
			}
		})
	}
}
