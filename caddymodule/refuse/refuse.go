// Package refuse has the handler that answers a request with one of
// cred-proxy's refusals.
package refuse

import (
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

func init() {
	caddy.RegisterModule(Refuse{})
}

// Refuse ends a request with a refusal: its status, a Cred-Proxy-Error header
// and a body that says what was refused and what to do instead.
type Refuse struct {
	// Code names the refusal, for example "no_route" or "method_refused".
	Code string `json:"code,omitempty"`
	// Hint says what to do instead.
	Hint string `json:"hint,omitempty"`

	logger *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (Refuse) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.refuse",
		New: func() caddy.Module { return new(Refuse) },
	}
}

// Provision sets up the logger and the metrics.
func (h *Refuse) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	return observe.Provision(ctx)
}

// Validate checks the code.
func (h *Refuse) Validate() error {
	if !refusal.Known(refusal.Code(h.Code)) {
		return fmt.Errorf("unknown refusal code %q", h.Code)
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Refuse) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	refusal.Write(w, r, h.logger, refusal.Refusal{Code: refusal.Code(h.Code), Hint: h.Hint})
	return nil
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	refuse [<matcher>] <code> [<hint>]
func (h *Refuse) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	if !d.NextArg() {
		return d.ArgErr()
	}
	h.Code = d.Val()
	if !refusal.Known(refusal.Code(h.Code)) {
		return d.Errf("unknown refusal code %q", h.Code)
	}
	if d.NextArg() {
		h.Hint = d.Val()
	}
	if d.NextArg() || d.NextBlock(0) {
		return d.ArgErr()
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(Refuse)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Refuse)(nil)
	_ caddy.Validator             = (*Refuse)(nil)
	_ caddyhttp.MiddlewareHandler = (*Refuse)(nil)
	_ caddyfile.Unmarshaler       = (*Refuse)(nil)
)
