// Package headlimit has the listener wrapper that bounds the memory of request
// heads while they are received.
package headlimit

import (
	"net"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(HeadLimit{})
}

// HeadLimit bounds what the heads (request line and header fields) of all
// requests take while they are received: 64 MiB over the process.
//
// A server has a limit for each head, but a client can open any number of
// connections and be slow on all of them. A head of 32 KiB, made of six
// thousand fields, takes 15 times its size once it is parsed; a thousand of
// these were seen to take all of a container's memory. Beyond the limit the
// head that was begun first is given up and its connection closed without an
// answer. An honest client's head comes in one piece and is done before that.
//
// In a server with TLS it stands before "tls", and counts encrypted bytes.
//
// When the head is complete the limit is over; what is done with many fields
// then is for a handler to say.
type HeadLimit struct{}

// CaddyModule returns the Caddy module information.
func (HeadLimit) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "caddy.listeners.head_limit",
		New: func() caddy.Module { return new(HeadLimit) },
	}
}

// Provision follows the states of the server's connections.
func (HeadLimit) Provision(ctx caddy.Context) error {
	process.log.Store(ctx.Logger())
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok {
		server.RegisterConnState(follow)
	}
	return nil
}

// follow is a hook for http.Server.ConnState. A connection is active from the
// end of a head to that of the response.
func follow(c net.Conn, state http.ConnState) {
	if own, ok := c.RemoteAddr().(address); ok {
		own.conn.changed(state)
	}
}

// WrapListener implements caddy.ListenerWrapper.
func (HeadLimit) WrapListener(inner net.Listener) net.Listener { return listener{inner} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newConn(c, &process), nil
}

// UnmarshalCaddyfile sets up the wrapper from Caddyfile tokens.
//
// Syntax:
//
//	head_limit
func (*HeadLimit) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // wrapper name
	if d.NextArg() || d.NextBlock(0) {
		return d.ArgErr()
	}
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner     = (*HeadLimit)(nil)
	_ caddy.ListenerWrapper = (*HeadLimit)(nil)
	_ caddyfile.Unmarshaler = (*HeadLimit)(nil)
)
