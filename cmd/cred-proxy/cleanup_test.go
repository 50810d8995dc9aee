package main

import (
	"context"
	"errors"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// stubborn is a backend whose leftovers do not all go.
type stubborn struct{ backend }

var errInUse = errors.New("it is in use")

func (stubborn) RemoveLeftovers(_ context.Context, left []launcher.Leftover) error {
	if left[0].Name == "a" {
		return errInUse
	}
	return nil
}

// TestRemoveEach: if this fails, one thing that cannot be removed keeps cleanup
// from the others, or is reported as removed.
func TestRemoveEach(t *testing.T) {
	left := []leftover{{Leftover: launcher.Leftover{Name: "a"}, of: stubborn{}}, {Leftover: launcher.Leftover{Name: "b"}, of: stubborn{}}}
	removeEach(t.Context(), left)
	if left[0].Removed || left[0].Error != errInUse.Error() || !left[1].Removed || left[1].Error != "" {
		t.Errorf("got %+v", left)
	}
}
