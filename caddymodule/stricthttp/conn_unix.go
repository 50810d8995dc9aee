//go:build unix

package stricthttp

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// errUnasked ends a connection over which an answer comes to a request that
// was not sent yet.
var errUnasked = errors.New("the upstream answered before it was asked")

// conn is a connection that knows whether everything that came was read.
type conn struct {
	net.Conn
	raw syscall.RawConn
	// patience is how long a Read may take; 0 for any time.
	patience time.Duration

	mu      sync.Mutex
	changed sync.Cond
	// waiting is set while a Read has found nothing and waits.
	waiting bool
	// quiet is set from settle until something is written.
	quiet  bool
	closed bool
	// lost is told when the connection ends; nil if nobody wants to know.
	lost func(bool)
}

// watch returns c as a conn, if it is one of the operating system's. Caddy's
// own read_timeout is in a Read that is not used then.
func watch(c net.Conn, patience time.Duration) net.Conn {
	if below, ok := c.(syscall.Conn); ok {
		if raw, err := below.SyscallConn(); err == nil {
			watched := &conn{Conn: c, raw: raw, patience: patience}
			watched.changed.L = &watched.mu
			return watched
		}
	}
	return c
}

// settle waits until whoever reads has read all that came and waits for more,
// which net/http does after it has looked for what nobody asked for. What comes
// between then and the first byte of the next request ends the connection.
func (c *conn) settle(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && ctx.Err() == nil && (!c.waiting || c.pending()) {
		c.changed.Wait()
	}
	c.quiet = true
}

// follow has lost told now whether the connection has ended, and later when it
// does. With nil nobody is told any more.
func (c *conn) follow(lost func(bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = nil
	if lost == nil {
		return
	}
	lost(c.closed)
	if !c.closed {
		c.lost = lost
	}
}

// pending reports whether the system has bytes, an end or an error for Read.
func (c *conn) pending() (found bool) {
	err := c.raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		found = !errors.Is(err, unix.EAGAIN)
	})
	return found || err != nil
}

// Read implements io.Reader. Unlike the embedded one's it leaves no moment in
// which bytes are neither with the system nor known to have come.
func (c *conn) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.patience > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
			return 0, err
		}
	}
	unasked := false
	failed := c.raw.Read(func(fd uintptr) (done bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for {
			if n, err = unix.Read(int(fd), p); !errors.Is(err, unix.EINTR) {
				break
			}
		}
		c.waiting = errors.Is(err, unix.EAGAIN)
		if c.waiting {
			c.changed.Broadcast()
		}
		unasked = c.quiet && n > 0
		return !c.waiting
	})
	switch {
	case failed != nil: // closed, or a deadline
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting = false
		return 0, failed
	case err != nil:
		return 0, &net.OpError{Op: "read", Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("read", err)}
	case n == 0:
		return 0, io.EOF
	case unasked:
		return 0, errUnasked
	}
	return n, nil
}

// Write implements io.Writer.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.quiet = false
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// Close implements io.Closer.
func (c *conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.changed.Broadcast()
	lost := c.lost
	c.lost = nil
	c.mu.Unlock()
	if lost != nil {
		lost(true)
	}
	return c.Conn.Close()
}

// CloseWrite ends one direction, which a WebSocket without TLS may.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
