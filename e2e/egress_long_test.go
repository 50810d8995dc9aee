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
