//go:build !linux

package docker

import "net/netip"

// hostRoutes knows no routes here: the engine runs in a virtual machine, whose
// routes are not this host's.
func hostRoutes() ([]netip.Prefix, error) { return nil, nil }
