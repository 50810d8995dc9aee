package process

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// TestBottlesOfOthers: the store has the bottles of all backends. If this
// fails, one of Docker's is listed as dead, cleaned up or started over.
func TestBottlesOfOthers(t *testing.T) {
	b := newBackend(t, "fake-works")
	dir, err := b.Store.Lock(t.Context(), "dev")
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Save(&state.Record{Bottle: "dev", Slug: "dev", Backend: "docker", Phase: state.Running}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Unlock(); err != nil {
		t.Fatal(err)
	}
	if list, err := b.List(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("listed %+v, %v", list, err)
	}
	left, err := b.Leftovers(t.Context())
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %+v, %v", left, err)
	}
	if err := b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "dev", What: launcher.LeftoverState}}); err != nil {
		t.Error(err)
	}
	_, err = b.Start(t.Context(), newPlan("/a/"))
	if !errors.Is(err, launcher.ErrRunning) || !strings.Contains(err.Error(), "with the docker backend") {
		t.Errorf("started: %v", err)
	}
	if _, err := b.Store.Read("dev"); err != nil {
		t.Errorf("the record is gone: %v", err)
	}
}

// TestList: what ps shows of a bottle through its life.
func TestList(t *testing.T) {
	b := newBackend(t, "fake-works")
	b.Attached = true
	target := startBottle(t, b, newPlan("/a/"))
	want := launcher.Status{
		Bottle: "dev", Slug: "dev", Backend: "process", Status: launcher.Running, Mode: launcher.Run,
		URL: target.URL, PID: record(t, b).Sidecar.PID,
	}
	for _, status := range []string{launcher.Running, launcher.Dead} {
		want.Status = status
		got, err := b.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]launcher.Status{want}, got, cmpopts.IgnoreFields(launcher.Status{}, "Started")); diff != "" {
			t.Error(diff)
		}
		if err := state.Terminate(t.Context(), record(t, b).Sidecar, b.Grace); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Stop(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, b)
}

// TestLeftoversInUse: a bottle that a launcher is at work on, and one that was
// started after it was listed, are nobody's to remove.
func TestLeftoversInUse(t *testing.T) {
	b := newBackend(t, "fake-works")
	dir, err := b.Store.Lock(t.Context(), "dev")
	if err != nil {
		t.Fatal(err)
	}
	if left, err := b.Leftovers(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("while it is locked: %+v, %v", left, err)
	}
	if err := b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "dev"}}); !errors.Is(err, state.ErrBusy) {
		t.Errorf("removing what is locked: %v", err)
	}
	if err := dir.Unlock(); err != nil {
		t.Fatal(err)
	}
	left, err := b.Leftovers(t.Context())
	if err != nil || len(left) != 1 || left[0].What != launcher.LeftoverState {
		t.Fatalf("once it is not: %+v, %v", left, err)
	}
	target := startBottle(t, b, newPlan("/a/"))
	if err := b.RemoveLeftovers(t.Context(), left); err != nil {
		t.Error(err)
	}
	if !record(t, b).Alive() {
		t.Error("the bottle that was started since is gone")
	}
	if err := b.Stop(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	if err := b.RemoveLeftovers(t.Context(), left); err != nil {
		t.Errorf("removing what is gone: %v", err)
	}
	nothingLeft(t, b)
	if _, err := os.Stat(b.Store.Path("dev")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removing made a directory: %v", err)
	}
}
