// Package stricthttp has the reverse proxy's transport that takes an answer for
// a request's only if it came after the request.
package stricthttp

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// maxDials is more than a request needs while an upstream restarts.
const maxDials = 5

// errTooOften ends a request for which connections are made in vain.
var errTooOften = errors.New("the upstream took the request on none of its connections")

func init() {
	caddy.RegisterModule(StrictHTTP{})
}

// StrictHTTP is Caddy's HTTP transport, with all its options but a placeholder
// in tls_server_name and proxy_protocol with TLS, in which an HTTP/1.1 connection is used again only when everything that the upstream has
// sent over it was read.
//
// An upstream may send two answers to one request; it is enough that somebody
// can put line breaks into one of its headers. net/http closes a connection
// over which comes what nobody asked for, but it offers the connection for
// another request before it looks. Under load the stray answer became the
// answer to that request, and every later one was answered with the one
// before.
//
// A request makes at most maxDials connections. An HTTP/2 upstream that says of
// every request that it came too late (GOAWAY, RFC 9113 §6.8) would otherwise be
// connected to for as long as the client waits.
//
// A request that brings a body where servers expect none, as all but POST, PUT
// and PATCH do, is the last one of its connection. A server that does not read
// such a body takes it for the start of the next request, and for that one's the
// credential which comes with it (RFC 9110 §9.3.1).
type StrictHTTP struct {
	reverseproxy.HTTPTransport

	// proxy chooses the egress proxy of a request; nil without one.
	proxy func(*http.Request) (*url.URL, error)
}

// CaddyModule returns the Caddy module information.
func (StrictHTTP) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.transport.strict_http",
		New: func() caddy.Module { return new(StrictHTTP) },
	}
}

// Provision sets up the transport.
func (h *StrictHTTP) Provision(ctx caddy.Context) error {
	if err := h.HTTPTransport.Provision(ctx); err != nil {
		return err
	}
	h.chooseOnce()
	dial := h.Transport.DialContext
	h.Transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials, ok := ctx.Value(dialsKey{}).(*atomic.Int64); ok && dials.Add(1) > maxDials {
			return nil, errTooOften
		}
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return watch(c, time.Duration(h.ReadTimeout)), nil
	}
	if h.Transport.DialTLSContext != nil {
		return errors.New("connections cannot be watched with a placeholder in tls_server_name, nor with proxy_protocol and TLS")
	}
	return nil
}

// chosenKey is for the egress proxy that was chosen for a request.
type chosenKey struct{}

// chosen is what proxy returned.
type chosen struct {
	proxy *url.URL
	err   error
}

// chooseOnce has the transport ask for a request's proxy once. Caddy writes the
// choice into the request's variables each time that net/http tries again, while
// a connection that is still being made reads them; Go ends a process for that.
func (h *StrictHTTP) chooseOnce() {
	if h.proxy = h.Transport.Proxy; h.proxy == nil {
		return
	}
	h.Transport.Proxy = func(r *http.Request) (*url.URL, error) {
		if c, ok := r.Context().Value(chosenKey{}).(chosen); ok {
			return c.proxy, c.err
		}
		return h.proxy(r)
	}
}

// choose returns the context of a request whose proxy is chosen. It has variables
// of its own, which nobody writes any more: a connection may still be made when
// the request has ended.
func (h *StrictHTTP) choose(ctx context.Context, r *http.Request) context.Context {
	if vars, ok := ctx.Value(caddyhttp.VarsCtxKey).(map[string]any); ok {
		ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, maps.Clone(vars))
	}
	if h.proxy == nil {
		return ctx
	}
	r = r.WithContext(ctx)
	h.SetScheme(r)
	var c chosen
	c.proxy, c.err = h.proxy(r)
	return context.WithValue(ctx, chosenKey{}, c)
}

// dialsKey is for the number of connections made for a request.
type dialsKey struct{}

// uploadKey is for who is told of the loss of a request's connection.
type uploadKey struct{}

// WithUpload returns a context for a request with which lost is told, while the
// request has no answer, whether the HTTP/1.1 connection that it goes over has
// ended. The transport itself says so only when a Read of the request's body
// returns (net/http, persistConn.mapRoundTripError), which may wait for a client
// that waits for the answer.
func WithUpload(ctx context.Context, lost func(bool)) context.Context {
	return context.WithValue(ctx, uploadKey{}, lost)
}

// watched is a connection of ours.
type watched interface {
	settle(ctx context.Context)
	follow(lost func(bool))
}

// RoundTrip implements http.RoundTripper.
func (h *StrictHTTP) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := h.choose(context.WithValue(r.Context(), dialsKey{}, new(atomic.Int64)), r)
	lost, _ := ctx.Value(uploadKey{}).(func(bool))
	var followed watched
	unfollow := func() {
		if followed != nil {
			followed.follow(nil)
		}
	}
	defer unfollow()
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		c := h.below(got.Conn)
		if c == nil {
			return
		}
		if got.Reused {
			c.settle(ctx)
		}
		if lost != nil {
			unfollow()
			followed = c
			c.follow(lost)
		}
	}}
	r = r.WithContext(httptrace.WithClientTrace(ctx, trace))
	r.Close = r.Close || bodyUnexpected(r)
	return h.HTTPTransport.RoundTrip(r)
}

// bodyUnexpected reports whether a server may overlook the request's body.
func bodyUnexpected(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return false
	}
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

// below finds the connection to the upstream, or to a proxy, below TLS; nil if
// there is none of ours, or if it is HTTP/2's, which many requests share and
// which says to which of them an answer belongs.
func (h *StrictHTTP) below(c net.Conn) watched {
	t, encrypted := c.(*tls.Conn)
	if encrypted && t.ConnectionState().NegotiatedProtocol == "h2" || !encrypted && h.plainHTTP2() {
		return nil
	}
	for {
		switch layer := c.(type) {
		case watched:
			return layer
		case interface{ NetConn() net.Conn }:
			c = layer.NetConn()
		default:
			return nil
		}
	}
}

func (h *StrictHTTP) plainHTTP2() bool {
	return h.Transport.Protocols != nil && h.Transport.Protocols.UnencryptedHTTP2()
}

// UnmarshalCaddyfile sets up the transport from Caddyfile tokens.
//
// Syntax: that of Caddy's transport http.
func (h *StrictHTTP) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return h.HTTPTransport.UnmarshalCaddyfile(d)
}

// Interface guards
var (
	_ caddy.Provisioner                      = (*StrictHTTP)(nil)
	_ caddy.CleanerUpper                     = (*StrictHTTP)(nil)
	_ caddyfile.Unmarshaler                  = (*StrictHTTP)(nil)
	_ http.RoundTripper                      = (*StrictHTTP)(nil)
	_ reverseproxy.TLSTransport              = (*StrictHTTP)(nil)
	_ reverseproxy.RequestHeaderOpsTransport = (*StrictHTTP)(nil)
)
