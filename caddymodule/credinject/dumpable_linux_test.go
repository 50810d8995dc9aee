package credinject_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestTheProcessIsUndumpable fails when the sidecar's environment and memory
// can be read by other processes of the user, or end up in a core file. (A
// test that reads /proc/<pid>/environ would prove nothing when run by root.)
func TestTheProcessIsUndumpable(t *testing.T) {
	start(t, "")
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if dumpable != 0 {
		t.Errorf("PR_GET_DUMPABLE is %d, want 0", dumpable)
	}
}
