package upstreamlinks_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestHostileLocations fails when an upstream can name another host in a way
// that some clients read as that host and the sidecar as one of its routes, or
// the other way round.
func TestHostileLocations(t *testing.T) {
	var location string
	address, upstream := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{location}
		w.WriteHeader(http.StatusFound)
	})
	host := strings.TrimPrefix(upstream.URL, "http://")
	const public = "http://sidecar:9099"
	unchanged := []string{
		"///evil.example/x", "////evil.example/x", // browsers skip the surplus slashes
		"http:///" + host + "/v1/x", "http:////" + host + "/v1/x",
		`http:\\` + host + `/v1/x`, "http://" + host + `\@evil.example/x`, `/v1\..\x`,
		"http://" + strings.ReplaceAll(host, ".", "%2e") + "/v1/x", // an escape in the host
		"http://" + strings.Replace(host, "1", "%31", 1) + "/v1/x",
		upstream.URL + "0/v1/x", "http://" + strings.Replace(host, ":", ":0", 1) + "/v1/x",
		"http://" + strings.Replace(host, ":", ".:", 1) + "/v1/x", // a root's dot
		"http://user:pw@" + host + "/v1/x",
		upstream.URL + "/v1/%2E%2e/x", upstream.URL + "/v1/%252e%252e/x",
		"\t" + upstream.URL + "/v1/x", "/v1/\tx",
		upstream.URL + `/v1/a%2Fb"`, // Go would encode the path anew, as a/b
		"/v1/a%2Fb{c}",
		"data:text/html,x", "//", "//@/", "https://",
	}
	tests := map[string]string{
		upstream.URL + "/v1/../x":   public + "/web/x",
		"../../../../x":             public + "/web/x",
		"#part":                     public + "/api/a/b?q=1#part",
		"?":                         public + "/api/a/b?",
		upstream.URL + "/v1/x?a#":   public + "/api/x?a#",
		upstream.URL + "/v1/x#%zz?": upstream.URL + "/v1/x#%zz?",
		upstream.URL + "/v1/x?u=http://evil.example/..": public + "/api/x?u=http://evil.example/..",
		upstream.URL + "//evil.example":                 public + "/web//evil.example",
	}
	for _, reference := range unchanged {
		tests[reference] = reference
	}
	for reference, want := range tests {
		location = reference
		// Surrounding white space is no part of a field's value (RFC 9110 §5.5).
		want = strings.TrimSpace(want)
		if reference != strings.TrimSpace(reference) {
			want = public + "/api/x"
		}
		resp := sidecartest.Raw(t, address, get("/api/a/b?q=1"))
		if got := resp.Header.Get("Location"); got != want {
			t.Errorf("%q became %q, want %q", reference, got, want)
		}
	}
}

// TestARelativeLinkOutsideOfEveryRoute fails when an upstream's own path is
// taken for one of the sidecar's.
func TestARelativeLinkOutsideOfEveryRoute(t *testing.T) {
	upstream := sidecartest.NewUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/gh-api/user?x#y")
		w.WriteHeader(http.StatusFound)
	})
	address := sidecartest.Run(t, fmt.Sprintf(`handle /npm/* {
		uri path_regexp ^/npm/ /api/npm/
		upstream_links %[1]s/api/npm /npm/
		reverse_proxy %[1]s
	}`, upstream.URL))
	got := sidecartest.Raw(t, address, get("/npm/x")).Header.Get("Location")
	if want := upstream.URL + "/gh-api/user?x#y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTwoEntriesForOneHost fails when a link leads from one entry's route into
// the other's, and so changes the token.
func TestTwoEntriesForOneHost(t *testing.T) {
	var location string
	upstream := sidecartest.NewUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.Header().Set("Content-Location", location)
		w.WriteHeader(http.StatusCreated)
	})
	site := ""
	for _, route := range []struct{ prefix, base string }{
		{"/one/api/v1/", "/api/v1/"}, {"/one/", "/"}, {"/two/api/v1/", "/api/v1/"}, {"/two/", "/"},
	} {
		site += fmt.Sprintf("handle %[1]s* {\nuri path_regexp ^%[1]s %[2]s\nupstream_links %[3]s%[2]s %[1]s\nreverse_proxy %[3]s\n}\n", route.prefix, route.base, upstream.URL)
	}
	address := sidecartest.Run(t, site)
	for from, links := range map[string]map[string]string{
		"/one/api/v1/x": {"/api/v1/y": "/one/api/v1/y", "/y": "/one/y"},
		"/two/api/v1/x": {"/api/v1/y": "/two/api/v1/y", "/y": "/two/y"},
		"/one/x":        {"/api/v1/y": "/one/api/v1/y", "/y": "/one/y"},
		"/two/x":        {"/api/v1/y": "/two/api/v1/y", "/y": "/two/y"},
	} {
		for link, want := range links {
			location = upstream.URL + link
			resp := sidecartest.Raw(t, address, get(from))
			for _, name := range []string{"Location", "Content-Location"} {
				if got := resp.Header.Get(name); got != "http://sidecar:9099"+want {
					t.Errorf("from %s %s %s became %s, want %s", from, name, link, got, want)
				}
			}
		}
	}
}

// TestWithoutAHost fails when an HTTP/1.0 client is sent to no host at all.
func TestWithoutAHost(t *testing.T) {
	address, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/v1/y")
		w.WriteHeader(http.StatusFound)
	})
	got := sidecartest.Raw(t, address, "GET /api/x HTTP/1.0\r\n\r\n").Header.Get("Location")
	if got != "/api/y" {
		t.Errorf("got %q", got)
	}
}

// TestReload fails when links still lead to a route that is gone, or not yet
// to one that is new.
func TestReload(t *testing.T) {
	var location string
	upstream := sidecartest.NewUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	})
	address := sidecartest.Run(t, "respond 200")
	host, port, _ := strings.Cut(address, ":")
	load := func(routes ...string) error {
		site := ""
		for _, prefix := range routes {
			site += fmt.Sprintf("handle %[1]s* {\nuri path_regexp ^%[1]s %[1]s\nupstream_links %[2]s%[1]s %[1]s\nreverse_proxy %[2]s\n}\n", prefix, upstream.URL)
		}
		return sidecartest.Load("{\nadmin off\npersist_config off\nauto_https off\ngrace_period 1s\n}\nhttp://:" + port + " {\nbind " + host + "\n" + site + "\n}\n")
	}
	// The old configuration may answer what its listener had taken already.
	becomes := func(link, want string) string {
		location = upstream.URL + link
		deadline := time.Now().Add(5 * time.Second)
		for {
			got := strings.TrimPrefix(sidecartest.Raw(t, address, get("/a/x")).Header.Get("Location"), "http://sidecar:9099")
			if got == want || time.Now().After(deadline) {
				return got
			}
		}
	}

	if err := load("/a/", "/old/"); err != nil {
		t.Fatal(err)
	}
	if got := becomes("/old/y", "/old/y"); got != "/old/y" {
		t.Errorf("before: the old route's link became %q", got)
	}
	if err := load("/a/", "/new/"); err != nil {
		t.Fatal(err)
	}
	if got := becomes("/old/y", upstream.URL+"/old/y"); got != upstream.URL+"/old/y" {
		t.Errorf("after: the old route's link became %q", got)
	}
	if got := becomes("/new/y", "/new/y"); got != "/new/y" {
		t.Errorf("after: the new route's link became %q", got)
	}
	if err := load("/a/", "/never/", "/b/ nonsense"); err == nil {
		t.Fatal("a broken configuration was loaded")
	}
	if got := becomes("/never/y", upstream.URL+"/never/y"); got != upstream.URL+"/never/y" {
		t.Errorf("after a refused reload: its route's link became %q", got)
	}
	if got := becomes("/new/y", "/new/y"); got != "/new/y" {
		t.Errorf("after a refused reload: the running route's link became %q", got)
	}
}
