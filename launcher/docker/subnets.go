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

// perBottle is how many networks a bottle has.
const perBottle = 2

// pickSubnets returns a bottle's /28s of pools, earlier pools first, which
// nothing in used overlaps. Where it starts looking in a pool depends on name, so that
// launchers that start at the same time do not all want the same ones.
func pickSubnets(pools, used []netip.Prefix, name string) (picked []netip.Prefix, err error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	for _, pool := range pools {
		total := subnetsIn(pool)
		for i := uint64(0); i < total && len(picked) < perBottle; i++ {
			candidate := nthSubnet(pool, (h.Sum64()+i)%total)
			if !overlapsAny(candidate, used) {
				picked = append(picked, candidate)
			}
		}
	}
	if len(picked) < perBottle {
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

// nthSubnet returns a /28 of a pool; n is below subnetsIn.
func nthSubnet(pool netip.Prefix, n uint64) netip.Prefix {
	first := pool.Masked().Addr().As4()
	var address [4]byte
	// As n is below the pool's number of subnets, this stays inside of it.
	binary.BigEndian.PutUint32(address[:], binary.BigEndian.Uint32(first[:])+uint32(n)<<(32-subnetBits)) //nolint:gosec // see above
	return netip.PrefixFrom(netip.AddrFrom4(address), subnetBits)
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
	// agentPipelockHost is for the agent's own pipelock.
	agentPipelockHost = 5
)

// forOthers returns the upper half of a subnet, from which the engine gives
// addresses to containers of the user's own: it would begin with those above,
// and the second sidecar of a reload would find its address taken.
func forOthers(subnet netip.Prefix) netip.Prefix {
	const half = 1 << (31 - subnetBits)
	return netip.PrefixFrom(hostIn(subnet, half), subnetBits+1)
}

// hostIn returns the n-th address of a subnet.
func hostIn(subnet netip.Prefix, n byte) netip.Addr {
	address := subnet.Masked().Addr().As4()
	address[3] += n // a /28 starts at a multiple of 16
	return netip.AddrFrom4(address)
}
