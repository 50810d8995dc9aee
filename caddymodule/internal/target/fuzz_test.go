package target

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/naive"
)

// FuzzParse fails when a path is accepted that Go would forward as other
// bytes, that for some chain of servers has a dot segment or a control
// character in it, or of which a rule does not get to see what they see.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"/a/b", "/a/%2e%2e/b", "/@s%2Fn?x=1", "/a;b/..", "/x%c0%ae", "*", "http://h/p", "/[a]", "/%", "/a\\b", "/a/%252e%252e%252fb", "/a/.;x/b", "/a/.%3b/b",
		"/%25252525252e/", "/a%5c..%5cb", "/a/..%00/b", "/a/.%e0%80%ae/b", "/a/%2e%23/b", "/a/..?x/b", "/a%3f/../b", "/100%25done", "/a%25%32%65", "/%u002e/", "//", "/%2f%2f", "/a%0db",
		"/%25%63%30%25%61%65./x", "/%7e%41;.%2f..;/", "/x/..%3B%2F", "/a/%2e%5c", "/a%e9/b", "/a\x80", "/a b", "/a\"b", "/a%2Fb^c", "/a\tb", "/a#b", "/a?/../b#",
	} {
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
		if parsed.Path != uri && parsed.Path+"?"+parsed.Query != uri {
			t.Fatalf("%q was split into %q and %q", uri, parsed.Path, parsed.Query)
		}
		for reading, how := range naive.Paths(parsed.Path, 4) {
			if dotSegment.MatchString(reading) || control.MatchString(reading) {
				t.Errorf("%q is accepted, and to a server that %s it is %q", uri, how, reading)
			}
		}
		for _, reading := range decodings(parsed.Path) {
			for _, seen := range []string{reading, strings.ReplaceAll(reading, `\`, "/"), untilSemicolon.ReplaceAllString(reading, "$1"), untilSemicolon.ReplaceAllString(strings.ReplaceAll(reading, `\`, "/"), "$1")} {
				seen = strings.ToLower(strings.TrimRight(slashes.ReplaceAllString(seen, "/"), "/"))
				if !slices.Contains(parsed.Readings, seen) {
					t.Errorf("%q has no reading %q, only %q", uri, seen, parsed.Readings)
				}
			}
		}
		u, err := url.ParseRequestURI(uri)
		if err != nil {
			return // net/http refuses the request
		}
		if got := u.EscapedPath(); got != parsed.Path {
			t.Errorf("Go forwards %q as %q", parsed.Path, got)
		}
	})
}

var (
	dotSegment     = regexp.MustCompile(`(?:^|/)\.\.?(?:/|$)`)
	control        = regexp.MustCompile(`[\x00-\x1f\x7f]`)
	untilSemicolon = regexp.MustCompile(`(/[^/;]*);[^/]*`)
	slashes        = regexp.MustCompile(`/+`)
)

// decodings are the path and what each further decoding makes of it.
func decodings(path string) []string {
	all := []string{path}
	for {
		next := naive.Unescape(path)
		if next == path {
			return all
		}
		all, path = append(all, next), next
	}
}

// FuzzWithoutParameters fails when a removed parameter survives in a form
// that some server still finds, when something is removed that no server
// would take for one, or when another byte is changed.
func FuzzWithoutParameters(f *testing.F) {
	for _, seed := range []string{
		"a=1&access_token=x", "access%5Ft%6Fken=1;b", "&&sudo&&", "sudo", "%73udo=%zz&a", "su+do=1", "[sudo]=1", "%5Bsudo%5d", "sudo[]=1", "+sudo+=1&+a+", "access.token=1", "access+token", "access[token=1",
		"sudo%00x=1", "%u0073udo=1", "%2573udo=1", "SUDO", "a%26sudo=1", "a=%26sudo%3D1", "a;sudo=1;b&c", "sudo=1&", ";sudo=1", "a=b=sudo&c", "%00sudo", "%0asudo=1", "%25252525252573udo", "sudo%", "\u017fudo", "acce\u017fs_to\u212aen=1", "%EF%BD%93udo",
		"a=1&;&b=2;", "access_token", "x-sudo=1", "sudo.=1", "sudo%20=1&sudo%5B=1", "%53%55%44%4F=1&%41=2", "a=%u0026sudo=1", "sudo[]x=1", "sudo[a][b]", "[sudo][", "a[sudo]=1", "][sudo]",
	} {
		f.Add(seed)
	}
	names := []string{"access_token", "sudo"}
	f.Fuzz(func(t *testing.T, query string) {
		stripped := WithoutParameters(query, names)
		for server, read := range naive.Queries {
			if found := find(read(stripped), names); found != "" {
				t.Errorf("%q became %q, in which %s parser finds %q", query, stripped, server, found)
			}
		}
		left := pairs.FindAllString(stripped, -1)
		for _, pair := range pairs.FindAllString(query, -1) {
			if len(left) > 0 && strings.TrimRight(left[0], "&;") == strings.TrimRight(pair, "&;") {
				left = left[1:]
				continue
			}
			if !couldBe(pair, names) && strings.Trim(pair, "&;") != "" {
				t.Fatalf("%q became %q: %q is gone", query, stripped, pair)
			}
		}
		if len(left) > 0 {
			t.Fatalf("%q became %q: %q is new, or in another place", query, stripped, left)
		}
		if unchanged := !slices.ContainsFunc(pairs.FindAllString(query, -1), func(pair string) bool { return couldBe(pair, names) }); unchanged && stripped != query {
			t.Fatalf("%q, which has none of them, became %q", query, stripped)
		}
	})
}

var pairs = regexp.MustCompile(`[^&;]*[&;]|[^&;]+`)

func find(pairs []naive.Pair, names []string) string {
	for _, pair := range pairs {
		for _, name := range names {
			if strings.EqualFold(pair.Name, name) {
				return pair.Name
			}
		}
	}
	return ""
}

// couldBe reports whether somebody, however odd, could take a pair for one
// with such a name: its letters are the name's, or nobody can say.
func couldBe(pair string, names []string) bool {
	name, _, _ := strings.Cut(strings.TrimRight(pair, "&;"), "=")
	for range 5 {
		name = naive.Unescape(unicodeEscape.ReplaceAllString(name, "%$1"))
	}
	if strings.Contains(name, "%") && naive.Unescape(name) != name {
		return true // encoded more often than anybody decodes
	}
	name, _, _ = strings.Cut(strings.NewReplacer("\u017f", "s", "\u212a", "k", "\u0130", "i", "\u0131", "i").Replace(name), "\x00")
	indexed, _, _ := strings.Cut(name, "[") // the rest is an index, to PHP
	return slices.ContainsFunc(names, func(want string) bool {
		letters := noLetters.ReplaceAllString(want, "")
		return strings.EqualFold(noLetters.ReplaceAllString(name, ""), letters) || strings.EqualFold(noLetters.ReplaceAllString(indexed, ""), letters)
	})
}

var (
	unicodeEscape = regexp.MustCompile(`%[uU]00([0-9A-Fa-f]{2})`)
	noLetters     = regexp.MustCompile(`[^A-Za-z0-9\x80-\xff-]`)
)
