// Package caddymodule brings all of cred-proxy's Caddy modules with one
// import, and registers their Caddyfile directives in one place so that their
// order is certain.
package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/bot-bottle/cred-proxy/caddymodule/admission"
	"github.com/bot-bottle/cred-proxy/caddymodule/agentauth"
	"github.com/bot-bottle/cred-proxy/caddymodule/credinject"
	_ "github.com/bot-bottle/cred-proxy/caddymodule/headlimit"   // the listener wrapper
	_ "github.com/bot-bottle/cred-proxy/caddymodule/healthcheck" // the subcommand
	_ "github.com/bot-bottle/cred-proxy/caddymodule/maskedjson"  // the log format
	"github.com/bot-bottle/cred-proxy/caddymodule/refuse"
	_ "github.com/bot-bottle/cred-proxy/caddymodule/stricthttp" // the transport
	"github.com/bot-bottle/cred-proxy/caddymodule/unpackfetch"
	"github.com/bot-bottle/cred-proxy/caddymodule/upstreamlinks"
	"github.com/bot-bottle/cred-proxy/caddymodule/writeguard"
)

// On a request the order is basic_auth, limits, refuse, agent_auth, write_guard, and
// cred_inject, upstream_links, unpack_fetch, reverse_proxy. Of two directives that are put after the
// same one, the later registered comes first.
func init() {
	httpcaddyfile.RegisterHandlerDirective("write_guard", writeguard.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("write_guard", httpcaddyfile.After, "basic_auth")
	httpcaddyfile.RegisterHandlerDirective("agent_auth", agentauth.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("agent_auth", httpcaddyfile.After, "basic_auth")
	httpcaddyfile.RegisterHandlerDirective("refuse", refuse.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("refuse", httpcaddyfile.After, "basic_auth")
	httpcaddyfile.RegisterHandlerDirective("limits", admission.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("limits", httpcaddyfile.After, "basic_auth")

	httpcaddyfile.RegisterHandlerDirective("cred_inject", credinject.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("cred_inject", httpcaddyfile.Before, "reverse_proxy")
	httpcaddyfile.RegisterHandlerDirective("upstream_links", upstreamlinks.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("upstream_links", httpcaddyfile.Before, "reverse_proxy")
	httpcaddyfile.RegisterHandlerDirective("unpack_fetch", unpackfetch.ParseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder("unpack_fetch", httpcaddyfile.Before, "reverse_proxy")
}
