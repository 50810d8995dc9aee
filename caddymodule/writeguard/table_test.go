package writeguard

import (
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// TestTablesAreWellFormed fails when a row does not do what it seems to: an
// allow row for methods it does not name, a pattern that swallows paths
// nobody thought of, a check on a row that refuses.
func TestTablesAreWellFormed(t *testing.T) {
	for name, a := range apis {
		seen := make(map[string]bool)
		for i := range a.rows {
			r := &a.rows[i]
			for method := range strings.SplitSeq(r.methods, " ") {
				key := method + " " + r.path
				if seen[key] {
					t.Errorf("%s: %s is there twice", name, key)
				}
				seen[key] = true
				if method != "*" && (method == "" || method != strings.ToUpper(method)) {
					t.Errorf("%s: %s: method %q", name, r, method)
				}
			}
			last := r.patterns[0][len(r.patterns[0])-1].kind
			switch {
			case r.area == "":
				t.Errorf("%s: %s has no area", name, r)
			case r.docs == "" && r.note == "":
				t.Errorf("%s: %s has neither the vendor's names nor a note", name, r)
			case !strings.HasPrefix(r.path, "/") || strings.HasSuffix(r.path, "/"):
				t.Errorf("%s: %s: the path starts with a slash and does not end in one", name, r)
			case r.verdict == allow && r.methods == "*":
				t.Errorf("%s: %s allows every method", name, r)
			case r.verdict == allow && last >= some && !strings.Contains(r.methods, "GET"):
				t.Errorf("%s: %s allows writes to all that is below", name, r)
			case r.verdict == refuse && r.check != nil:
				t.Errorf("%s: %s refuses on a condition", name, r)
			}
		}
	}
}

// TestPatterns fails when a row is about another path than it says.
func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, path string
		exact, want   bool
	}{
		{"/repos/{owner}/{repo}/issues", "/repos/o/r/issues", true, true},
		{"/repos/{owner}/{repo}/issues", "/repos/o/r/Issues", true, false},
		{"/repos/{owner}/{repo}/issues", "/repos/o/issues", true, false},
		{"/repos/{owner}/{repo}/issues", "/repos/o/r/issues/1", true, false},
		{"/repos/{owner}/{repo}/ISSUES", "/repos/o/r/issues", false, true},
		{"/a/{rest...}", "/a", true, false},
		{"/a/{rest...}", "/a/b", true, true},
		{"/a/{rest...}", "/a/b/c", true, true},
		{"/a/{rest*}", "/a", true, true},
		{"/a/{rest*}", "/a/b/c", true, true},
		{"/a/{rest*}", "/b", true, false},
		{"/a/{id%}", "/a/b", true, true},
		{"/a/{id%}", "/a/b/c", true, false},
	}
	for _, test := range tests {
		if got := compile(test.pattern).matches(split(test.path), test.exact); got != test.want {
			t.Errorf("%s matches %s (exactly: %v): %v", test.pattern, test.path, test.exact, got)
		}
	}
	for _, malformed := range []string{"/a/{b", "/a/b}", "/{a...}/b", "/{a*}/b", "/a%2Fb", "/", "/a*"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was compiled", malformed)
				}
			}()
			compile(malformed)
		}()
	}
}

// TestOpaqueSegments fails when a %2F is taken for part of a segment where
// the vendor does not say so, or hides another trick, or a refused path.
func TestOpaqueSegments(t *testing.T) {
	a := &api{name: "test", rows: []row{
		{verdict: allow, methods: "POST", path: "/projects/{id%}/issues", area: "issues"},
		{verdict: allow, methods: "POST", path: "/projects/{id}/notes", area: "notes"},
		{verdict: refuse, methods: "POST", path: "/projects/{id%}/files/{path%}", area: "contents"},
		{verdict: refuse, methods: "*", path: "/projects/import/{rest*}", area: "import"},
	}}
	a.compile()
	for path, want := range map[string]verdict{
		"/projects/a/issues":                  allow,
		"/projects/a%2Fb/issues":              allow,
		"/projects/a%2fb%2Fc/issues":          allow,
		"/projects/a%2Ffiles%2Fb/issues":      allow,
		"/projects/a%252Fb/issues":            refuse,
		"/projects/a%2Fb%5Cc/issues":          refuse,
		"/projects/a%2Fb%252Fc/issues":        refuse,
		"/projects/a%2Fb%3Bc/issues":          refuse,
		"/projects/a%2Fb%3F/issues":           refuse,
		"/projects/a/files%2Fb/issues":        refuse,
		"/projects/a%2Ffiles/issues/x":        refuse,
		"/projects%2Fa/issues":                refuse,
		"/projects/a%2Fb/notes":               refuse,
		"/projects/a%2Fb/Issues":              refuse,
		"/projects/a%2Fb/iss%75es":            refuse,
		"/projects/a%2Fb/files/c%2Fd":         refuse,
		"/projects/import/issues":             refuse,
		"/projects/i%6Dport/issues":           refuse,
		"/projects/a%2Fb/issues/":             allow,
		"/projects//a%2Fb/issues":             allow,
		"/projects/%2F/issues":                allow,
		"/projects/issues":                    refuse,
		"/projects/a%2Fb/issues;x":            refuse,
		"/projects/a%2Fb/issues%3Fx":          refuse,
		"/projects/a%2F%2Fimport%2Fb/issues":  allow,
		"/projects/import%2Fissues":           refuse,
		"/projects/import%2Fissues/issues":    allow,
		"/projects/import%252Fissues/issues":  refuse,
		"/projects/import/%2Fissues/issues":   refuse,
		"/projects/x%2F..%2Fimport/issues":    refuse, // and 400 before that
		"/projects/a%2Fb/issues/%2Ffiles%2Fc": refuse,
	} {
		parsed, err := target.Parse(path)
		if err != nil {
			continue
		}
		if got, _ := a.decide("POST", parsed); got != want {
			t.Errorf("%s: verdict %v, want %v", path, got, want)
		}
	}
	parsed, err := target.Parse("/projects/a%2Fb/files/c%2Fd")
	if err != nil {
		t.Fatal(err)
	}
	if _, rows := a.decide("POST", parsed); len(rows) != 1 || rows[0].area != "contents" {
		t.Errorf("the refusal of a file does not say so: %v", rows)
	}
}
