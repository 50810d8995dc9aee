package admission

import (
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	limits [<matcher>] {
//	    requests    <count>
//	    connections <count>
//	    always      <path>...
//	}
func (h *Limits) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	if d.NextArg() {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		var into *int
		switch d.Val() {
		case "requests":
			into = &h.Requests
		case "connections":
			into = &h.Connections
		case "always":
			paths := d.RemainingArgs()
			if len(paths) == 0 {
				return d.ArgErr()
			}
			h.Always = append(h.Always, paths...)
			continue
		default:
			return d.Errf("unknown option %q; known are requests, connections and always", d.Val())
		}
		name := d.Val()
		if *into != 0 {
			return d.Errf("%s is set twice", name)
		}
		var count string
		if !d.AllArgs(&count) {
			return d.ArgErr()
		}
		var err error
		if *into, err = strconv.Atoi(count); err != nil || *into < 1 {
			return d.Errf("%s %q is not a count of 1 or more", name, count)
		}
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(Limits)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Limits)(nil)
