//go:build long

package e2e

import "testing"

// If this fails, repositories of the size people have cannot be cloned through
// a real proxy that inspects.
func TestGitClonesABigRepositoryThroughMitmproxy(t *testing.T) {
	world := newInternet(t)
	g := newGitServer(t, "x-access-token", bulkToken, "github.com")
	world.lead("github.com", g.Address)
	content := createBig(t, g)
	m := newMitmproxy(t, "127.0.0.1", world)
	s := up(t, "tokens: [{kind: github, token_ref: GH}]\n"+m.egress(), map[string]string{"GH": bulkToken})
	for _, version := range []string{"0", "2"} {
		content.clone(t, s, "https://github.com", version)
	}
	s.checkPeak(t)
	t.Logf("mitmproxy's resident memory peaked at %d MiB", peak(t, m.pid)>>20)
}

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
