package headlimit

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	// limit is the most that heads may take, in bytes.
	limit = 64 << 20
	// weight is how many bytes of memory a byte of a head takes at most: one
	// in fields of five bytes was measured to take 15.
	weight = 16
	// warnEvery is how often the log tells of heads that were given up.
	warnEvery = 10 * time.Second
)

// errGivenUp ends a connection whose head took too long when there were many.
var errGivenUp = errors.New("too many request heads at once")

// heads are those that are being received.
type heads struct {
	log atomic.Pointer[zap.Logger]

	mu sync.Mutex
	// begun has the connections in the order in which their heads were begun.
	begun list.List
	taken int

	lastWarning time.Time
	givenUp     int
}

var process heads

// conn is a connection to the server.
type conn struct {
	net.Conn
	heads *heads
	// receiving is true while what is read is a head's.
	receiving atomic.Bool
	// element is the connection's in heads.begun, nil before a head's first
	// byte; taken is the head's part of heads.taken. Both are guarded by heads.
	element *list.Element
	taken   int
	given   atomic.Bool
}

func newConn(inner net.Conn, h *heads) *conn {
	c := &conn{Conn: inner, heads: h}
	c.receiving.Store(true)
	return c
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.receiving.Load() {
		c.heads.take(c, n)
	}
	if c.given.Load() {
		return 0, errGivenUp
	}
	return n, err
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.heads.leave(c)
	return c.Conn.Close()
}

// CloseWrite is used by net/http and by upgraded connections.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// address is how a connection is recognised in those that Caddy and TLS put
// around it, which do not all show what they are made of.
type address struct {
	net.Addr
	conn *conn
}

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return address{c.Conn.RemoteAddr(), c} }

func (c *conn) changed(state http.ConnState) {
	switch state {
	case http.StateIdle:
		c.receiving.Store(true)
	case http.StateActive, http.StateHijacked, http.StateClosed:
		c.receiving.Store(false)
		c.heads.leave(c)
	case http.StateNew: // as newConn has it
	}
}

// take adds n bytes of c's head, and gives up the oldest until all fit.
func (h *heads) take(c *conn, n int) {
	h.mu.Lock()
	if c.element == nil {
		c.element = h.begun.PushBack(c)
	}
	c.taken += n * weight
	h.taken += n * weight
	var leaving []*conn
	for h.taken > limit {
		oldest, _ := h.begun.Front().Value.(*conn)
		h.remove(oldest)
		oldest.given.Store(true)
		leaving = append(leaving, oldest)
	}
	h.warn(len(leaving))
	h.mu.Unlock()
	for _, oldest := range leaving {
		_ = oldest.underlying().Close()
	}
}

// underlying is below TLS, whose closing could block.
func (c *conn) underlying() net.Conn {
	if layer, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		return layer.NetConn()
	}
	return c.Conn
}

func (h *heads) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(c)
}

func (h *heads) remove(c *conn) {
	if c.element == nil {
		return
	}
	h.begun.Remove(c.element)
	h.taken -= c.taken
	c.element, c.taken = nil, 0
}

// warn is for a caller who holds the lock. A flood writes one line now and then.
func (h *heads) warn(n int) {
	h.givenUp += n
	log := h.log.Load()
	if h.givenUp == 0 || log == nil || time.Since(h.lastWarning) < warnEvery {
		return
	}
	log.Warn("request heads that were not complete took too much memory; the oldest were given up", zap.Int("connections", h.givenUp))
	h.lastWarning, h.givenUp = time.Now(), 0
}
