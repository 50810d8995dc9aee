package target

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadings fails when a spelling that some server understands is missing
// from what rules get to see.
func TestReadings(t *testing.T) {
	tests := []struct {
		name, path string
		want       []string
	}{
		{"a plain path", "/a/b", []string{"/a/b"}},
		{"the root", "/", []string{""}},
		{"upper case and slashes", "//A//b/", []string{"/a/b"}},
		{"an escape", "/a%2Fb", []string{"/a%2fb", "/a/b"}},
		{"two rounds", "/a%252Fb", []string{"/a%252fb", "/a%2fb", "/a/b"}},
		{"a backslash", "/a%5Cb", []string{"/a%5cb", `/a\b`, "/a/b"}},
		{"parameters", "/a;x/b", []string{"/a;x/b", "/a/b", "/a"}},
		{"an encoded query", "/a%3Fb", []string{"/a%3fb", "/a?b", "/a"}},
		{"a literal percent sign", "/100%25done", []string{"/100%25done", "/100%done"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Readings); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParse fails when a path is accepted that Go would forward as other
// bytes, or that has a dot segment for somebody.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"/a/b", "/a/%2e%2e/b", "/@s%2Fn?x=1", "/a;b/..", "/x%c0%ae", "*", "http://h/p", "/[a]", "/%", "/a\\b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		parsed, err := Parse(uri)
		if err != nil {
			if !errors.Is(err, ErrAmbiguous) {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, reading := range parsed.Readings {
			segments := strings.Split(reading, "/")
			if slices.Contains(segments, "..") || slices.Contains(segments, ".") || strings.ContainsRune(reading, 0) {
				t.Errorf("%q has the reading %q", uri, reading)
			}
		}
		u, err := url.ParseRequestURI(parsed.Path)
		if err != nil {
			t.Fatalf("Go refuses %q: %v", parsed.Path, err)
		}
		if got := u.EscapedPath(); got != parsed.Path {
			t.Errorf("Go forwards %q as %q", parsed.Path, got)
		}
	})
}

// FuzzWithoutParameters fails when a removed parameter survives in a form
// that Go's own parser, or a second decoding, still finds, or when a query
// without one is changed.
func FuzzWithoutParameters(f *testing.F) {
	for _, seed := range []string{"a=1&token=x", "t%6Fken=1;b", "&&token&&", "token", "%74oken=%zz&a", "to+ken=1", "[token]=1", "%5Btoken%5d", "token[]=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		stripped := WithoutParameters(query, []string{"token"})
		for name := range Parameters(stripped) {
			if Named(name, "token") {
				t.Errorf("%q became %q", query, stripped)
			}
		}
		values, _ := url.ParseQuery(stripped) // what parses is returned with the error
		for name := range values {
			if strings.EqualFold(name, "token") {
				t.Errorf("%q became %q, in which Go finds it", query, stripped)
			}
		}
		found := false
		for name := range Parameters(query) {
			found = found || Named(name, "token")
		}
		if !found && stripped != query {
			t.Errorf("%q has no token and became %q", query, stripped)
		}
	})
}
