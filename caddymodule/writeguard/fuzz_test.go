package writeguard

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// FuzzGuard fails when a path is allowed that an upstream, of one of the many
// kinds there are, reads as one that a row refuses, or that no row allows.
func FuzzGuard(f *testing.F) {
	for i, a := range tables {
		for j, r := range a.rows {
			// One in 20 is enough: each seed costs a moment before fuzzing begins.
			if j%20 == 1 {
				f.Add(uint8(i), strings.ReplaceAll(strings.Fields(r.methods)[0], "*", "POST"), variable.ReplaceAllString(r.path, "x"))
			}
		}
	}
	for _, trick := range []string{
		"/repos/o/r%2Fcontents%2Fd/issues/1/labels", "/repos/o/r/issues/1/labels;/x", `/repos/o/r%5Ccontents/issues/1/labels`, "/repos/o/r/issues/1/labels%3Fx",
		"/repos/o/r%23/issues/1/labels", "//repos//o/r/issues/1/labels/", "/repos/o/r/issues/1/labels/a%252Fb", "/repos/o/r/issues/1/labels/a%2Fb", "/api/v3/repos/o/r/labels/a%2Fb%2Fc",
		"/repos/o/r/contents/%2e%2e/issues", "/REPOS/o/r/issues", "/repos/o/r;contents/issues", "/repos/o/r%3Bcontents/issues",
	} {
		for _, method := range []string{"POST", "DELETE"} {
			f.Add(uint8(0), method, trick)
		}
	}
	for _, trick := range []string{"/api/v4/projects/a%2Fb/issues", "/api/v4/projects/a%2fb%2Fc/issues/1/notes", "/api/v4/projects/a%252Fb/issues", "/api/v4/projects/a%2Frepository%2Ffiles/issues", "/api/v4/projects/1/issues.json", "/api/v4/projects/a%2Fissues"} {
		f.Add(uint8(2), "POST", trick)
	}
	f.Fuzz(func(t *testing.T, which uint8, method, sent string) {
		a := tables[int(which)%len(tables)]
		parsed, err := target.Parse(sent)
		if err != nil || isRead(method) {
			return
		}
		verdict, rows := a.decide(method, parsed)
		if verdict == refuse {
			return
		}
		read := parsed.Path
		// What the vendor calls opaque it splits off before it decodes.
		if strings.Contains(rows[0].path, "%}") {
			read = strings.NewReplacer("%2F", "x", "%2f", "x").Replace(read)
		}
		for name, upstream := range upstreams() {
			plain := upstream(read)
			segments := split(strings.ToLower(plain))
			if found := a.find(refuse, method, segments, false); found != nil {
				t.Errorf("%s: %s %s is allowed, and to an upstream that %s it is %s, which %s refuses", a.name, method, sent, name, plain, found)
			}
			if a.find(allow, method, segments, false) == nil {
				t.Errorf("%s: %s %s is allowed, and to an upstream that %s it is %s, which no row allows", a.name, method, sent, name, plain)
			}
		}
	})
}

// upstreams are ways to read a path, written without internal/target.
func upstreams() map[string]func(string) string {
	decode := func(s string) string {
		if decoded, err := url.PathUnescape(s); err == nil {
			return decoded
		}
		return s
	}
	cut := func(separators string) func(string) string {
		return func(s string) string {
			if i := strings.IndexAny(s, separators); i >= 0 {
				return s[:i]
			}
			return s
		}
	}
	parameters := func(s string) string {
		segments := strings.Split(s, "/")
		for i := range segments {
			segments[i] = cut(";")(segments[i])
		}
		return strings.Join(segments, "/")
	}
	windows := func(s string) string { return strings.ReplaceAll(s, `\`, "/") }
	all := map[string]func(string) string{"does nothing": func(s string) string { return s }}
	for name, step := range map[string]func(string) string{
		"decodes": decode, "decodes twice": func(s string) string { return decode(decode(s)) },
	} {
		all[name] = step
		for further, and := range map[string]func(string) string{
			"cleans": path.Clean, "knows backslashes": windows, "drops parameters": parameters, "ends at a semicolon": cut(";"), "ends at a query": cut("?#"),
		} {
			all[name+" and "+further] = func(s string) string { return and(step(s)) }
			all[further+" and "+name] = func(s string) string { return step(and(s)) }
			all[name+" and knows backslashes and "+further] = func(s string) string { return and(windows(step(s))) }
		}
	}
	return all
}
