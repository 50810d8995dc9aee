//go:build !linux

package docker

import "net/netip"

// HostRoutes knows no routes here: the engine runs in a virtual machine, whose
// routes are not this host's.
func HostRoutes() ([]netip.Prefix, error) { return nil, nil }
