package docker

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// labelled is a container of the user's own whose image brings labels.
func labelled(name, slug string) *fakeContainer {
	c := foreign(name)
	c.create.Config.Labels = map[string]string{labelBottle: slug, labelRole: roleSidecar, labelMode: launcher.Up}
	return c
}

// If this fails, the author of an image can have `cleanup` remove directories
// of the user's and `down` containers, or keep a bottle from starting.
func TestLabelsOfAnImageMakeNoBottle(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	private := filepath.Join(filepath.Dir(b.Store.Root()), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	f.containers = []*fakeContainer{labelled("mine", "../private"), labelled("yours", "dev"), labelled("cred-proxy-../private", "../private")}
	for i, c := range f.containers {
		c.id, c.running = c.name, i == 1
	}
	want := f.left()

	left, err := b.Leftovers(t.Context())
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if err := b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "../private"}}); err == nil {
		t.Error("what is no bottle is cleaned up")
	}
	if err := b.Stop(t.Context(), start(t, b, preparedPlan(t, ""))); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, f.left()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if _, err := os.Stat(private); err != nil {
		t.Error(err)
	}
}

// If this fails, `cleanup` removes what another launcher, whose state is
// elsewhere, has begun to start since it was listed.
func TestCleanupLeavesALaunchAlone(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	f.containers = nil // of a start, the networks are there first
	want := f.left()
	if err := b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "dev"}}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, f.left()); diff != "" {
		t.Errorf("of a launch under way (-before +after):\n%s", diff)
	}
	forgetLauncher(f)
	if err := b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "dev"}}); err != nil {
		t.Error(err)
	}
	assertNothingLeft(t, f, b, "after cleanup")
}
