// Package upstreamlinks has the handler that keeps redirects, pages and
// downloads inside the routes.
package upstreamlinks

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(UpstreamLinks{})
}

// UpstreamLinks rewrites what an upstream's response points to: Location,
// Content-Location and Link headers, relative ones included, the addresses in
// answers of the Git LFS API, and in package metadata of an npm registry those
// of the tarballs, for clients that do not do so themselves. What points into
// this route's upstream, or into that of another upstream_links of the same
// configuration, comes to point to the route. All else passes unchanged; no
// redirect is followed.
//
// From answers of the Git LFS API the credentials are removed that an upstream
// tells its client to send. Such an answer that is too large, or cannot be
// read, is replaced by an error (502).
type UpstreamLinks struct {
	// Upstream is the route's base URL: scheme, host, and a path without a
	// trailing slash.
	Upstream string `json:"upstream,omitempty"`
	// Route is the route's path prefix, with a slash at both ends.
	Route string `json:"route,omitempty"`

	link  link
	links *table
}

// CaddyModule returns the Caddy module information.
func (UpstreamLinks) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.upstream_links",
		New: func() caddy.Module { return new(UpstreamLinks) },
	}
}

// Provision makes the route known to the configuration's other handlers.
func (h *UpstreamLinks) Provision(ctx caddy.Context) error {
	var err error
	if h.link, err = newLink(h.Upstream, h.Route); err != nil {
		return err
	}
	h.links = tableOf(ctx)
	h.links.add(h.link)
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *UpstreamLinks) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	rewrite := &rewriter{links: h.links, own: h.link, public: publicBase(r)}
	rewrite.base = url.URL{Scheme: h.link.scheme, Host: h.link.host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	edit := rewrite.packument()
	if !wantsTarballs(r) {
		edit = rewrite.batch(r)
	}
	if edit.asksForPlain {
		r = r.WithContext(r.Context())
		r.Header = r.Header.Clone()
		r.Header.Set("Accept-Encoding", "identity")
		// A cached copy would name the port of another time.
		r.Header.Del("If-None-Match")
		r.Header.Del("If-Modified-Since")
	}
	return serveEdited(w, r, next, rewrite, edit)
}

// publicBase is the sidecar's address as this client knows it. Without a Host
// (HTTP/1.0) it is empty, and links become absolute paths.
func publicBase(r *http.Request) string {
	if r.Host == "" {
		return ""
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	upstream_links [<matcher>] <upstream base URL> <route prefix>
func (h *UpstreamLinks) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	if !d.AllArgs(&h.Upstream, &h.Route) || d.NextBlock(0) {
		return d.ArgErr()
	}
	if _, err := newLink(h.Upstream, h.Route); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(UpstreamLinks)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

func newLink(upstream, route string) (link, error) {
	u, err := url.Parse(upstream)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return link{}, fmt.Errorf("%q is not the base URL of an upstream", upstream)
	}
	if len(route) < 2 || !strings.HasPrefix(route, "/") || !strings.HasSuffix(route, "/") {
		return link{}, fmt.Errorf("route prefix %q must start and end with a slash", route)
	}
	return link{scheme: u.Scheme, host: canonicalHost(u), path: strings.TrimRight(u.EscapedPath(), "/"), route: route}, nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*UpstreamLinks)(nil)
	_ caddyhttp.MiddlewareHandler = (*UpstreamLinks)(nil)
	_ caddyfile.Unmarshaler       = (*UpstreamLinks)(nil)
)
