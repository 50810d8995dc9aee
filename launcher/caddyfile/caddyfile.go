// Package caddyfile renders a plan into the sidecar's Caddyfile.
package caddyfile

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	credproxy "github.com/bot-bottle/cred-proxy"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// Options is what a launch adds to a plan.
type Options struct {
	// Bind is the address of the plain listener: "fd/3", or an IP address.
	// With BindEnv it is the value of that variable of the sidecar instead.
	Bind, BindEnv string
	// CAFile is the path of the egress proxy's CA as the sidecar sees it; empty
	// for the plan's.
	CAFile string
	// Hosts are the names and addresses that the plain listener is known by; a
	// request for any other is refused.
	Hosts []string
	// GitHubSocket is the address of gh's listener ("fd/4"); empty for none.
	GitHubSocket string
	// AgentTokenEnv is the variable with the agent token; empty when callers
	// need not authenticate.
	AgentTokenEnv string
	// MetricsListen is the address of the metrics endpoint; empty for none.
	MetricsListen string
	// Template replaces the built-in template; TemplateName is its file's name
	// for messages.
	Template, TemplateName string
}

// Data is what the template sees. Every string is a Caddyfile token, quoted
// where it needs to be.
type Data struct {
	GracePeriod string
	Bind        string
	// Hosts are the plain listener's names, without port.
	Hosts []string
	// AgentToken is the name of the variable with the agent token.
	AgentToken   string
	Limits       plan.Limits
	Egress       Egress
	Routes       []Route
	NoRouteHint  string
	GitHubSocket *GitHubSocket
	// Metrics is where metrics are served; nil for nowhere.
	Metrics *Metrics
}

// Metrics is a listening address.
type Metrics struct{ Host, Port string }

// Egress names the forward proxy and its CA file; both may be empty.
type Egress struct {
	ProxyURL, CAFile string
	// Passthrough says that some upstreams' TLS is passed through.
	Passthrough bool
}

// Route is one route. PathPattern and BasePath are the expression and the
// replacement that turn the agent's path into the upstream's.
type Route struct {
	Path, Matcher, PathPattern, BasePath string
	// Upstream is the base URL, Origin its scheme and host, Host its host name,
	// Authority the host name with the port unless it is the scheme's.
	Upstream, Origin, Host, Authority string
	// Plain says that the upstream is reached without TLS.
	Plain bool
	// Passthrough says that the egress proxy passes the upstream's TLS through,
	// so that its certificate is the upstream's own.
	Passthrough           bool
	TokenEnv              string
	Basic, Header, Scheme string
	StripQuery            []string
	Append                []HeaderValue
	GitHint               string
	// WriteGuard is the write policy; nil when all writes pass.
	WriteGuard *WriteGuard
}

// WriteGuard holds the arguments of write_guard. Base is empty when the API
// lies at the root of its host.
type WriteGuard struct{ API, Policy, Base string }

// HeaderValue is one value of a header.
type HeaderValue struct{ Name, Value string }

// GitHubSocket is the listener on which gh reaches a GitHub host.
type GitHubSocket struct {
	Bind string
	// APIPath is the path matcher of the API on that host.
	APIPath string
	Route   Route
	// PushHost is the host by which git addresses pushes, which are refused
	// with PushHint; see package agent.
	PushHost, PushHint string
}

const gracePeriod = "30s"

// Render renders the plan's Caddyfile. It fails when a value cannot be
// written so that Caddy reads it back as it is, or the template is wrong.
func Render(p *plan.Plan, o Options) (string, error) {
	name, text := "Caddyfile.tmpl", credproxy.CaddyfileTemplate
	if o.Template != "" {
		name, text = o.TemplateName, o.Template
	}
	tmpl, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("parsing template: %w", err)
	}
	data, err := newData(p, o)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, data); err != nil {
		return "", fmt.Errorf("executing template: %w", err)
	}
	return b.String(), nil
}

func newData(p *plan.Plan, o Options) (*Data, error) {
	if p.Egress.Pipelock != nil && o.CAFile == "" {
		return nil, errNoPipelockCA
	}
	q := &quoter{}
	d := &Data{
		GracePeriod: gracePeriod, Bind: q.quote(o.Bind), AgentToken: q.quote(o.AgentTokenEnv), Limits: p.Limits,
		Egress: Egress{ProxyURL: q.quote(p.Egress.ProxyURL), CAFile: q.quote(p.Egress.CAFile), Passthrough: len(p.Egress.Passthrough) > 0},
	}
	if o.BindEnv != "" {
		d.Bind = "{$" + o.BindEnv + "}"
	}
	if o.CAFile != "" {
		d.Egress.CAFile = q.quote(o.CAFile)
	}
	for _, host := range o.Hosts {
		d.Hosts = append(d.Hosts, q.quote(host))
	}
	if o.MetricsListen != "" {
		host, port, err := net.SplitHostPort(o.MetricsListen)
		if err != nil {
			return nil, fmt.Errorf("reading metrics address: %w", err)
		}
		d.Metrics = &Metrics{Host: q.quote(host), Port: q.quote(port)}
	}
	var prefixes []string
	for _, r := range p.Routes {
		route, err := q.route(r, p.Egress.Passthrough)
		if err != nil {
			return nil, err
		}
		d.Routes = append(d.Routes, route)
		prefixes = append(prefixes, r.Path)
		if o.GitHubSocket != "" && d.GitHubSocket == nil && r.Kind == "github" && r.API {
			d.GitHubSocket = q.gitHubSocket(r, route, o.GitHubSocket)
		}
		if s := d.GitHubSocket; s != nil && s.PushHost == "" && r.Kind == "github" && r.Git {
			s.PushHost, s.PushHint = route.Host, route.GitHint
		}
	}
	d.NoRouteHint = q.quote("this sidecar's routes are " + strings.Join(prefixes, ", "))
	return d, q.err
}

func (q *quoter) gitHubSocket(r plan.Route, route Route, bind string) *GitHubSocket {
	s := &GitHubSocket{Bind: q.quote(bind), APIPath: "*", Route: route}
	if strings.HasSuffix(r.Upstream, "/api/v3") { // GitHub Enterprise; GraphQL is at /api/graphql
		s.APIPath = "/api/*"
	}
	return s
}

func (q *quoter) route(r plan.Route, passthrough []string) (Route, error) {
	u, err := url.Parse(r.Upstream)
	if err != nil {
		return Route{}, fmt.Errorf("reading upstream of route %s: %w", r.Path, err)
	}
	route := Route{
		Path: q.quote(r.Path), Matcher: q.quote(r.Path + "*"),
		PathPattern: q.quote("^" + regexp.QuoteMeta(r.Path)),
		// "$" starts a group's name in a replacement.
		BasePath: q.quote(strings.ReplaceAll(u.EscapedPath()+"/", "$", "$$")),
		Plain:    u.Scheme == "http", Upstream: q.quote(r.Upstream), Origin: q.quote(u.Scheme + "://" + u.Host), Host: q.quote(u.Hostname()), Authority: q.quote(u.Host),
		TokenEnv: q.quote(r.TokenEnv), Basic: q.quote(r.Auth.Basic), Header: q.quote(r.Auth.Header), Scheme: q.quote(r.Auth.Scheme),
		GitHint:     q.quote(r.GitHint),
		Passthrough: slices.Contains(passthrough, u.Hostname()),
		WriteGuard:  q.writeGuard(r),
	}
	for _, name := range r.StripQuery {
		route.StripQuery = append(route.StripQuery, q.quote(name))
	}
	for _, a := range r.Append {
		route.Append = append(route.Append, HeaderValue{q.quote(a.Name), q.quote(a.Value)})
	}
	return route, nil
}

func (q *quoter) writeGuard(r plan.Route) *WriteGuard {
	if r.Write == bottle.Allow {
		return nil
	}
	g := &WriteGuard{API: q.quote(r.WriteAPI), Policy: q.quote(string(r.Write))}
	if r.WriteBase != "/" {
		g.Base = q.quote(r.WriteBase)
	}
	return g
}

// quoter writes values as Caddyfile tokens and remembers the first that
// cannot be one.
type quoter struct{ err error }

var errNoPipelockCA = errors.New("the plan has a pipelock and no file with its CA")

var errUnquotable = errors.New("cannot be written into a Caddyfile")

var bare = regexp.MustCompile(`^[A-Za-z0-9/._:@+,=^*-]+$`)

// quote returns a token that Caddy reads back as value. Braces are refused:
// Caddy expands {$NAME} before it reads quotes, and {placeholders} after. In
// double quotes only \" is an escape, so a backslash must not come to stand
// before a quote.
func (q *quoter) quote(value string) string {
	if value == "" || bare.MatchString(value) {
		return value
	}
	if strings.ContainsAny(value, "{}\"`") || strings.HasSuffix(value, `\`) || !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		if q.err == nil {
			q.err = fmt.Errorf("value %q %w", value, errUnquotable)
		}
		return `""`
	}
	return `"` + value + `"`
}
