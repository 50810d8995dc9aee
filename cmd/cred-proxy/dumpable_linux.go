package main

import "golang.org/x/sys/unix"

// makeUndumpable keeps other processes of the same user, the agent of `run`
// first among them, from reading this one's environment in
// /proc/<pid>/environ, and its memory: the host's tokens are in both
// (prctl(2), PR_SET_DUMPABLE).
func makeUndumpable() error {
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
