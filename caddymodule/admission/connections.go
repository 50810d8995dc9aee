package admission

import (
	"cmp"
	"container/list"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
)

// open are the connections of all servers that have a limit.
var open = newConnections()

// connections are open connections.
type connections struct {
	mu sync.Mutex
	// elements has every connection, with its place in one of the lists, and nil
	// while a handler has its request.
	elements map[net.Conn]*list.Element
	// waiting are those without a request, stuck those whose request has not got
	// to a handler. Both are ordered by time, the longest first.
	waiting, stuck *list.List
	// lastWarning is when the log last told of the limit, and evicted and
	// refused how many connections it has not told of.
	lastWarning      time.Time
	evicted, refused int
}

func newConnections() *connections {
	return &connections{elements: make(map[net.Conn]*list.Element), waiting: list.New(), stuck: list.New()}
}

// follow returns a hook for http.Server.ConnState that keeps c up to date and
// within a limit.
func follow(c *connections, limit int, log *zap.Logger) func(net.Conn, http.ConnState) {
	return func(conn net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			// The server accepts no other meanwhile: those wait in the system.
			for !c.room(limit) {
				time.Sleep(poll)
			}
			if leaver := c.arrived(conn, limit, log); leaver != nil {
				turnAway(leaver, leaver == conn)
			}
		case http.StateActive:
			c.busy(conn)
		case http.StateIdle:
			c.idle(conn)
		case http.StateHijacked, http.StateClosed:
			c.gone(conn)
		}
	}
}

// grace is how long a connection may wait before it has to leave for another. In
// a flood the server is late to read what has long been sent, the later the more
// connections it has; with few, others would wait for long to get in.
func grace(limit int) time.Duration {
	return min(max(time.Second*time.Duration(limit)/DefaultConnections, 50*time.Millisecond), time.Second)
}

var now = time.Now

// room reports whether one more connection can be taken in now, since there are
// less than limit, or one has waited long enough, or none waits.
func (c *connections) room(limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.elements) < limit {
		return true
	}
	longest, waits := c.longest()
	return !waits || now().Sub(longest.since) >= grace(limit)
}

// waiter is a connection that no handler has a request of.
type waiter struct {
	conn  net.Conn
	since time.Time
}

// longest returns the connection that has waited longest, or if none does, the
// one that has been stuck for longest.
func (c *connections) longest() (longest waiter, found bool) {
	front := cmp.Or(c.waiting.Front(), c.stuck.Front())
	if front == nil {
		return waiter{}, false
	}
	longest, found = front.Value.(waiter)
	return longest, found
}

func (c *connections) wait(conn net.Conn) {
	c.elements[conn] = c.waiting.PushBack(waiter{conn, now()})
}

// arrived takes a connection in, and returns the one that has to leave for it:
// none, another, or the new one itself.
func (c *connections) arrived(conn net.Conn, limit int, log *zap.Logger) (leaver net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.elements[conn]; known { // two handlers of one server
		return nil
	}
	if len(c.elements) < limit {
		c.wait(conn)
		return nil
	}
	defer c.warn(limit, log)
	longest, waits := c.longest()
	if !waits {
		c.refused++
		return conn
	}
	c.evicted++
	c.remove(longest.conn)
	c.wait(conn)
	return longest.conn
}

// busy is for a connection whose request's head has come.
func (c *connections) busy(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.elements[conn] != nil {
		c.remove(conn)
		c.elements[conn] = c.stuck.PushBack(waiter{conn, now()})
	}
}

// handled is for a connection whose request has got to a handler.
func (c *connections) handled(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.elements[conn] != nil {
		c.remove(conn)
		c.elements[conn] = nil
	}
}

func (c *connections) idle(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.elements[conn]; known {
		c.remove(conn)
		c.wait(conn)
	}
}

func (c *connections) gone(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(conn)
}

// remove is for a caller who holds the lock.
func (c *connections) remove(conn net.Conn) {
	if element := c.elements[conn]; element != nil {
		// A list leaves an element alone that is another's.
		c.waiting.Remove(element)
		c.stuck.Remove(element)
	}
	delete(c.elements, conn)
}

// connKey is for the connection that a request came over.
type connKey struct{}

func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

const warnEvery = 10 * time.Second

// warn is for a caller who holds the lock. A flood writes one line now and then.
func (c *connections) warn(limit int, log *zap.Logger) {
	if time.Since(c.lastWarning) < warnEvery {
		return
	}
	log.Warn("as many connections as the limit allows", zap.Int("connections", limit), zap.Int("idle_closed", c.evicted), zap.Int("refused", c.refused))
	c.lastWarning, c.evicted, c.refused = time.Now(), 0, 0
}

// tooMany is sent before any request was read, so that it says nothing of one.
const tooMany = "HTTP/1.1 503 Service Unavailable\r\nCred-Proxy-Error: overloaded\r\nRetry-After: " + retryAfter +
	"\r\nCache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"cred-proxy: too many connections at once; the limit is limits.connections of the bottle file\n"

// turnAway closes a connection without waiting for the peer.
func turnAway(conn net.Conn, tell bool) {
	if layer, ok := conn.(interface{ NetConn() net.Conn }); ok {
		// The alert of TLS could block.
		_ = layer.NetConn().Close()
		return
	}
	if tell {
		// So little fits into any new connection's buffer.
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, tooMany)
	}
	_ = conn.Close()
}
