package admission

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

// Handover is a listener wrapper that loses no request when a configuration
// replaces another.
//
// Caddy starts the new configuration's server on the same address and then
// shuts the old one down. net/http drops a request that it reads after that,
// without an answer (http.Server.Shutdown), which hits connections that the
// old server accepted in the last moment. With a handover every connection
// that comes in once the new server listens is given to it, whichever socket
// it came by, and the old one is shut down when it has no connection whose first
// request it still waits for, or three seconds later.
//
// Whether a request has got past the check that drops it, a limits handler
// says. On sites without one its connection counts until it has the answer.
//
// What is left is HTTP's own: a client that reuses a connection in the moment
// in which a server closes it, has to try again (RFC 9112 §9.3.1).
type Handover struct {
	// fresh counts connections without a first request.
	fresh  *atomic.Int64
	logger *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (Handover) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "caddy.listeners.handover",
		New: func() caddy.Module { return new(Handover) },
	}
}

// Provision follows the server's connections.
func (h *Handover) Provision(ctx caddy.Context) error {
	h.fresh, h.logger = new(atomic.Int64), ctx.Logger()
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil // of a server that is none of HTTP's
	}
	events, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("loading the events app: %w", err)
	}
	if err := events.(*caddyevents.App).On("stopping", h); err != nil {
		return fmt.Errorf("subscribing to the end of the configuration: %w", err)
	}
	var firsts sync.Map
	server.RegisterConnContext(func(ctx context.Context, conn net.Conn) context.Context {
		f := &first{owner: h}
		firsts.Store(conn, f)
		return context.WithValue(ctx, firstKey{}, f)
	})
	server.RegisterConnState(func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew || state == http.StateActive {
			return
		}
		if f, there := firsts.LoadAndDelete(conn); there {
			f.(*first).begun()
		}
	})
	return nil
}

// first is the first request of a connection.
type first struct {
	owner *Handover
	known atomic.Bool
}

// begun says that the request is being handled, or never will be.
func (f *first) begun() {
	if !f.known.Load() && f.known.CompareAndSwap(false, true) {
		f.owner.fresh.Add(-1)
	}
}

type firstKey struct{}

// requestBegun is called for every request that gets to a handler.
func requestBegun(r *http.Request) {
	if f, ok := r.Context().Value(firstKey{}).(*first); ok {
		f.begun()
	}
}

const (
	// patience is how long first requests are waited for.
	patience = 3 * time.Second
	poll     = time.Millisecond
)

// Handle implements caddyevents.Handler. It waits when another configuration has
// taken over, before the servers of this one are shut down.
func (h *Handover) Handle(context.Context, caddy.Event) error {
	if caddy.Exiting() {
		return nil // nobody takes over
	}
	for deadline := time.Now().Add(patience); h.fresh.Load() > 0; time.Sleep(poll) {
		if time.Now().After(deadline) {
			h.logger.Warn("connections from before the reload have sent no request yet; one that they send now can be lost",
				zap.Int64("connections", h.fresh.Load()))
			return nil
		}
	}
	return nil
}

// WrapListener implements caddy.ListenerWrapper. It is called when the server is
// about to serve the listener.
func (h *Handover) WrapListener(inner net.Listener) net.Listener {
	l := &listener{Listener: inner, owner: h, accepted: make(chan accepted), closed: make(chan struct{})}
	join(l)
	go l.take()
	return l
}

// UnmarshalCaddyfile sets up the wrapper from Caddyfile tokens.
//
// Syntax:
//
//	handover
func (*Handover) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // wrapper name
	if d.NextArg() || d.NextBlock(0) {
		return d.ArgErr()
	}
	return nil
}

// places are the listeners by address, in the order in which they came. The
// last of each gets the connections of all.
var places = struct {
	sync.Mutex
	listeners map[string][]*listener
}{listeners: make(map[string][]*listener)}

func place(l net.Listener) string { return l.Addr().Network() + "/" + l.Addr().String() }

// join makes l the last of its place.
func join(l *listener) {
	places.Lock()
	defer places.Unlock()
	places.listeners[place(l)] = append(places.listeners[place(l)], l)
}

func leave(l *listener) {
	places.Lock()
	defer places.Unlock()
	key := place(l)
	var rest []*listener
	for _, other := range places.listeners[key] {
		if other != l {
			rest = append(rest, other)
		}
	}
	if places.listeners[key] = rest; len(rest) == 0 {
		delete(places.listeners, key)
	}
}

// last returns the listener that gets the next connection of l's place, with
// that connection counted; nil if there is none.
func last(l *listener) *listener {
	places.Lock()
	defer places.Unlock()
	all := places.listeners[place(l)]
	if len(all) == 0 {
		return nil
	}
	all[len(all)-1].owner.fresh.Add(1)
	return all[len(all)-1]
}

// accepted is what Accept returns.
type accepted struct {
	conn net.Conn
	err  error
}

// listener is one of a place.
type listener struct {
	net.Listener
	owner    *Handover
	accepted chan accepted
	once     sync.Once
	closed   chan struct{}
}

// take accepts until the socket is closed.
func (l *listener) take() {
	for {
		conn, err := l.Listener.Accept()
		if err == nil {
			l.give(conn)
			continue
		}
		select {
		case l.accepted <- accepted{err: err}: // the server waits, or gives up
		case <-l.closed:
			return
		}
	}
}

// give hands a connection to the last listener, or to the one before if that
// closes.
func (l *listener) give(conn net.Conn) {
	for to := last(l); to != nil; to = last(l) {
		select {
		case to.accepted <- accepted{conn: conn}:
			return
		case <-to.closed:
			to.owner.fresh.Add(-1)
		}
	}
	_ = conn.Close()
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.accepted:
		return a.conn, a.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	err := net.ErrClosed
	l.once.Do(func() {
		leave(l)
		close(l.closed)
		err = l.Listener.Close()
	})
	return err
}

// Interface guards
var (
	_ caddy.Provisioner     = (*Handover)(nil)
	_ caddy.ListenerWrapper = (*Handover)(nil)
	_ caddyevents.Handler   = (*Handover)(nil)
	_ caddyfile.Unmarshaler = (*Handover)(nil)
)
