//go:build unix

package admission

import (
	"math"

	"golang.org/x/sys/unix"
)

// maxOpenFiles returns the process's limit of descriptors. Go has raised the
// soft limit to the hard one.
func maxOpenFiles() (files int, known bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int(min(limit.Cur, math.MaxInt32)), true //nolint:gosec // in range
}
