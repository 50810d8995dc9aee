package docker

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// If this fails, a bottle takes a subnet that something else uses.
func TestPickSubnets(t *testing.T) {
	tests := map[string]struct {
		pools, used []netip.Prefix
		want        []netip.Prefix
	}{
		"the two that are left": {prefixes("10.0.0.0/26"), prefixes("10.0.0.16/28", "10.0.0.48/30"), prefixes("10.0.0.0/28", "10.0.0.32/28")},
		"beside larger networks": {
			prefixes("10.0.0.0/16", "192.168.0.0/27"), prefixes("10.0.0.0/8", "172.17.0.0/16"), prefixes("192.168.0.0/28", "192.168.0.16/28"),
		},
		"pools of their own size":       {prefixes("10.0.0.0/28", "10.1.0.16/28"), nil, prefixes("10.0.0.0/28", "10.1.0.16/28")},
		"a pool that is not masked":     {prefixes("10.0.0.77/27"), nil, prefixes("10.0.0.64/28", "10.0.0.80/28")},
		"the end of the address space":  {prefixes("255.255.255.224/27"), nil, prefixes("255.255.255.224/28", "255.255.255.240/28")},
		"pools that are no use as such": {prefixes("fd00::/64", "10.0.0.0/29", "10.1.0.0/27"), nil, prefixes("10.1.0.0/28", "10.1.0.16/28")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := pickSubnets(test.pools, test.used, "a launch")
			slices.SortFunc(got, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
			if diff := cmp.Diff(test.want, got, comparePrefixes); diff != "" || err != nil {
				t.Errorf("(-want +got):\n%s%v", diff, err)
			}
		})
	}
}

// If this fails, an operator with too small a range is not told so.
func TestPickSubnetsWithoutAny(t *testing.T) {
	for _, pools := range [][]netip.Prefix{nil, prefixes("10.0.0.0/28"), prefixes("fd00::/64")} {
		_, err := pickSubnets(pools, nil, "x")
		if err == nil || !strings.Contains(launcher.Hint(err), "docker.subnets in config.yaml") {
			t.Errorf("%v: got %v", pools, err)
		}
	}
}

// If this fails, launchers that start at once all want the same subnet, and
// most have to try again.
func TestPickSubnetsSpreads(t *testing.T) {
	seen := make(map[netip.Prefix]int)
	for i := range 100 {
		picked, err := pickSubnets(prefixes("10.213.0.0/16"), nil, fmt.Sprint("launch ", i))
		if err != nil {
			t.Fatal(err)
		}
		seen[picked[0]]++
	}
	if len(seen) < 90 {
		t.Errorf("100 launches look first at %d subnets", len(seen))
	}
}

// If this fails, a VPN's addresses can be given to a bottle.
func TestParseRoutes(t *testing.T) {
	const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100A8C0	0003	0	0	0	00000000	0	0	0
eth0	0000A8C0	00000000	0001	0	0	0	0000FFFF	0	0	0
tun0	000AD50A	00000000	0001	0	0	0	00FEFFFF	0	0	0
`
	got, err := parseRoutes(strings.NewReader(table))
	if diff := cmp.Diff(prefixes("192.168.0.0/16", "10.213.10.0/23"), got, comparePrefixes); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
	if _, err := parseRoutes(strings.NewReader("eth0 0000A8 0 0 0 0 0 0000FFFF\n")); err == nil {
		t.Error("no error for half an address")
	}
}
