package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// evilHost is a host of the attacker's that records every byte it gets, one
// port without TLS and one with a certificate that the sidecar trusts.
type evilHost struct {
	// Plain and TLS are host:port.
	Plain, TLS string

	mu  sync.Mutex
	got []string
}

func newEvilHost(t *testing.T, names ...string) *evilHost {
	t.Helper()
	e := &evilHost{}
	config := &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, names...)}}
	e.Plain = strings.TrimPrefix(rawServer(t, e.record), "https://")
	e.TLS = strings.TrimPrefix(rawServer(t, func(conn net.Conn) {
		e.record(tls.Server(conn, config))
	}), "https://")
	return e
}

// record notes the connection, and what comes over it at first. TLS that does
// not come to be is noted as well: what brought anybody here?
func (e *evilHost) record(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	request := make([]byte, 64<<10)
	n, err := conn.Read(request)
	e.mu.Lock()
	e.got = append(e.got, fmt.Sprintf("%q, %v", request[:n], err))
	e.mu.Unlock()
	_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nevil")
}

// take returns what came since the last call.
func (e *evilHost) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	got := e.got
	e.got = nil
	return got
}

// untouched fails the test if anything at all came.
func (e *evilHost) untouched(t *testing.T) {
	t.Helper()
	for _, got := range e.take() {
		t.Errorf("the evil host got %s", got)
	}
}
