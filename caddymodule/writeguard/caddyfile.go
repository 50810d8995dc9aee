package writeguard

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	write_guard [<matcher>] github|gitea|gitlab|npm|anthropic|http guarded|read-only {
//	    route <prefix>
//	    base  <path prefix>
//	}
func (h *WriteGuard) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	if !d.AllArgs(&h.API, &h.Policy) {
		return d.ArgErr()
	}
	if err := h.check(); err != nil {
		return d.WrapErr(err)
	}
	options := map[string]*string{"route": &h.Route, "base": &h.Base}
	for d.NextBlock(0) {
		name := d.Val()
		field, known := options[name]
		switch {
		case !known:
			return d.Errf("unknown option %q", name)
		case *field != "":
			return d.Errf("%s is given twice", name)
		case !d.AllArgs(field) || *field == "":
			return d.ArgErr()
		}
		if err := h.check(); err != nil {
			return d.WrapErr(err)
		}
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(WriteGuard)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

var _ caddyfile.Unmarshaler = (*WriteGuard)(nil)
