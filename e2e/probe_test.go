package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// probeArgument makes the test binary the program that an agent's container
// has at probePath: it does what an attacker would, and reports what came of
// it.
const probeArgument = "probe"

// attempt is one thing to try, with an address where it needs one.
type attempt struct {
	How, Address string
}

// probeWithin is how long an attempt may take. What is reachable answers at
// once; an address that nobody has costs three seconds of ARP.
const probeWithin = 4 * time.Second

// longProbes are modes of tests that take long.
var longProbes = make(map[string]func(args []string) error)

// probe runs the mode that args name, and returns the exit status.
func probe(args []string) int {
	var err error
	switch {
	case len(args) == 2 && args[0] == "relay":
		err = probeRelay(args[1])
	case len(args) == 2 && args[0] == "listen":
		err = probeListen(args[1])
	case len(args) == 1 && args[0] == "try":
		err = probeAttempts()
	case len(args) == 2 && args[0] == "load":
		err = probeLoad(args[1])
	case len(args) > 0 && longProbes[args[0]] != nil:
		err = longProbes[args[0]](args[1:])
	default:
		err = fmt.Errorf("there is no mode %q", args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		return 1
	}
	return 0
}

// probeRelay connects standard input and output to an address.
func probeRelay(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}

// probeListen accepts TCP connections at an address, and closes them.
func probeListen(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		_ = conn.Close()
	}
}

// probeAttempts reads a list of attempts and writes for each why it failed, or
// "" if it did not.
func probeAttempts() error {
	var attempts []attempt
	if err := json.NewDecoder(os.Stdin).Decode(&attempts); err != nil {
		return err
	}
	outcomes := make([]string, len(attempts))
	var all sync.WaitGroup
	slots := make(chan struct{}, 100)
	for i, a := range attempts {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := a.try(); err != nil {
				outcomes[i] = err.Error()
			}
		})
	}
	all.Wait()
	return json.NewEncoder(os.Stdout).Encode(outcomes)
}

func (a attempt) try() error {
	switch a.How {
	case "tcp":
		conn, err := net.DialTimeout("tcp", a.Address, probeWithin)
		if err != nil {
			return err
		}
		return conn.Close()
	case "udp":
		return tryUDP(a.Address)
	case "ping":
		return tryPing(a.Address)
	case "resolve":
		ctx, cancel := context.WithTimeout(context.Background(), probeWithin)
		defer cancel()
		addresses, err := net.DefaultResolver.LookupHost(ctx, a.Address)
		if err == nil && len(addresses) == 0 {
			err = errors.New("it has no address")
		}
		return err
	}
	return a.asRoot()
}

// tryUDP succeeds if somebody answers. That nobody does proves nothing: the
// other side has to say that nothing came.
func tryUDP(address string) error {
	conn, err := net.DialTimeout("udp", address, probeWithin)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(probeWithin / 2)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "anybody?"); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 64))
	return err
}

// tryPing sends an ICMP echo request over a socket for which no right is
// needed.
func tryPing(address string) error {
	ip := net.ParseIP(address).To4()
	if ip == nil {
		return errors.New("not an IPv4 address")
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	timeout := unix.NsecToTimeval(int64(probeWithin / 2))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return err
	}
	// Type 8, code 0, checksum (the kernel's), identifier and number 1.
	if err := unix.Sendto(fd, []byte{8, 0, 0, 0, 0, 1, 0, 1}, 0, &unix.SockaddrInet4{Addr: [4]byte(ip)}); err != nil {
		return err
	}
	_, _, err = unix.Recvfrom(fd, make([]byte, 64), 0)
	return err
}

// asRoot is what only a container's root can have the right to.
func (a attempt) asRoot() error {
	switch a.How {
	case "raw socket":
		return trySocket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	case "raw socket of any protocol":
		return trySocket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	case "raw IPv6 socket":
		return trySocket(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)
	case "packet socket": // ARP and anything else on the wire
		return trySocket(unix.AF_PACKET, unix.SOCK_RAW, int(htons(unix.ETH_P_ALL)))
	case "packet socket without a link header":
		return trySocket(unix.AF_PACKET, unix.SOCK_DGRAM, int(htons(unix.ETH_P_ARP)))
	case "set an address":
		return tryIoctl(unix.SIOCSIFADDR, net.IPv4(10, 255, 255, 1))
	case "set a hardware address":
		return tryIoctl(unix.SIOCSIFHWADDR, nil)
	case "add a route":
		return tryIoctl(unix.SIOCADDRT, nil)
	case "add a neighbour":
		return tryIoctl(unix.SIOCSARP, nil)
	case "see a process":
		return tryPeek(a.Address)
	}
	return errors.New("unknown attempt")
}

func htons(n uint16) uint16 { return n<<8 | n>>8 }

func trySocket(domain, kind, protocol int) error {
	fd, err := unix.Socket(domain, kind, protocol)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// tryIoctl changes what the network consists of. A request that makes no
// sense is refused with another error than one without the right to it.
func tryIoctl(request uint, address net.IP) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifreq, err := unix.NewIfreq("eth0")
	if err != nil {
		return err
	}
	if address != nil {
		if err := ifreq.SetInet4Addr(address.To4()); err != nil {
			return err
		}
	}
	if err := unix.IoctlIfreq(fd, request, ifreq); errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return err
	}
	return nil
}

// tryPeek looks for a process whose arguments contain text.
func tryPeek(text string) error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		line, err := os.ReadFile("/proc/" + entry.Name() + "/cmdline")
		if err == nil && strings.Contains(string(line), text) {
			return nil
		}
	}
	return errors.New("there is none")
}
