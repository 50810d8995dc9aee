// Package unpackfetch has the handler that undoes the compression of git's
// fetch requests, for egress proxies that inspect.
package unpackfetch

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/contentcoding"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

func init() {
	caddy.RegisterModule(UnpackFetch{})
}

// maxSize is the most that a request may unpack to, in bytes. It bounds what a
// few kilobytes of an agent's can make the egress proxy hold; a fetch that
// names half a million commits is smaller.
const maxSize = 32 << 20

// UnpackFetch sends git's fetch requests without a content coding. git
// compresses those over a kilobyte, with no way to ask it not to, and a proxy
// that inspects what it lets through blocks what it cannot read.
//
// Only POST requests for git-upload-pack with the one coding gzip are changed;
// they are unpacked as they come. One that is not what it says, or unpacks to
// more than 32 MiB, is refused (422, 413) and does not get to its end at the
// upstream. All other requests pass as they are.
type UnpackFetch struct{}

// CaddyModule returns the Caddy module information.
func (UnpackFetch) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.unpack_fetch",
		New: func() caddy.Module { return new(UnpackFetch) },
	}
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (UnpackFetch) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if !isFetch(r) {
		return next.ServeHTTP(w, r)
	}
	codings, err := contentcoding.Of(r.Header)
	if err != nil || len(codings) != 1 || codings[0] != "gzip" && codings[0] != "x-gzip" {
		return next.ServeHTTP(w, r) //nolint:nilerr // a coding of somebody else's
	}
	plain, err := contentcoding.NewReader(codings, r.Body)
	if err != nil {
		return unreadable(err)
	}
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	contentcoding.Strip(r.Header)
	r.ContentLength = -1
	r.Body = &body{Closer: r.Body, plain: plain, left: maxSize}
	return next.ServeHTTP(w, r)
}

func isFetch(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-upload-pack")
}

// body is a request body that was unpacked.
type body struct {
	io.Closer
	plain io.Reader
	left  int64
}

// Read implements io.Reader. What it fails with reaches cred_inject through
// the transport, and from there the client.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.plain.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, refusal.Error{Refusal: refusal.Refusal{
			Code: refusal.BodyRefused, Status: http.StatusRequestEntityTooLarge, Message: "the fetch request is too large once it is unpacked",
			Hint: "fetch fewer references at a time", Reason: fmt.Sprintf("more than %d bytes", int64(maxSize)),
		}}
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract is the bare value
		return 0, unreadable(err)
	}
	return n, err
}

func unreadable(err error) error {
	return refusal.Error{Refusal: refusal.Refusal{
		Code: refusal.BodyRefused, Message: "the fetch request is not the gzip that it says it is", Reason: err.Error(),
	}}
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	unpack_fetch [<matcher>]
func (*UnpackFetch) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	if d.NextArg() || d.NextBlock(0) {
		return d.ArgErr()
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(UnpackFetch)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// Interface guards
var (
	_ caddyhttp.MiddlewareHandler = (*UnpackFetch)(nil)
	_ caddyfile.Unmarshaler       = (*UnpackFetch)(nil)
)
