package bottle

import (
	"errors"
	"strings"
	"testing"
)

// FuzzBottle fails when a bottle file makes the parser panic, or gets a value
// through that could steer a token elsewhere.
func FuzzBottle(f *testing.F) {
	for _, seed := range []string{
		"tokens: [{kind: npm, token_ref: A}]", "routes: [{path: /x/, upstream: 'https://x.example', auth: {basic: u, token_ref: A}}]",
		`{"bottles":{"a":{"tokens":[{"Kind":"gitea","TokenRef":"A","Url":"https://g.example"}]}}}`, "a: &a [*a]", "tokens: [{kind: gitea, url: 'http://localhost', token_ref: A}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		b, err := Parse("dev.yaml", content, "")
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("error %v is not a list of problems", err)
			}
			return
		}
		var upstreams []string
		for _, e := range b.Tokens {
			for _, x := range e.Expand() {
				upstreams = append(upstreams, x.Upstream)
			}
		}
		for _, r := range b.Routes {
			upstreams = append(upstreams, r.Upstream)
		}
		for _, upstream := range upstreams {
			if Host(upstream) == "" || strings.ContainsAny(upstream, "{}\"\\` \n?#") {
				t.Errorf("%q has the upstream %q", content, upstream)
			}
		}
	})
}
