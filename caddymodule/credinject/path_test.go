package credinject_test

import (
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestPathsReachTheUpstreamAsSentOrNotAtAll is about the gap between Caddy's
// path matcher and the upstream: if it fails, a path can match one route and
// be read by the upstream as another, with that route's credential.
func TestPathsReachTheUpstreamAsSentOrNotAtAll(t *testing.T) {
	const refused, unrouted, malformed = "ambiguous_path", "no_route", ""
	tests := []struct {
		name, target string
		upstream     string // what the upstream received; empty: nothing
		code         string // Cred-Proxy-Error when it received nothing
	}{
		{"a plain path", "/a/x", "/x", ""},
		{"the route itself", "/a/", "/", ""},
		{"a base path is put in front", "/b/x", "/base/v1/x", ""},
		{"a query is kept", "/a/x?q=1&r=%2F", "/x?q=1&r=%2F", ""},
		{"an empty query is kept", "/a/x?", "/x?", ""},
		{"a query with odd separators is kept", "/a/x?a;b&&c=&=d", "/x?a;b&&c=&=d", ""},
		{"a query with a bad escape is kept", "/a/x?a=%zz", "/x?a=%zz", ""},
		{"an encoded slash in a segment", "/a/@scope%2Fname", "/@scope%2Fname", ""},
		{"a lower-case encoded slash", "/a/@scope%2fname", "/@scope%2fname", ""},
		{"an encoded slash behind a base path", "/b/@scope%2fname", "/base/v1/@scope%2fname", ""},
		{"an encoded backslash in a file name", "/a/x%5Cy", "/x%5Cy", ""},
		{"a Latin-1 byte", "/a/caf%E9", "/caf%E9", ""},
		{"UTF-8", "/a/caf%C3%A9", "/caf%C3%A9", ""},
		{"a percent sign in a file name", "/a/100%25done", "/100%25done", ""},
		{"a percent sign encoded twice", "/a/100%2525", "/100%2525", ""},
		{"square brackets", "/a/users/dependabot[bot]", "/users/dependabot[bot]", ""},
		{"every other byte a path may hold", "/a/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@", ""},
		{"a run of slashes inside", "/a/x//y", "/x//y", ""},
		{"a trailing slash", "/a/x/", "/x/", ""},
		{"an encoded space", "/a/x%20y", "/x%20y", ""},
		{"parameters", "/a/x;v=1/y", "/x;v=1/y", ""},
		{"an encoded letter stays encoded", "/a/%78", "/%78", ""},
		{"three dots are a name", "/a/...", "/...", ""},
		{"a dot file", "/a/.git/config", "/.git/config", ""},
		{"a name with two dots", "/a/x..y", "/x..y", ""},
		{"a colon first", "/a/:x", "/:x", ""},
		{"an encoded question mark", "/a/x%3Fy", "/x%3Fy", ""},
		{"an encoded hash", "/a/x%23y", "/x%23y", ""},
		{"mixed case is kept", "/a/ReadMe", "/ReadMe", ""},

		{"an upstream path that looks like the prefix", "/a/a", "/a", ""},
		{"an upstream path below one that looks like the prefix", "/a/A/x", "/A/x", ""},

		{"a dot segment", "/a/./x", "", refused},
		{"a dot-dot segment", "/a/../b/x", "", refused},
		{"dot-dot at the end", "/a/x/y/..", "", refused},
		{"dot-dot up to the route", "/a/x/..", "", unrouted},
		{"dot at the end", "/a/x/.", "", refused},
		{"an encoded dot-dot segment", "/a/%2e%2e/b/x", "", refused},
		{"an encoded dot-dot segment in upper case", "/a/%2E%2E/b/x", "", refused},
		{"a half encoded dot-dot segment", "/a/.%2e/b/x", "", refused},
		{"the other half", "/a/%2e./b/x", "", refused},
		{"an encoded dot segment", "/a/%2e/x", "", refused},
		{"dot-dot encoded twice", "/a/%252e%252e/b/x", "", refused},
		{"dot-dot encoded three times", "/a/%25252e%25252e/b/x", "", refused},
		{"dot-dot encoded four times", "/a/%2525252e%2525252e/b/x", "", refused},
		{"dot-dot encoded five times", "/a/%252525252e%252525252e/b/x", "", refused},
		{"more encodings than anyone has a use for", "/a/%25252525252525", "", refused},
		{"dot-dot with an encoded slash behind", "/a/..%2fb/x", "", refused},
		{"dot-dot between encoded slashes", "/a/x%2f..%2fy", "", refused},
		{"all of it encoded", "/a/x%2f%2e%2e%2fy", "", refused},
		{"slash encoded twice", "/a/x%252f..%252fy", "", refused},
		{"dot-dot between backslashes", "/a/x%5c..%5cy", "", refused},
		{"dot-dot behind a backslash", "/a/%5c..%5c..%5cb", "", refused},
		{"a backslash encoded twice", "/a/x%255c..%255cy", "", refused},
		{"dot-dot with parameters", "/a/..;/b/x", "", refused},
		{"dot-dot with named parameters", "/a/..;x=y/b/x", "", refused},
		{"dot-dot with encoded parameters", "/a/..%3b/b/x", "", refused},
		{"encoded dot-dot with parameters", "/a/%2e%2e;v=1/b/x", "", refused},
		{"a dot with parameters", "/a/.;v/x", "", refused},
		{"dot-dot before an encoded query", "/a/x/..%3fq", "", refused},
		{"dot-dot before an encoded fragment", "/a/x/..%23q", "", refused},
		{"dot-dot between merged slashes", "/a//..//b/x", "", refused},
		{"overlong dots of two bytes", "/a/%c0%ae%c0%ae/b", "", refused},
		{"overlong dots of three bytes", "/a/%e0%80%ae%e0%80%ae/b", "", refused},
		{"overlong dots of four bytes", "/a/%f0%80%80%ae/b", "", refused},
		{"overlong dots of five bytes", "/a/%f8%80%80%80%ae/b", "", refused},
		{"overlong dots of six bytes", "/a/%fc%80%80%80%80%ae/b", "", refused},
		{"an overlong slash", "/a/x%c0%af..%c0%afy", "", refused},
		{"an overlong slash of three bytes", "/a/x%e0%80%afy", "", refused},
		{"an overlong backslash", "/a/x%c1%9cy", "", refused},
		{"an overlong slash encoded twice", "/a/x%25c0%25afy", "", refused},
		{"a NUL", "/a/x%00y", "", refused},
		{"a NUL encoded twice", "/a/x%2500y", "", refused},
		{"a line feed", "/a/x%0ay", "", refused},
		{"a carriage return", "/a/x%0d%0aX-Injected:%201", "", refused},
		{"a tab", "/a/x%09y", "", refused},
		{"a DEL", "/a/x%7fy", "", refused},
		{"an escape character", "/a/x%1by", "", refused},
		{"a raw quotation mark", "/a/x\"y", "", refused},
		{"a raw quotation mark beside an encoded slash", "/a/repos/o/r%2Fcontents%2Fd\"/issues/1/labels", "", refused},
		{"a raw less-than sign", "/a/x<y", "", refused},
		{"a raw greater-than sign", "/a/x>y", "", refused},
		{"a raw brace", "/a/x{y}", "", refused},
		{"a raw pipe", "/a/x|y", "", refused},
		{"a raw backslash", "/a/x\\y", "", refused},
		{"raw backslashes around dot-dot", "/a\\..\\b\\x", "", unrouted},
		{"a raw caret", "/a/x^y", "", refused},
		{"a raw backtick", "/a/x`y", "", refused},
		{"a raw hash", "/a/x#y", "", refused},
		{"a raw Latin-1 byte", "/a/caf\xe9", "", refused},
		{"raw UTF-8", "/a/café", "", refused},
		{"the prefix in another case", "/A/x", "", refused},
		{"the prefix with an encoded letter", "/%61/x", "", refused},
		{"the prefix with an encoded slash", "/a%2Fx", "", refused},
		{"the prefix behind two slashes", "//a/x", "", refused},
		{"the prefix behind a dot segment", "/./a/x", "", refused},
		{"the prefix behind a dot-dot segment", "/x/../a/x", "", refused},
		{"one route reached through another", "/b/../a/x", "", refused},
		{"one route reached through another, encoded", "/b/%2e%2e/a/x", "", refused},
		{"one route reached through none", "/c/%2e%2e/a/x", "", refused},
		{"the prefix with parameters", "/a;x/y", "", unrouted},
		{"the prefix without its slash", "/a", "", unrouted},
		{"a longer name", "/ab/x", "", unrouted},
		{"no route", "/c/x", "", unrouted},
		{"the root", "/", "", unrouted},
		{"a placeholder of Caddy", "/a/{env.CRED_PROXY_TOKEN_0}", "", refused},
		{"an encoded placeholder of Caddy", "/a/%7Benv.CRED_PROXY_TOKEN_0%7D", "/%7Benv.CRED_PROXY_TOKEN_0%7D", ""},
		{"a bad escape", "/a/%zz", "", malformed},
		{"a cut escape", "/a/x%2", "", malformed},
		{"a lone percent sign", "/a/100%", "", malformed},
	}
	if len(tests) < 80 {
		t.Fatalf("only %d paths", len(tests))
	}
	address, upstream := start(t, "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, get(test.target))
			received := upstream.Take()
			if test.upstream == "" {
				if len(received) != 0 {
					t.Fatalf("%s reached the upstream as %s", test.target, received[0].Target)
				}
				if code := resp.Header.Get("Cred-Proxy-Error"); code != test.code || resp.Status < 400 {
					t.Errorf("%s got %d %q, want code %q", test.target, resp.Status, code, test.code)
				}
				return
			}
			if resp.Status != 200 || len(received) != 1 {
				t.Fatalf("%s got %d (%s) and %d requests upstream", test.target, resp.Status, resp.Body, len(received))
			}
			if received[0].Target != test.upstream {
				t.Errorf("%s reached the upstream as %s, want %s", test.target, received[0].Target, test.upstream)
			}
			if got := received[0].Header["Authorization"]; len(got) != 1 || got[0] != "Bearer "+testToken {
				t.Errorf("the upstream saw %d Authorization headers, or another one than ours", len(got))
			}
		})
	}
}
