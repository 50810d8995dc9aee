// Package writeguard has the handler that decides which API requests may
// write. What it knows of each API is in that API's table.
package writeguard

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

func init() {
	caddy.RegisterModule(WriteGuard{})
}

// The policies.
const (
	guarded  = "guarded"
	readOnly = "read-only"
)

// WriteGuard lets a request pass that reads, or that writes what its API's
// table lists as harmless, and answers every other with 403. A git push is
// not the only way to write code to a forge, and a token can mint others.
//
// The request's method and the path as this handler sees it are compared
// with the table: every way in which a server might read the path has to be
// allowed, a row that refuses beats rows that allow, and a write that no row
// matches is refused. A request whose method could be overridden (by a
// header, a query parameter or a form field) is refused as well.
//
// Reads are GET, HEAD and OPTIONS; some mint credentials and count as writes.
// GraphQL documents are parsed: queries are reads, and mutations writes.
// Git's own transport (fetch, push, LFS) is left to cred_inject.
type WriteGuard struct {
	// API names the table: "github", "gitea", "gitlab", "npm", "anthropic",
	// or "http" for an upstream nothing is known of.
	API string `json:"api,omitempty"`
	// Policy is "guarded" (reads, and the writes listed as harmless) or
	// "read-only".
	Policy string `json:"policy,omitempty"`
	// Route is the path prefix of the route, which names it in logs and metrics.
	Route string `json:"route,omitempty"`
	// Base is the path below which the root of the API lies in the path as
	// this handler sees it, with a slash at both ends. Default: "/".
	Base string `json:"base,omitempty"`

	api    *api
	logger *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (WriteGuard) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.write_guard",
		New: func() caddy.Module { return new(WriteGuard) },
	}
}

// Provision finds the table.
func (h *WriteGuard) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	if h.Base == "" {
		h.Base = "/"
	}
	if err := h.check(); err != nil {
		return err
	}
	h.api = apis[h.API]
	return observe.Provision(ctx)
}

func (h *WriteGuard) check() error {
	switch {
	case apis[h.API] == nil:
		return fmt.Errorf("unknown api %q; there are %s", h.API, strings.Join(apiNames(), ", "))
	case h.Policy != guarded && h.Policy != readOnly:
		return fmt.Errorf("the policy is guarded or read-only, not %q", h.Policy)
	case h.Base == "":
		return nil
	case !strings.HasPrefix(h.Base, "/") || !strings.HasSuffix(h.Base, "/"):
		return fmt.Errorf("base %q must start and end with a slash", h.Base)
	case strings.ContainsAny(h.Base, "%\\;?#*{}") || strings.Contains(h.Base, "//") || strings.Contains(h.Base, "/./") || strings.Contains(h.Base, "/../"):
		return errors.New("base must be a plain path, without escapes, dot segments and empty segments")
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *WriteGuard) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if ref := h.judge(r); ref != nil {
		ref.Route = h.Route
		refusal.Write(w, r, h.logger, *ref)
		return nil
	}
	return next.ServeHTTP(w, r)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*WriteGuard)(nil)
	_ caddyhttp.MiddlewareHandler = (*WriteGuard)(nil)
)
