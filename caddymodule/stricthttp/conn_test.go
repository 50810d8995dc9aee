//go:build unix

package stricthttp

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// pair is a watched connection and its peer.
func pair(t *testing.T) (watched *conn, peer net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if peer, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	watched, ok := watch(dialled, 0).(*conn)
	if !ok {
		t.Fatal("the connection is not watched")
	}
	t.Cleanup(func() { _, _ = watched.Close(), peer.Close() })
	for _, c := range []net.Conn{watched, peer} {
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return watched, peer
}

// If this fails, a connection is used again while an answer that nobody asked
// for lies unread.
func TestSettleWaitsUntilEverythingIsRead(t *testing.T) {
	c, peer := pair(t)
	const stray = "STRAY"
	if _, err := io.WriteString(peer, stray); err != nil {
		t.Fatal(err)
	}
	settled := make(chan struct{})
	go func() {
		c.settle(t.Context())
		close(settled)
	}()
	// One byte at a time, with time enough for settle to be wrong.
	for i := range stray {
		for range 1000 {
			runtime.Gosched()
		}
		select {
		case <-settled:
			t.Fatalf("it settled when %d bytes of %d were read", i, len(stray))
		default:
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = c.Read(make([]byte, 1)) }() // waits for more, as net/http does
	<-settled
}

// If this fails, what an upstream sends before it was asked becomes the answer.
func TestAnswersBeforeTheRequestEndTheConnection(t *testing.T) {
	for name, write := range map[string]bool{"before a request is written": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			c, peer := pair(t)
			got := make(chan error)
			go func() {
				_, err := c.Read(make([]byte, 10))
				got <- err
			}()
			c.settle(t.Context())
			if write {
				if _, err := io.WriteString(c, "GET / HTTP/1.1\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := io.WriteString(peer, "HTTP/1.1"); err != nil {
				t.Fatal(err)
			}
			if err := <-got; write != (err == nil) || !write && !errors.Is(err, errUnasked) {
				t.Errorf("reading ends with %v", err)
			}
		})
	}
}

// If this fails, a request waits for a connection that has ended, or after it
// was given up.
func TestSettleEnds(t *testing.T) {
	for name, end := range map[string]func(c *conn, cancel func()){
		"when the connection is closed": func(c *conn, _ func()) { _ = c.Close() },
		"when the request is given up":  func(_ *conn, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := pair(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			settled := make(chan struct{})
			go func() { // nobody reads
				c.settle(ctx)
				close(settled)
			}()
			end(c, cancel)
			<-settled
		})
	}
}

// If this fails, the end of a connection, or a deadline, is not noticed as
// with other connections.
func TestReadingEndsAsElsewhere(t *testing.T) {
	c, peer := pair(t)
	_ = c.SetReadDeadline(time.Unix(1, 0))
	var timeout net.Error
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("after the deadline: %v", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	_ = peer.Close()
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v", n, err)
	}
	_ = c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
