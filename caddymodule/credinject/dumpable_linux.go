package credinject

import (
	"sync"

	"golang.org/x/sys/unix"
)

// makeUndumpable keeps other processes of the same user from reading
// /proc/<pid>/environ and /proc/<pid>/mem, and the kernel from writing a core
// file (prctl(2), PR_SET_DUMPABLE).
var makeUndumpable = sync.OnceValue(func() error {
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
})
