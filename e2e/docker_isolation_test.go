package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// try makes attempts in the container as its root, and returns why each
// failed, "" for those that did not.
func (a *agentContainer) try(t *testing.T, attempts ...attempt) []string {
	t.Helper()
	in, err := json.Marshal(attempts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := a.command("/", nil, probePath, probeArgument, "try")
	cmd.Args = slices.Insert(cmd.Args, 2, "--user", "0")
	cmd.Stdin = strings.NewReader(string(in))
	var outcomes []string
	if err := json.Unmarshal([]byte(runToEnd(t, cmd).must(t)), &outcomes); err != nil || len(outcomes) != len(attempts) {
		t.Fatalf("the probe reports %d outcomes of %d attempts, %v", len(outcomes), len(attempts), err)
	}
	return outcomes
}

// cannot fails the test for each attempt that succeeds.
func (a *agentContainer) cannot(t *testing.T, attempts ...attempt) {
	t.Helper()
	for i, failure := range a.try(t, attempts...) {
		if failure == "" {
			t.Errorf("the agent can: %s %s", attempts[i].How, attempts[i].Address)
		}
	}
}

// can ends the test if an attempt fails: what it is the control of would
// prove nothing.
func (a *agentContainer) can(t *testing.T, attempts ...attempt) {
	t.Helper()
	for i, failure := range a.try(t, attempts...) {
		if failure != "" {
			t.Fatalf("%s %s fails where nothing is in its way: %s", attempts[i].How, attempts[i].Address, failure)
		}
	}
}

// ear listens on all addresses of the host, IPv4 and IPv6, TCP and UDP, and
// answers.
type ear struct {
	port string

	mu    sync.Mutex
	heard []string
}

func listenEverywhere(t *testing.T) *ear {
	t.Helper()
	tcp, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{}
	_, e.port, _ = net.SplitHostPort(tcp.Addr().String())
	udp, err := net.ListenPacket("udp", ":"+e.port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = tcp.Close(), udp.Close() })
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			e.hear("tcp from " + conn.RemoteAddr().String())
			_ = conn.Close()
		}
	}()
	go e.answerUDP(udp)
	return e
}

func (e *ear) answerUDP(conn net.PacketConn) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		e.hear("udp from " + from.String() + ": " + strconv.Quote(string(buffer[:n])))
		_, _ = conn.WriteTo([]byte("here"), from)
	}
}

func (e *ear) hear(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, what)
}

// take returns what was heard since the last call.
func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

// hostAddresses are all addresses of all interfaces of the host, as an agent
// with one interface would write them.
func hostAddresses(t *testing.T) (all []netip.Addr) {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		prefix, err := netip.ParsePrefix(address.String())
		if err != nil {
			t.Fatal(err)
		}
		addr := prefix.Addr()
		switch {
		case addr.IsLoopback(): // the container's own
			continue
		case addr.Is6() && addr.IsLinkLocalUnicast():
			addr = addr.WithZone("eth0")
		}
		all = append(all, addr)
	}
	return all
}

// idleRoute is a bottle's only route, to api.example.com with the token T.
const idleRoute = "routes: [{path: /api/, upstream: \"https://api.example.com\", auth: {scheme: Bearer, token_ref: T}}]\n"

// idleBottle is one that runs with that route, and an agent.
func idleBottle(t *testing.T, world *internet) *sidecar {
	t.Helper()
	s := bottleForDocker(t, idleRoute+world.egress(t), map[string]string{"T": apiToken})
	s.runInDocker(t)
	return s
}

// at returns attempts over TCP and UDP at one port of an address, and a ping.
func at(address netip.Addr, port string) []attempt {
	hostPort := net.JoinHostPort(address.String(), port)
	return []attempt{{"tcp", hostPort}, {"udp", hostPort}, {"ping", address.String()}}
}

// If this fails, an agent reaches something other than its own sidecar's port:
// it could send out what it has read, or meddle with the host or with another
// bottle. It was seen failing for bottles whose internal network has an address
// of the host's (without inhibit_ipv4).
func TestDockerAgentReachesItsSidecarAlone(t *testing.T) {
	world := newDockerInternet(t)
	s, other := idleBottle(t, world), idleBottle(t, world)
	host, bridge := listenEverywhere(t), netip.MustParseAddr(bridgeAddress(t))
	internal, egress := addressIn(t, s.container(), s.internalNetwork()), addressIn(t, s.container(), s.egressNetwork())
	const listens = "7777"
	runDocker(t, "exec", "--detach", other.agent.name, probePath, probeArgument, "listen", ":"+listens).must(t)
	otherAgent := addressIn(t, other.agent.name, other.internalNetwork())

	t.Run("what is there answers to others", func(t *testing.T) {
		free := startAgent(t)
		free.can(t, at(bridge, host.port)...)
		free.can(t, attempt{"tcp", strings.TrimPrefix(world.URL, "http://")})
		if heard := host.take(); len(heard) != 2 {
			t.Fatalf("of two callers the host heard %q", heard)
		}
		if conn, err := net.Dial("tcp", "[::1]:"+host.port); err == nil { // there may be no IPv6
			_ = conn.Close()
			eventually(t, "the host to hear IPv6", func() bool { return len(host.take()) == 1 })
		}
		s.agent.can(t, attempt{"tcp", s.Address}, attempt{"tcp", internal + ":9099"}, attempt{"ping", internal}, attempt{"resolve", "cred-proxy"})
		eventually(t, "the other agent to listen", func() bool {
			return other.agent.try(t, attempt{"tcp", net.JoinHostPort(otherAgent, listens)})[0] == ""
		})
		other.agent.can(t, attempt{"tcp", addressIn(t, other.container(), other.internalNetwork()) + ":9099"})
	})

	t.Run("the host", func(t *testing.T) {
		addresses := hostAddresses(t)
		if !slices.Contains(addresses, bridge) || len(addresses) < 4 { // the two bottles' ways out are among them
			t.Fatalf("these cannot be all of the host's addresses: %v", addresses)
		}
		// The first address of a subnet is the bridge's, if it has one.
		addresses = append(addresses, netip.MustParseAddr(internal).Prev())
		var attempts []attempt
		for _, address := range addresses {
			attempts = append(attempts, at(address, host.port)...)
		}
		s.agent.cannot(t, attempts...)
		if heard := host.take(); len(heard) > 0 {
			t.Errorf("the host heard %q", heard)
		}
	})

	t.Run("the internet", func(t *testing.T) {
		attempts := []attempt{
			{"tcp", strings.TrimPrefix(world.URL, "http://")},
			{"tcp", "[2606:4700:4700::1111]:443"},
			{"udp", "[2606:4700:4700::1111]:53"},
			{"tcp", "[ff02::1%eth0]:80"},
			{"udp", "[ff02::1%eth0]:80"},
		}
		for _, address := range []string{"1.1.1.1", "93.184.215.14", "169.254.169.254", "224.0.0.1", "255.255.255.255", "10.0.0.1", "192.168.0.1", "100.100.100.200"} {
			for _, port := range []string{"53", "80", "443"} {
				attempts = append(attempts, at(netip.MustParseAddr(address), port)...)
			}
		}
		s.agent.cannot(t, attempts...)
	})

	t.Run("its sidecar's other side and other ports", func(t *testing.T) {
		attempts := slices.Concat(at(netip.MustParseAddr(egress), "9099"), at(netip.MustParseAddr(egress).Prev(), "9099"))
		for port := 1; port <= 3000; port++ { // Caddy's own admin endpoint is 2019
			attempts = append(attempts, attempt{"tcp", fmt.Sprintf("%s:%d", internal, port)})
		}
		for _, port := range []string{"53", "443", "9099"} {
			attempts = append(attempts, attempt{"udp", net.JoinHostPort(internal, port)})
		}
		s.agent.cannot(t, attempts...)
	})

	t.Run("another bottle", func(t *testing.T) {
		attempts := []attempt{
			{"tcp", net.JoinHostPort(otherAgent, listens)}, {"resolve", other.container()}, {"resolve", other.container() + "." + other.internalNetwork()},
		}
		for _, network := range []string{other.internalNetwork(), other.egressNetwork()} {
			attempts = append(attempts, at(netip.MustParseAddr(addressIn(t, other.container(), network)), "9099")...)
		}
		s.agent.cannot(t, attempts...)
	})

	t.Run("names", func(t *testing.T) {
		s.agent.cannot(
			t, attempt{"resolve", "example.com"}, attempt{"resolve", "api.example.com"}, attempt{"resolve", "host.docker.internal"},
			attempt{"resolve", "metadata.google.internal"}, attempt{"resolve", "docker"}, attempt{"resolve", "secret-in-a-name.example.com"},
		)
	})
}

// If this fails, an agent's root can make itself a way out, or take the place
// of its sidecar on the wire (ARP) and read what others send to it. It was seen
// failing for an agent that keeps NET_RAW.
func TestDockerAgentCannotChangeItsNetwork(t *testing.T) {
	s := idleBottle(t, newDockerInternet(t))
	sockets := []attempt{
		{How: "raw socket"}, {How: "raw socket of any protocol"}, {How: "raw IPv6 socket"}, {How: "packet socket"}, {How: "packet socket without a link header"},
	}
	changes := []attempt{{How: "set an address"}, {How: "set a hardware address"}, {How: "add a route"}, {How: "add a neighbour"}}
	startAgent(t, "--cap-add", "NET_ADMIN").can(t, slices.Concat(sockets, changes)...)
	for i, failure := range s.agent.try(t, slices.Concat(sockets, changes)...) {
		if !strings.Contains(failure, "operation not permitted") {
			t.Errorf("%s: %q", slices.Concat(sockets, changes)[i].How, failure)
		}
	}
	// Engine 20.10 gives every container a default route. Here it leads to an
	// address that nobody has; that nothing gets through is tried above.
	routes := s.agent.root(t, "cat", "/proc/net/route").must(t)
	if lines := strings.Split(strings.TrimSpace(routes), "\n"); len(lines) > 3 || strings.Count(routes, "eth0") != len(lines)-1 {
		t.Errorf("the agent has other routes than over its own network:\n%s", routes)
	}
	if addresses := s.agent.root(t, "cat", "/proc/net/if_inet6").Stdout; strings.Contains(addresses, "eth0") {
		t.Errorf("the agent has IPv6:\n%s", addresses)
	}
	for line := range strings.Lines(s.agent.root(t, "cat", "/etc/resolv.conf").must(t)) {
		if address, is := strings.CutPrefix(strings.TrimSpace(line), "nameserver "); is && address != "127.0.0.11" {
			t.Errorf("the agent asks %s for names", address)
		}
	}
}

// If this fails, what an agent wants to send out leaves as a name that is
// looked up. It was seen failing without inhibit_ipv4, for the container of
// somebody who has not turned DNS off.
func TestDockerNoQueryLeaves(t *testing.T) {
	bridge := bridgeAddress(t)
	conn, err := net.ListenPacket("udp", net.JoinHostPort(bridge, "53"))
	if err != nil {
		t.Skipf("a DNS server's port cannot be had here: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	server := &ear{}
	go server.answerUDP(conn)
	s := idleBottle(t, newDockerInternet(t))

	const name = "secret-in-a-name.example.com"
	startAgent(t, "--network", s.egressNetwork(), "--dns", bridge).try(t, attempt{"resolve", name})
	if !strings.Contains(strings.Join(server.take(), ""), "secret-in-a-name") {
		t.Fatal("the server does not hear of a container that may ask; this test tests nothing")
	}
	// Somebody's own container on the bottle's network, whose DNS nobody has
	// turned off.
	for what, agent := range map[string]*agentContainer{"the agent": s.agent, "another container": startAgent(t, "--network", s.internalNetwork(), "--dns", bridge)} {
		agent.cannot(t, attempt{"resolve", name}, attempt{"udp", net.JoinHostPort(bridge, "53")}, attempt{"udp", "127.0.0.11:53"})
		if heard := server.take(); len(heard) > 0 {
			t.Errorf("the server heard of %s: %q", what, heard)
		}
	}
}

// If this fails, something on the host can send requests with the bottle's
// tokens: any user's program, or a page in the user's browser, which connects
// from there too. It was seen failing without inhibit_ipv4.
func TestDockerHostCannotUseTheSidecar(t *testing.T) {
	s := idleBottle(t, newDockerInternet(t))
	// Some networks accept connections in everybody's name, so the answer counts.
	answers := func(conn net.Conn, err error) bool {
		if err != nil {
			return false
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(conn, "GET /nowhere HTTP/1.1\r\nHost: "+s.Address+"\r\nConnection: close\r\n\r\n")
		answer, _ := io.ReadAll(conn)
		return strings.Contains(string(answer), "Cred-Proxy-Error: no_route")
	}
	if !answers(s.connect()) {
		t.Fatal("the sidecar does not answer its agent; this test tests nothing")
	}
	for _, network := range []string{s.internalNetwork(), s.egressNetwork()} {
		if answers(net.DialTimeout("tcp", net.JoinHostPort(addressIn(t, s.container(), network), "9099"), 2*time.Second)) {
			t.Errorf("the sidecar answers the host in %s", network)
		}
	}
	var c struct {
		HostConfig      struct{ PortBindings map[string][]any }
		NetworkSettings struct{ Ports map[string][]any }
	}
	inspect(t, "container", s.container(), &c)
	for port, published := range c.NetworkSettings.Ports {
		if len(published) > 0 {
			t.Errorf("port %s is published: %v", port, published)
		}
	}
	if len(c.HostConfig.PortBindings) > 0 {
		t.Errorf("ports are published: %v", c.HostConfig.PortBindings)
	}
}
