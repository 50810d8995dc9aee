package launcher

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// newPlan returns a plan with the given routes, all of one token.
func newPlan(paths ...string) *plan.Plan {
	p := &plan.Plan{Requires: []plan.Requirement{{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "T"}}}
	for _, path := range paths {
		p.Routes = append(p.Routes, plan.Route{Path: path, Upstream: "https://upstream.example", TokenEnv: "CRED_PROXY_TOKEN_0", Write: bottle.Allow})
	}
	return p
}

// TestCompare: a reload says what it did in these words.
func TestCompare(t *testing.T) {
	other := newPlan("/a/", "/b/")
	other.Routes[1].Auth.Header = "X-Api-Key"
	moved := newPlan("/a/", "/b/")
	moved.Requires = append([]plan.Requirement{{TokenEnv: "CRED_PROXY_TOKEN_1", TokenRef: "T"}}, plan.Requirement{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "U"})
	moved.Routes[0].TokenEnv, moved.Routes[1].TokenEnv = "CRED_PROXY_TOKEN_1", "CRED_PROXY_TOKEN_1"
	resourced := newPlan("/a/", "/b/")
	resourced.Requires[0].TokenRef = "U"
	cases := []struct {
		name  string
		after *plan.Plan
		want  Changes
	}{
		{"nothing", newPlan("/a/", "/b/"), Changes{}},
		{"the order alone", newPlan("/b/", "/a/"), Changes{}},
		{"one more, one less", newPlan("/b/", "/c/"), Changes{Added: []string{"/c/"}, Removed: []string{"/a/"}}},
		{"another way of authenticating", other, Changes{Changed: []string{"/b/"}}},
		{"another slot for the same variable", moved, Changes{Tokens: true}},
		{"another variable", resourced, Changes{Tokens: true, Changed: []string{"/a/", "/b/"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(newPlan("/a/", "/b/"), c.after)
			empty := cmp.Comparer(func(a, b []string) bool { return slices.Equal(a, b) })
			if diff := cmp.Diff(c.want, got, empty); diff != "" {
				t.Error(diff)
			}
		})
	}
}
