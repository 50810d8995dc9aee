package writeguard

import (
	"bufio"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// FuzzGuard fails when a path is allowed that an upstream, of one of the many
// kinds there are, reads as one that a row refuses, or that no row allows.
func FuzzGuard(f *testing.F) {
	file, err := os.Open("testdata/github.operations")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	n := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); n++ {
		// One in 40 is enough: each seed costs a moment before fuzzing begins.
		if fields := strings.Fields(scanner.Text()); len(fields) == 3 && n%40 == 1 {
			f.Add(fields[0], variable.ReplaceAllString(fields[1], "x"))
		}
	}
	for _, trick := range []string{
		"/repos/o/r%2Fcontents%2Fd/issues/1/labels", "/repos/o/r/issues/1/labels;/x", `/repos/o/r%5Ccontents/issues/1/labels`, "/repos/o/r/issues/1/labels%3Fx",
		"/repos/o/r%23/issues/1/labels", "//repos//o/r/issues/1/labels/", "/repos/o/r/issues/1/labels/a%252Fb", "/repos/o/r/issues/1/labels/a%2Fb", "/api/v3/repos/o/r/labels/a%2Fb%2Fc",
		"/repos/o/r/contents/%2e%2e/issues", "/REPOS/o/r/issues", "/repos/o/r;contents/issues", "/repos/o/r%3Bcontents/issues",
	} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			f.Add(method, trick)
		}
	}
	f.Fuzz(func(t *testing.T, method, sent string) {
		parsed, err := target.Parse(sent)
		if err != nil || isRead(method) {
			return
		}
		verdict, rows := github.decide(method, parsed)
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
			if found := github.find(refuse, method, segments, false); found != nil {
				t.Errorf("%s %s is allowed, and to an upstream that %s it is %s, which %s refuses", method, sent, name, plain, found)
			}
			if github.find(allow, method, segments, false) == nil {
				t.Errorf("%s %s is allowed, and to an upstream that %s it is %s, which no row allows", method, sent, name, plain)
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
