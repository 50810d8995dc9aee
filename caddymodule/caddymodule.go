// Package caddymodule brings all of cred-proxy's Caddy modules with one
// import, and registers their Caddyfile directives in one place so that their
// order is certain.
package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/bot-bottle/cred-proxy/caddymodule/credinject"
	"github.com/bot-bottle/cred-proxy/caddymodule/refuse"
)

// A directive registered after the same one as an earlier directive comes
// before it: the order on a request is basic_auth, refuse, agent_auth, and
// cred_inject, upstream_links, reverse_proxy.
func init() {
	httpcaddyfile.RegisterHandlerDirective("refuse", refuse.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("refuse", httpcaddyfile.After, "basic_auth")

	httpcaddyfile.RegisterHandlerDirective("cred_inject", credinject.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("cred_inject", httpcaddyfile.Before, "reverse_proxy")
}
