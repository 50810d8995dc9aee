//go:build long

package e2e

import "testing"

// If this fails, a bottle's pipelock does not let a git pack of 200 MB through.
func TestGitClonesABigRepositoryThroughPipelock(t *testing.T) {
	g := newGitServer(t, "oauth2", pipelockToken)
	content := createBig(t, g)
	routes := "tokens: [{kind: gitea, url: \"" + g.URL + "\", token_ref: T}]\n"
	p := newPipelock(t, routes)
	s := up(t, routes+p.egress(), map[string]string{"T": pipelockToken})
	content.clone(t, s, g.URL, "2")
	s.checkPeak(t)
	t.Logf("pipelock's resident memory peaked at %d MiB", peak(t, p.pid)>>20)
}
