package docker

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// subnetBits makes networks of 14 addresses. The engine's own pools hand out
// /16s and /20s and are spent after some 15 bottles.
const subnetBits = 28

// DefaultSubnets are ranges that few networks use; what the host's routes have
// of them is left alone.
var DefaultSubnets = []netip.Prefix{
	netip.MustParsePrefix("10.213.0.0/16"), netip.MustParsePrefix("172.31.224.0/19"), netip.MustParsePrefix("192.168.224.0/19"),
}

// pickSubnets returns the first count /28s of pools that nothing in used
// overlaps. Where it starts looking depends on name, so that launchers that
// start at the same time do not all want the same ones.
func pickSubnets(pools, used []netip.Prefix, name string, count int) ([]netip.Prefix, error) {
	total := uint64(0)
	for _, pool := range pools {
		total += subnetsIn(pool)
	}
	if total == 0 {
		return nil, errNoSubnet(pools)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	start := h.Sum64() % total
	var picked []netip.Prefix
	for i := uint64(0); i < total && len(picked) < count; i++ {
		candidate := nthSubnet(pools, (start+i)%total)
		if !overlapsAny(candidate, used) {
			picked = append(picked, candidate)
		}
	}
	if len(picked) < count {
		return nil, errNoSubnet(pools)
	}
	return picked, nil
}

func errNoSubnet(pools []netip.Prefix) error {
	names := make([]string, len(pools))
	for i, pool := range pools {
		names[i] = pool.String()
	}
	return launcher.WithHint(fmt.Errorf("picking subnets: no /%d of %s is free: all are in use by the engine's networks or the host's routes",
		subnetBits, strings.Join(names, ", ")), "add a range of your own to docker.subnets in config.yaml, or end bottles: `cred-proxy ps`, `cred-proxy cleanup`")
}

// subnetsIn returns how many /28s a pool has.
func subnetsIn(pool netip.Prefix) uint64 {
	if !pool.Addr().Is4() || pool.Bits() > subnetBits {
		return 0
	}
	return 1 << (subnetBits - pool.Bits())
}

func nthSubnet(pools []netip.Prefix, n uint64) netip.Prefix {
	for _, pool := range pools {
		if have := subnetsIn(pool); n >= have {
			n -= have
			continue
		}
		first := pool.Masked().Addr().As4()
		var address [4]byte
		// n is below the pool's number of subnets, so this stays inside of it.
		binary.BigEndian.PutUint32(address[:], binary.BigEndian.Uint32(first[:])+uint32(n)<<(32-subnetBits)) //nolint:gosec // see above
		return netip.PrefixFrom(netip.AddrFrom4(address), subnetBits)
	}
	return netip.Prefix{}
}

func overlapsAny(p netip.Prefix, others []netip.Prefix) bool {
	for _, other := range others {
		if p.Overlaps(other) {
			return true
		}
	}
	return false
}

// Addresses in a bottle's internal network, counted from its subnet's. The
// first is the gateway's, which nobody has there.
const (
	sidecarHost = 2
	agentHost   = 3
	// secondHost is for the second sidecar of a reload; whichever of the two
	// is free.
	secondHost = 4
)

// hostIn returns the n-th address of a subnet.
func hostIn(subnet netip.Prefix, n byte) netip.Addr {
	address := subnet.Masked().Addr().As4()
	address[3] += n // a /28 starts at a multiple of 16
	return netip.AddrFrom4(address)
}
