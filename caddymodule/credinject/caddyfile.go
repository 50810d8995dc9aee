package credinject

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	cred_inject [<matcher>] [<scheme> <token_env>] {
//	    route       <prefix>
//	    scheme      <word>
//	    basic       <username>
//	    header      <Name>
//	    token_env   <NAME>
//	    token_file  <path>
//	    git_push    refuse|allow
//	    git_hint    <text>
//	    strip       <Header>...
//	    strip_query <name>...
//	    append      <Header> <value>
//	    redact      on|off
//	}
func (h *CredInject) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	switch args := d.RemainingArgs(); len(args) {
	case 0:
	case 2:
		h.Scheme, h.TokenEnv = args[0], args[1]
	default:
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		if err := h.unmarshalOption(d); err != nil {
			return err
		}
	}
	if err := h.check(); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

func (h *CredInject) unmarshalOption(d *caddyfile.Dispenser) error {
	single := map[string]*string{
		"route": &h.Route, "scheme": &h.Scheme, "basic": &h.Basic, "header": &h.Header,
		"token_env": &h.TokenEnv, "token_file": &h.TokenFile,
		"git_push": &h.GitPush, "git_hint": &h.GitHint, "redact": &h.Redact,
	}
	name := d.Val()
	if field, ok := single[name]; ok {
		if *field != "" {
			return d.Errf("%s is given twice", name)
		}
		if !d.AllArgs(field) || *field == "" {
			return d.ArgErr()
		}
		return nil
	}
	args := d.RemainingArgs()
	switch name {
	case "strip", "strip_query":
		if len(args) == 0 {
			return d.ArgErr()
		}
		if name == "strip" {
			h.Strip = append(h.Strip, args...)
		} else {
			h.StripQuery = append(h.StripQuery, args...)
		}
	case "append":
		if len(args) != 2 {
			return d.ArgErr()
		}
		h.Append = append(h.Append, HeaderValue{Header: args[0], Value: args[1]})
	default:
		return d.Errf("unknown option %q", name)
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(CredInject)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

var _ caddyfile.Unmarshaler = (*CredInject)(nil)
