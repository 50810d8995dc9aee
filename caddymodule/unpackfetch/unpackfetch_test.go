package unpackfetch_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

const (
	want = "0032want 0a53e9ddeaddad63ad106860237bbf53411d11a7\n00000009done\n"
	site = "handle_path /r/* {\nreverse_proxy UP\ncred_inject Bearer UNPACK_TOKEN\nunpack_fetch\n}"
)

func start(t *testing.T) (address string, upstream *sidecartest.Upstream) {
	t.Helper()
	t.Setenv("UNPACK_TOKEN", "TEST-SECRET-unpack-0123456789")
	upstream = sidecartest.NewUpstream(t, nil)
	return sidecartest.Run(t, strings.ReplaceAll(site, "UP", upstream.URL)), upstream
}

func packed(t *testing.T, body io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func request(method, path, coding, body string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s",
		method, path, coding, len(body), body)
}

// TestFetchesAreUnpacked fails when a proxy that cannot look into gzip blocks
// a fetch, or the upstream is told of a coding or a length that is no more.
func TestFetchesAreUnpacked(t *testing.T) {
	address, upstream := start(t)
	body := packed(t, strings.NewReader(want))
	for _, r := range []string{
		request("POST", "/r/a/b.git/git-upload-pack", "gzip", body),
		request("POST", "/r/a/b.git/git-upload-pack?x=y", "X-GZIP", body),
	} {
		if got := sidecartest.Raw(t, address, r); got.Status != http.StatusOK {
			t.Errorf("status %d: %s", got.Status, got.Body)
		}
		got := upstream.Take()
		if len(got) != 1 || got[0].Body != want || got[0].Header.Get("Content-Encoding") != "" || got[0].Header.Get("Content-Length") != "" ||
			got[0].Header.Get("Authorization") != "Bearer TEST-SECRET-unpack-0123456789" {
			t.Errorf("the upstream got %+v", got)
		}
	}
}

// TestAllElsePasses fails when other bodies than those of fetches are changed.
func TestAllElsePasses(t *testing.T) {
	address, upstream := start(t)
	body := packed(t, strings.NewReader(want))
	for _, r := range []string{
		request("POST", "/r/upload", "gzip", body),
		request("PUT", "/r/a/git-upload-pack", "gzip", body),
		request("POST", "/r/a/not-git-upload-pack", "gzip", body),
		request("POST", "/r/a/git-upload-pack", "br", body),
		request("POST", "/r/a/git-upload-pack", "gzip, gzip", body),
		request("POST", "/r/a/git-upload-pack", "something", body),
		request("POST", "/r/a/git-upload-pack", "identity", body),
	} {
		sidecartest.Raw(t, address, r)
		if got := upstream.Take(); len(got) != 1 || got[0].Body != body || got[0].Header.Get("Content-Encoding") == "" || got[0].Header.Get("Content-Length") == "" {
			t.Errorf("for %.60q the upstream got %+v", r, got)
		}
	}
}

// TestBombs fails when a few kilobytes of an agent's unpack to more than is
// promised, or when the agent is not told.
func TestBombs(t *testing.T) {
	address, upstream := start(t)
	for size, status := range map[int64]int{32 << 20: http.StatusOK, 32<<20 + 1: http.StatusRequestEntityTooLarge, 256 << 20: http.StatusRequestEntityTooLarge} {
		got := sidecartest.Raw(t, address, request("POST", "/r/a/git-upload-pack", "gzip", packed(t, io.LimitReader(zeros{}, size))))
		if got.Status != status {
			t.Errorf("%d bytes: status %d: %s", size, got.Status, got.Body)
		}
		if status != http.StatusOK && got.Header.Get("Cred-Proxy-Error") != "body_refused" {
			t.Errorf("%d bytes: %v", size, got.Header)
		}
		for _, r := range upstream.Take() {
			if len(r.Body) > 32<<20 {
				t.Errorf("%d bytes: %d reached the upstream", size, len(r.Body))
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBrokenGzip fails when a body that cannot be unpacked is sent on as one
// that is complete, or is blamed on the upstream.
func TestBrokenGzip(t *testing.T) {
	address, _ := start(t)
	body := packed(t, io.LimitReader(zeros{}, 1<<20))
	for name, b := range map[string]string{
		"no gzip": want, "nothing": "", "cut off": body[:len(body)/2], "a wrong checksum": body[:len(body)-8] + "xxxxxxxx", "more behind it": body + "more",
	} {
		t.Run(name, func(t *testing.T) {
			got := sidecartest.Raw(t, address, request("POST", "/r/a/git-upload-pack", "gzip", b))
			if got.Status != http.StatusUnprocessableEntity || got.Header.Get("Cred-Proxy-Error") != "body_refused" {
				t.Errorf("status %d, %v: %s", got.Status, got.Header, got.Body)
			}
		})
	}
}

// TestWhereUnpackFetchStands fails when the directive, wherever it is written,
// comes after the handler that sends the request.
func TestWhereUnpackFetchStands(t *testing.T) {
	upstream := sidecartest.NewUpstream(t, nil)
	for name, site := range map[string]string{
		"at site level": "reverse_proxy UP\nunpack_fetch",
		"in handle":     "handle /r/* {\nreverse_proxy UP\nunpack_fetch\n}",
		"in route":      "route {\nunpack_fetch\nreverse_proxy UP\n}",
	} {
		t.Run(name, func(t *testing.T) {
			address := sidecartest.Run(t, strings.ReplaceAll(site, "UP", upstream.URL))
			sidecartest.Raw(t, address, request("POST", "/r/git-upload-pack", "gzip", packed(t, strings.NewReader(want))))
			if got := upstream.Take(); len(got) != 1 || got[0].Body != want {
				t.Errorf("the upstream got %+v", got)
			}
		})
	}
	for _, directive := range []string{"unpack_fetch /a b", "unpack_fetch {\nx\n}"} {
		if _, err := sidecartest.Adapt("http://:1 {\n\n" + directive + "\n}\n"); err == nil || !strings.Contains(err.Error(), "Caddyfile:") {
			t.Errorf("%q: %v", directive, err)
		}
	}
}
