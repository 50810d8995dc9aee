package upstreamlinks

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const fuzzPublic = "http://sidecar:9099"

func fuzzRewriter() *rewriter {
	api := link{scheme: "https", host: "api.example", path: "/v1", route: "/api/"}
	return &rewriter{
		links:  &table{links: []link{api, {"https", "web.example", "", "/web/"}, {"http", "plain.example:8080", "/b", "/plain/"}}},
		own:    api,
		base:   url.URL{Scheme: "https", Host: "api.example", Path: "/v1/a/b", RawQuery: "q"},
		public: fuzzPublic,
	}
}

var (
	absolute = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:|//)`)

	// into matches what may be rewritten among absolute references, by a rule
	// of its own: scheme and host as in the table, ASCII case and the scheme's
	// port aside.
	into = regexp.MustCompile(`^(?i:https:)?//(?i:api\.example|web\.example)(?::443)?(?:[/?#]|$)|^(?i:http://plain\.example:8080)(?:[/?#]|$)`)
)

// FuzzLocation fails when a link of another host comes to lead into a route,
// a link leaves for a host that the upstream did not name, or what is
// rewritten once does not stay.
func FuzzLocation(f *testing.F) {
	for _, seed := range []string{
		"https://api.example/v1/x?y#z", "https://api.example:443/v1", "HTTPS://WEB.example/", "//web.example/x", "/v1/x", "../../x", "?p=2", "#f",
		"https://api.example.evil.example/v1/", "https://api.example@evil.example/v1/", "https://evil.example/https://api.example/v1/",
		"///evil.example/x", "////evil.example", `/\evil.example`, `\\evil.example`, "https:/api.example/v1/x", "https:api.example", "https:///api.example/v1",
		"https://api%2eexample/v1/x", "https://%61pi.example/v1/x", "https://api.example/v1%2F..%2Fx", "https://api.example/v1/../x", "https://api.example/v1/%2e%2e/x",
		"https://api.example:0443/v1/x", "https://api.example./v1/x", "https://api.example:/v1/x", "https://%E2%84%AApi.example/", "/v1/a%2Fb\"", "/.//evil.example/x",
		"javascript:alert(1)", "\t//evil.example", "http://plain.example:8080/b/x", "https://[::1]/v1/", "/x{y}", "",
	} {
		f.Add(seed)
	}
	rw := fuzzRewriter()
	f.Fuzz(func(t *testing.T, reference string) {
		got := rw.rewrite(reference)
		if got == reference {
			return
		}
		rest, ours := strings.CutPrefix(got, fuzzPublic+"/")
		switch {
		case !ours && (absolute.MatchString(reference) || !strings.HasPrefix(got, "https://api.example/")):
			t.Fatalf("%q became %q, which is neither a route's nor the upstream's", reference, got)
		case ours && absolute.MatchString(reference) && !into.MatchString(reference):
			t.Fatalf("%q became %q", reference, got)
		case ours && !strings.HasPrefix(rest, "api/") && !strings.HasPrefix(rest, "web/") && !strings.HasPrefix(rest, "plain/"):
			t.Fatalf("%q became %q, which is in no route", reference, got)
		}
		if again := rw.rewrite(got); again != got {
			t.Fatalf("%q became %q and then %q", reference, got, again)
		}
		// Percent-encoding is the upstream's: nothing is decoded or encoded,
		// but for a path that is "%2A" alone, which Go prints as "*".
		if escapes(got) != escapes(reference) {
			t.Fatalf("%q became %q: the encoding changed", reference, got)
		}
	})
}

func escapes(reference string) int {
	return strings.Count(strings.ReplaceAll(strings.ToUpper(reference), "%2A", "*"), "%")
}

// FuzzLink fails when a Link header's parameters change, or a target is
// changed otherwise than a Location would be.
func FuzzLink(f *testing.F) {
	for _, seed := range []string{
		`<https://api.example/v1/i?page=2>; rel="next", <https://evil.example/>; rel="last"`, `<x>; title="<https://api.example/v1>"`, `<x>; title="https://api.example/v1>"`,
		`<https://api.example/v1`, `"`, `"\`, `"\"<https://api.example/v1>`, `<https://api.example/v1>"<https://api.example/v1>`, `<//web.example/a>,<//web.example/b`, `<>`, `<<https://api.example/v1>>`, `>;<`,
	} {
		f.Add(seed)
	}
	rw := fuzzRewriter()
	f.Fuzz(func(t *testing.T, value string) {
		got := rw.linkHeader(value)
		want := linkPart.ReplaceAllStringFunc(value, func(part string) string {
			if part[0] != '<' {
				return part
			}
			reference, closed := strings.CutSuffix(part[1:], ">")
			if !closed {
				return part
			}
			return "<" + rw.rewrite(reference) + ">"
		})
		if got != want {
			t.Fatalf("%q became %q, want %q", value, got, want)
		}
	})
}

// linkPart matches a quoted string, closed or not, and a target that is closed.
// One that is not ends what is understood.
var linkPart = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.?)*"?|<[^>]*>|<.*`)
