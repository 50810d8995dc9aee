package headlimit

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
)

// connected returns the server's end of a connection and the client's.
func connected(t *testing.T, h *heads) (*conn, net.Conn) {
	t.Helper()
	server, client := net.Pipe()
	t.Cleanup(func() { _, _ = server.Close(), client.Close() })
	return newConn(server, h), client
}

// receive has n bytes sent and read.
func receive(c *conn, client net.Conn, n int) error {
	go func() { _, _ = client.Write(make([]byte, n)) }()
	_, err := io.ReadFull(c, make([]byte, n))
	return err
}

// If this fails, heads that are never completed take more memory than they may,
// or a client that is quick is cut off for those that are slow.
func TestTheOldestHeadIsGivenUp(t *testing.T) {
	const head = 1 << 20 // more than a server takes, so that few do
	h := new(heads)
	first, slow := connected(t, h)
	if err := receive(first, slow, head); err != nil {
		t.Fatal(err)
	}
	busy, client := connected(t, h)
	if err := receive(busy, client, head); err != nil {
		t.Fatal(err)
	}
	follow(busy, http.StateActive)
	if err := receive(busy, client, 2*limit/weight); err != nil {
		t.Errorf("a body of any size: %v", err)
	}
	for range limit/weight/head - 1 {
		c, client := connected(t, h)
		if err := receive(c, client, head); err != nil {
			t.Fatal(err)
		}
	}
	if h.taken != limit {
		t.Fatalf("%d bytes are taken", h.taken)
	}
	if first.given.Load() {
		t.Fatal("a head was given up that there was room for")
	}
	next, client := connected(t, h)
	if err := receive(next, client, 1); err != nil {
		t.Errorf("one more: %v", err)
	}
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, errGivenUp) {
		t.Errorf("the oldest head goes on: %v", err)
	}
	follow(busy, http.StateIdle)
	follow(next, http.StateClosed)
	if want := limit - head*weight; h.taken != want {
		t.Errorf("%d bytes are taken, want %d", h.taken, want)
	}
}

// If this fails, what heads took is not given back with their connections, and
// the limit ends every request some day.
func TestEverythingIsGivenBack(t *testing.T) {
	h := new(heads)
	for name, end := range map[string]func(c *conn){
		"closed":   func(c *conn) { _ = c.Close() },
		"active":   func(c *conn) { follow(c, http.StateActive) },
		"hijacked": func(c *conn) { follow(c, http.StateHijacked) },
		"twice":    func(c *conn) { follow(c, http.StateActive); _ = c.Close() },
		"wrapped":  func(c *conn) { follow(layer{c}, http.StateActive) },
	} {
		c, client := connected(t, h)
		for range 2 {
			if err := receive(c, client, 100); err != nil {
				t.Fatal(err)
			}
		}
		if h.taken != 200*weight {
			t.Errorf("%s: %d bytes were taken", name, h.taken)
		}
		if end(c); h.taken != 0 || h.begun.Len() != 0 {
			t.Errorf("%s: %d bytes are left", name, h.taken)
		}
	}
}

// layer is a connection on top of another, as TLS is.
type layer struct{ net.Conn }
