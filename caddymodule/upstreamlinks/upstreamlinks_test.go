package upstreamlinks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// start runs /api/ → <upstream>/v1 and /web/ → <upstream>.
func start(t *testing.T, handler http.HandlerFunc) (address string, upstream *sidecartest.Upstream) {
	t.Helper()
	upstream = sidecartest.NewUpstream(t, handler)
	address = sidecartest.Run(t, fmt.Sprintf(`
		handle /api/* {
			uri path_regexp ^/api/ /v1/
			upstream_links %[1]s/v1 /api/
			reverse_proxy %[1]s
		}
		handle /web/* {
			uri path_regexp ^/web/ /
			upstream_links %[1]s /web/
			reverse_proxy %[1]s
		}`, upstream.URL))
	return address, upstream
}

func get(path string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: sidecar:9099\r\nConnection: close\r\n" + strings.Join(append(headers, "\r\n"), "\r\n")
}

// TestLocations fails when a redirect leads an agent around the sidecar that
// could have stayed inside, or into a route from a host that is none of ours.
func TestLocations(t *testing.T) {
	var location string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{location}
		w.WriteHeader(http.StatusFound)
	})
	host := strings.TrimPrefix(upstream.URL, "http://")
	const public = "http://sidecar:9099"
	tests := []struct{ name, location, want string }{
		{"into the route", upstream.URL + "/v1/x?q=1#f", public + "/api/x?q=1#f"},
		{"into the route's root", upstream.URL + "/v1", public + "/api/"},
		{"into another route", upstream.URL + "/o/r", public + "/web/o/r"},
		{"beside the base path", upstream.URL + "/v10/x", public + "/web/v10/x"},
		{"an absolute path", "/v1/y", public + "/api/y"},
		{"an absolute path into another route", "/login", public + "/web/login"},
		{"a relative path", "y", public + "/api/a/y"},
		{"a relative path upwards", "../y", public + "/api/y"},
		{"a query alone", "?page=2", public + "/api/a/b?page=2"},
		{"without a scheme", "//" + host + "/v1/x", public + "/api/x"},
		{"the host in upper case", "HTTP://" + strings.ToUpper(host) + "/v1/x", public + "/api/x"},
		{"an encoded slash stays", upstream.URL + "/v1/@s%2Fn", public + "/api/@s%2Fn"},
		{"no path", upstream.URL, public + "/web/"},

		{"another host", "https://evil.example/v1/x", "https://evil.example/v1/x"},
		{"another host without a scheme", "//evil.example/v1/x", "//evil.example/v1/x"},
		{"another scheme", "https://" + host + "/v1/x", "https://" + host + "/v1/x"},
		{"another port", "http://127.0.0.1:1/v1/x", "http://127.0.0.1:1/v1/x"},
		{"a longer host", upstream.URL + ".evil.example/v1/x", upstream.URL + ".evil.example/v1/x"},
		{"user info", "http://" + host + "@evil.example/x", "http://" + host + "@evil.example/x"},
		{"user info before our host", "http://evil@" + host + "/v1/x", "http://evil@" + host + "/v1/x"},
		{"backslashes", `\\evil.example\x`, `\\evil.example\x`},
		{"a slash and a backslash", `/\evil.example/x`, `/\evil.example/x`},
		{"one slash after the scheme", "http:/" + host + "/v1/x", "http:/" + host + "/v1/x"},
		{"no slash after the scheme", "http:evil.example", "http:evil.example"},
		{"javascript", "javascript:alert(1)", "javascript:alert(1)"},
		{"an encoded dot segment", upstream.URL + "/v1/%2e%2e/x", upstream.URL + "/v1/%2e%2e/x"},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			location = test.location
			resp := sidecartest.Raw(t, address, get("/api/a/b"))
			if got := resp.Header.Get("Location"); resp.Status != 302 || got != test.want {
				t.Errorf("%d %q became %q, want %q", resp.Status, test.location, got, test.want)
			}
		})
	}
}

// TestLinkHeaders fails when a client that follows pages leaves the sidecar.
func TestLinkHeaders(t *testing.T) {
	var link string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Link", link) })
	u := upstream.URL
	tests := []struct{ name, link, want string }{
		{"pages", "<" + u + `/v1/i?page=2>; rel="next", <` + u + `/v1/i?page=9>; rel="last"`, `<http://sidecar:9099/api/i?page=2>; rel="next", <http://sidecar:9099/api/i?page=9>; rel="last"`},
		{"another host", `<https://evil.example/v1>; rel="next"`, `<https://evil.example/v1>; rel="next"`},
		{"brackets in a title", `<` + u + `/v1/a>; title="\"<` + u + `/v1/b>"`, `<http://sidecar:9099/api/a>; title="\"<` + u + `/v1/b>"`},
		{"a cut target", "<" + u + "/v1/a", "<" + u + "/v1/a"},
		{"a cut title", `<x>; title="`, `<http://sidecar:9099/api/x>; title="`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			link = test.link
			if got := sidecartest.Raw(t, address, get("/api/a")).Header.Get("Link"); got != test.want {
				t.Errorf("%s\nbecame %s\nwant   %s", test.link, got, test.want)
			}
		})
	}
}

// TestTarballs fails when a package manager would download around the
// sidecar, or a response that is none of ours is changed.
func TestTarballs(t *testing.T) {
	var body string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write([]byte(body))
	})
	u := upstream.URL
	tests := []struct{ name, agent, body, want string }{
		{"pnpm", "pnpm/9.0.0 npm/? node/v20", `{"versions":{"1":{"dist":{"tarball":"` + u + `/v1/p/-/p-1.tgz","x":1}}}}`, `{"versions":{"1":{"dist":{"tarball":"http://sidecar:9099/api/p/-/p-1.tgz","x":1}}}}`},
		{"escaped slashes", "pnpm/9", `{"versions":{"1":{"dist":{"tarball" : "` + strings.ReplaceAll(u, "/", `\/`) + `\/v1\/p\/-\/p-1.tgz"}}}}`, `{"versions":{"1":{"dist":{"tarball" : "http://sidecar:9099/api/p/-/p-1.tgz"}}}}`},
		{"npm does it itself", "npm/10.0.0 node/v20", `{"tarball":"` + u + `/p.tgz"}`, `{"tarball":"` + u + `/p.tgz"}`},
		{"yarn 1 writes it into its lock file", "yarn/1.22.22 npm/? node/v20", `{"tarball":"` + u + `/p.tgz"}`, `{"tarball":"` + u + `/p.tgz"}`},
		{"a browser", "Mozilla/5.0", `{"tarball":"` + u + `/p.tgz"}`, `{"tarball":"` + u + `/p.tgz"}`},
		{"another host", "pnpm/9", `{"tarball":"https://evil.example/p.tgz"}`, `{"tarball":"https://evil.example/p.tgz"}`},
		{"inside a string", "pnpm/9", `{"readme":"\"tarball\":\"` + u + `/p.tgz\""}`, `{"readme":"\"tarball\":\"` + u + `/p.tgz\""}`},
		{"not JSON at all", "pnpm/9", `"tarball":"\uZZ"`, `"tarball":"\uZZ"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body = test.body
			resp := sidecartest.Raw(t, address, get("/api/p", "User-Agent: "+test.agent))
			if resp.Body != test.want {
				t.Errorf("got %s\nwant %s", resp.Body, test.want)
			}
			if changed := test.body != test.want; changed == (resp.Header.Get("ETag") != "") {
				t.Errorf("ETag %q", resp.Header.Get("ETag"))
			}
		})
	}
}

// TestBadUpstreamLinks fails when a mistake in a Caddyfile goes unnoticed.
func TestBadUpstreamLinks(t *testing.T) {
	for _, arguments := range []string{
		"", "https://x.example", "https://x.example /a/ more", "x.example /a/", "ftp://x.example /a/",
		"https://u@x.example /a/", "https://x.example?q /a/", "https://x.example a/", "https://x.example /a", "https://x.example /",
	} {
		if _, err := sidecartest.Adapt("http://:1 {\nupstream_links " + arguments + "\n}\n"); err == nil || !strings.Contains(err.Error(), "Caddyfile:") {
			t.Errorf("%q: %v", arguments, err)
		}
	}
}
