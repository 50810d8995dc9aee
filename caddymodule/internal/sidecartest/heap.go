package sidecartest

import "runtime"

// Heap returns what is in use after a collection, in bytes.
func Heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) //nolint:gosec // far below
}
