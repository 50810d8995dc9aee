package upstreamlinks_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestWhereUpstreamLinksStands fails when the directive, wherever it is
// written, comes after the handler whose responses it is to rewrite.
func TestWhereUpstreamLinksStands(t *testing.T) {
	upstream := sidecartest.NewUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/a/y")
		w.Header().Set("Link", `</b/y>; rel="next"`)
		w.WriteHeader(http.StatusCreated)
	})
	for name, site := range map[string]string{
		"at site level":                "reverse_proxy UP\nupstream_links UP/a /p/",
		"at site level with a matcher": "reverse_proxy UP\nupstream_links /p/* UP/a /p/",
		"in handle":                    "handle /p/* {\nreverse_proxy UP\nupstream_links UP/a /p/\n}",
		"in handle_path":               "handle_path /p/* {\nreverse_proxy UP\nupstream_links UP/a /p/\n}",
		"in route":                     "route {\nupstream_links UP/a /p/\nreverse_proxy UP\n}",
	} {
		t.Run(name, func(t *testing.T) {
			address := sidecartest.Run(t, strings.ReplaceAll(site, "UP", upstream.URL))
			header := sidecartest.Raw(t, address, get("/p/x")).Header
			if got := header.Get("Location"); got != "http://sidecar:9099/p/y" {
				t.Errorf("Location %q", got)
			}
			if got, want := header.Get("Link"), "<"+upstream.URL+`/b/y>; rel="next"`; got != want {
				t.Errorf("Link %q, want %q", got, want)
			}
		})
	}
}

// TestBadUpstreamLinksSayWhere fails when an operator is not led to the line.
func TestBadUpstreamLinksSayWhere(t *testing.T) {
	for directive, want := range map[string]string{
		"upstream_links https://x.example":             "Caddyfile:3",
		"upstream_links https://u@x.example /a/":       "is not the base URL of an upstream, at Caddyfile:3",
		"upstream_links https://x.example /a":          `route prefix "/a" must start and end with a slash, at Caddyfile:3`,
		"upstream_links https://x.example /a/ {\nx\n}": "Caddyfile:4",
		"upstream_links https://x.example /a/ extra":   "Caddyfile:3",
	} {
		if _, err := sidecartest.Adapt("http://:1 {\n\n" + directive + "\n}\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", directive, err, want)
		}
	}
}
