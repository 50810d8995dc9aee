package docker

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/bits"
	"net/netip"
	"os"
	"strings"
)

// hostRoutes returns the destinations of this host's IPv4 routes, without the
// default route. A subnet in one of them, such as a VPN's, must not be taken
// by a bottle.
func hostRoutes() ([]netip.Prefix, error) {
	f, err := os.Open("/proc/net/route")
	if err != nil {
		return nil, fmt.Errorf("reading the host's routes: %w", err)
	}
	defer func() { _ = f.Close() }()
	return parseRoutes(f)
}

// parseRoutes reads the kernel's table (proc(5), /proc/net/route): addresses
// are hexadecimal numbers in the host's byte order.
func parseRoutes(r io.Reader) ([]netip.Prefix, error) {
	var routes []netip.Prefix
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || fields[0] == "Iface" {
			continue
		}
		destination, err := hex.DecodeString(fields[1])
		if err != nil || len(destination) != 4 {
			return nil, fmt.Errorf("reading the host's routes: %q is no address", fields[1])
		}
		mask, err := hex.DecodeString(fields[7])
		if err != nil || len(mask) != 4 {
			return nil, fmt.Errorf("reading the host's routes: %q is no mask", fields[7])
		}
		length := bits.OnesCount32(binary.BigEndian.Uint32(mask))
		if length == 0 {
			continue
		}
		var address [4]byte
		binary.NativeEndian.PutUint32(address[:], binary.BigEndian.Uint32(destination))
		routes = append(routes, netip.PrefixFrom(netip.AddrFrom4(address), length).Masked())
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the host's routes: %w", err)
	}
	return routes, nil
}
