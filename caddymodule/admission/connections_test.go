package admission

import (
	"net"
	"testing"
	"time"

	"go.uber.org/zap"
)

// pipe returns one end of a connection; the other only holds it open.
func pipe(t *testing.T) net.Conn {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return a
}

// If this fails, the wrong connection is closed when there are too many: one
// with a request under way, or another than the one that has waited longest.
func TestConnectionsBeyondTheLimit(t *testing.T) {
	c := newConnections()
	arrive := func(conn net.Conn) net.Conn { return c.arrived(conn, 3, zap.NewNop()) }
	conns := make([]net.Conn, 9)
	for i := range conns {
		conns[i] = pipe(t)
	}
	for i := range 3 {
		if leaver := arrive(conns[i]); leaver != nil {
			t.Fatalf("connection %d of 3 closes another", i)
		}
	}
	c.busy(conns[0])
	if leaver := arrive(conns[3]); leaver != conns[1] {
		t.Error("not the one that waits longest has to leave")
	}
	c.gone(conns[1]) // net/http says so when it notices
	c.busy(conns[2])
	c.idle(conns[0])
	c.idle(conns[2])
	if leaver := arrive(conns[4]); leaver != conns[3] {
		t.Error("one that was busy since has to leave")
	}
	for i := range 5 {
		c.busy(conns[i])
	}
	for i := range 5 {
		if i != 2 {
			c.handled(conns[i])
		}
	}
	if leaver := arrive(conns[7]); leaver != conns[2] {
		t.Error("not the one whose request no handler has seen has to leave")
	}
	c.gone(conns[2])
	c.busy(conns[7])
	c.handled(conns[7])
	if leaver := arrive(conns[5]); leaver != conns[5] {
		t.Error("one with a request under way has to leave")
	}
	c.gone(conns[5])
	c.idle(conns[5])
	c.gone(conns[0])
	if leaver := arrive(conns[6]); leaver != nil {
		t.Error("there is room, and yet one has to leave")
	}
	if leaver := arrive(conns[6]); leaver != nil {
		t.Error("a connection that is known already counts again")
	}
	for _, conn := range conns {
		c.gone(conn)
	}
	if len(c.elements) != 0 || c.waiting.Len()+c.stuck.Len() != 0 {
		t.Errorf("%d connections, %d waiting and %d stuck are left", len(c.elements), c.waiting.Len(), c.stuck.Len())
	}
}

// If this fails, a flood of connections has one closed whose request was sent
// and not yet read, or new ones wait for nothing.
func TestConnectionsHaveASecondToSendARequest(t *testing.T) {
	clock := time.Now()
	now = func() time.Time { return clock }
	defer func() { now = time.Now }()
	c := newConnections()
	first, second := pipe(t), pipe(t)
	c.arrived(first, 2, zap.NewNop())
	if !c.room(2) {
		t.Error("there is no room although one is missing to the limit")
	}
	c.arrived(second, 2, zap.NewNop())
	if c.room(2) {
		t.Error("a connection has to leave at once")
	}
	clock = clock.Add(grace(2))
	if !c.room(2) {
		t.Error("connections that wait for that long keep others out")
	}
	c.busy(first)
	c.idle(first)
	c.busy(second)
	c.handled(second)
	if c.room(2) {
		t.Error("a connection has to leave right after its answer")
	}
	c.busy(first)
	c.handled(first)
	if !c.room(2) {
		t.Error("new connections wait while none can leave, and are not told")
	}
}
