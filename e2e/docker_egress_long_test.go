//go:build long

package e2e

import (
	"path/filepath"
	"testing"
	"time"
)

// If this fails, repositories of the size people have cannot be cloned through
// the whole chain in Docker.
func TestDockerClonesABigRepositoryThroughMitmproxy(t *testing.T) {
	g := newGitServer(t, "x-access-token", bulkToken, "github.com")
	createBig(t, g)
	s := inspectedDockerBottle(t, g, bulkToken, nil)
	started := time.Now()
	s.run(t, s.Home, "git", "clone", "-q", "https://github.com/team/big.git").must(t)
	t.Logf("cloned in %v", time.Since(started).Round(time.Second/10))
	clone := s.Home + "/big"
	want := runIn(t, filepath.Join(g.root, "team/big.git"), g.env, "git", "rev-parse", "HEAD").must(t)
	if got := s.run(t, clone, "git", "rev-parse", "HEAD").must(t); got != want {
		t.Errorf("cloned %s, want %s", got, want)
	}
	s.run(t, clone, "git", "fsck", "--full").must(t)
	if changed := s.run(t, clone, "git", "status", "--porcelain").must(t); changed != "" {
		t.Errorf("what was checked out differs:\n%s", changed)
	}
}
