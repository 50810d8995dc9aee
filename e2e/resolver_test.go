package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// resolver is a DNS server for names of the tests.
type resolver struct {
	// Address is where it listens, on port 53.
	Address string

	mu      sync.Mutex
	names   map[string][]netip.Addr
	aliases map[string]string
	asked   []string
}

// requirePrivileges is for tests that mount, or listen on port 53.
func requirePrivileges(t *testing.T) {
	t.Helper()
	var missing string
	if os.Geteuid() != 0 {
		missing = "this is not root"
	} else if out, err := exec.Command("unshare", "--mount", "true").CombinedOutput(); err != nil {
		missing = fmt.Sprintf("unshare --mount: %v: %s", err, out)
	}
	switch {
	case missing == "":
	case os.Getenv("CI") != "":
		t.Fatal(missing)
	default:
		fmt.Fprintf(os.Stderr, "%s DID NOT RUN: %s\n", t.Name(), missing)
		t.Skip(missing)
	}
}

func newResolver(t *testing.T) *resolver {
	t.Helper()
	requirePrivileges(t)
	d := &resolver{names: make(map[string][]netip.Addr), aliases: make(map[string]string)}
	d.Address = fmt.Sprintf("127.%d.%d.53", 100+rand.IntN(100), rand.IntN(256))
	conn, err := net.ListenPacket("udp", net.JoinHostPort(d.Address, "53"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		query := make([]byte, 1500)
		for {
			n, client, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			if answer, err := d.answer(query[:n]); err == nil {
				_, _ = conn.WriteTo(answer, client)
			}
		}
	}()
	return d
}

// lead makes a name resolve to addresses from now on.
func (d *resolver) lead(name string, addresses ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[name+"."] = nil
	delete(d.aliases, name+".")
	for _, address := range addresses {
		d.names[name+"."] = append(d.names[name+"."], netip.MustParseAddr(address))
	}
}

// alias makes a name a CNAME of another.
func (d *resolver) alias(name, of string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aliases[name+"."] = of + "."
}

// queries returns the names that were asked for, once each.
func (d *resolver) queries() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(d.asked)))
}

func (d *resolver) answer(query []byte) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(query); err != nil || len(message.Questions) != 1 {
		return nil, fmt.Errorf("not one question: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	question := message.Questions[0]
	name := question.Name
	d.asked = append(d.asked, name.String())
	answer := dnsmessage.Message{Header: dnsmessage.Header{ID: message.ID, Response: true, RecursionAvailable: true}, Questions: message.Questions}
	if of, ok := d.aliases[name.String()]; ok {
		to := dnsmessage.MustNewName(of)
		answer.Answers = append(answer.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: to},
		})
		name = to
	}
	addresses, known := d.names[name.String()]
	if !known {
		answer.RCode = dnsmessage.RCodeNameError
	}
	for _, address := range addresses {
		resource := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}}
		switch {
		case address.Is4() && question.Type == dnsmessage.TypeA:
			resource.Body = &dnsmessage.AResource{A: address.As4()}
		case address.Is6() && question.Type == dnsmessage.TypeAAAA:
			resource.Body = &dnsmessage.AAAAResource{AAAA: address.As16()}
		default:
			continue
		}
		answer.Answers = append(answer.Answers, resource)
	}
	return answer.Pack()
}

// sidecar is one whose system asks d for names, with more lines in resolv.conf.
func (d *resolver) sidecar(t *testing.T, lines ...string) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "caddy")
	writeFile(t, filepath.Join(dir, "resolv.conf"), "nameserver "+d.Address+"\n"+strings.Join(lines, "\n")+"\n")
	writeFile(t, filepath.Join(dir, "hosts"), "127.0.0.1 localhost\n")
	inside := fmt.Sprintf("mount --bind '%[1]s/resolv.conf' /etc/resolv.conf && mount --bind '%[1]s/hosts' /etc/hosts && exec '%[2]s' \"$@\"", dir, filepath.Join(binDir, "caddy"))
	writeFile(t, path, "#!/bin/sh\nexec unshare --mount sh -c \""+strings.NewReplacer(`"`, `\"`, `$`, `\$`).Replace(inside)+"\" caddy \"$@\"\n")
	if err := os.Chmod(path, 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return path
}
