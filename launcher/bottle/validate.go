package bottle

import (
	"net/url"
	"slices"
	"strings"
)

// validate checks what no single value shows.
func (r *reader) validate(b *Bottle) {
	start := position{1, "name"}
	if b.Slug() == "" {
		r.fail(start, "%q has no letter or digit; give the bottle a name with one", b.Name)
	}
	if len(b.Tokens) == 0 && len(b.Routes) == 0 && len(r.problems) == 0 {
		r.fail(position{1, ""}, "has no tokens and no routes; add one, or `cred-proxy init` writes a file to start from")
	}
	paths := make(map[string]position)
	for _, e := range b.Tokens {
		r.validateEntry(e, paths)
	}
	for _, rt := range b.Routes {
		r.require(rt.at, rt.Path, "path", "such as /api/")
		r.require(rt.at, rt.Upstream, "upstream", "such as https://api.example.com")
		if rt.Auth == (Auth{}) {
			r.require(rt.at, "", "auth", "such as {scheme: Bearer, token_ref: API_TOKEN}")
		}
		r.claim(paths, rt.Path, rt.at)
	}
	r.validateEgress(b.Egress)
	r.validatePassthrough(b)
	r.validateAgent(b)
}

func (r *reader) validateEgress(e Egress) {
	if e.AgentPipelock && r.pipelock.line == 0 {
		r.fail(r.egressAgent, "pipelock goes with egress.pipelock.image, of which the agent gets an instance of its own; add it, or write none")
	}
	switch {
	case r.pipelock.line == 0:
		if e.CAFile != "" && e.ProxyURL == "" {
			r.fail(r.caFile, "goes with egress.proxy_url; add it, or remove ca_file")
		}
	case e.ProxyURL != "" || e.CAFile != "" || len(e.Passthrough) > 0:
		r.fail(r.pipelock, "goes without egress.proxy_url, egress.ca_file and egress.passthrough, which are for a proxy that you start yourself; remove it or them")
	default:
		r.require(r.pipelock, e.PipelockImage, "image", "the image of pipelock to start")
	}
}

// validatePassthrough refuses hosts to which nothing is sent: a misspelt one
// would have its certificate refused at the first request.
func (r *reader) validatePassthrough(b *Bottle) {
	if len(r.passthrough) == 0 || r.pipelock.line != 0 {
		return
	}
	if b.Egress.CAFile == "" {
		r.fail(r.passthrough[0].at, "goes with egress.ca_file, without which every host is trusted by its own certificate; leave passthrough out")
		return
	}
	var hosts []string
	for _, e := range b.Tokens {
		for _, x := range e.Expand() {
			hosts = append(hosts, hostnameOf(x.Upstream))
		}
	}
	for _, rt := range b.Routes {
		hosts = append(hosts, hostnameOf(rt.Upstream))
	}
	for _, n := range r.passthrough {
		if !slices.Contains(hosts, n.name) {
			slices.Sort(hosts)
			r.fail(n.at, "no route leads to %s; the routes' hosts are %s", n.name, list(slices.Compact(hosts)))
		}
	}
}

// require reports a missing key, unless the key is there with another problem.
func (r *reader) require(at position, value, key, example string) {
	full := at.key + "." + key
	reported := slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Key == full }) || r.reportedBelow(full)
	if value == "" && !reported {
		r.fail(position{at.line, full}, "is missing; add it, %s", example)
	}
}

// reportedBelow tells whether there is a problem with a part of the value.
func (r *reader) reportedBelow(key string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return strings.HasPrefix(p.Key, key+".") })
}

func (r *reader) validateEntry(e Entry, paths map[string]position) {
	r.require(e.at, e.Kind, "kind", "one of "+list(kindNames()))
	r.require(e.at, e.TokenRef, "token_ref", "the name of the host variable that holds the token")
	kind, ok := KindNamed(e.Kind)
	if !ok {
		return
	}
	if kind.URL == "" && e.URL == "" {
		r.require(e.at, "", "url", "such as https://"+e.Kind+".example.com")
		return
	}
	for _, route := range e.Expand() {
		r.claim(paths, route.Path, e.at)
	}
}

// claim reports a path that another route has.
func (r *reader) claim(paths map[string]position, path string, at position) {
	if path == "" {
		return
	}
	key := strings.ToLower(path) // Caddy's path matcher ignores case
	if other, taken := paths[key]; taken {
		r.fail(at, "path %s is taken by %s in line %d; give one of them a path of its own with path:", path, other.key, other.line)
		return
	}
	paths[key] = at
}

func (r *reader) validateAgent(b *Bottle) {
	refs := make(map[string]bool)
	for _, e := range b.Tokens {
		refs[e.TokenRef] = true
	}
	for _, rt := range b.Routes {
		refs[rt.Auth.TokenRef] = true
	}
	for _, n := range r.agentNames {
		if refs[n.name] {
			r.fail(n.at, "%s holds a token of this bottle; the agent must not get it, remove it", n.name)
		}
	}
}

// Expanded is one route that an entry expands to.
type Expanded struct {
	KindRoute
	Path, Upstream string
	// Base is the path below which the service lies on its host, with a slash
	// at both ends; it is part of what Upstream says.
	Base string
}

// Expand returns the routes of the entry's kind.
func (e Entry) Expand() []Expanded {
	kind, _ := KindNamed(e.Kind)
	base, prefix := e.URL, e.Path
	if base == "" {
		base = kind.URL
	}
	if prefix == "" {
		prefix = kind.Prefix
		if kind.PerHost {
			prefix += Host(base) + "/"
		}
	}
	root := Base(base)
	expanded := make([]Expanded, 0, len(kind.Routes))
	for _, route := range kind.Routes {
		x := Expanded{KindRoute: route, Path: prefix + route.Path, Upstream: base + route.Upstream, Base: root}
		if e.Path == "" && route.FixedPath != "" {
			x.Path = route.FixedPath
		}
		if e.URL == "" && route.FixedUpstream != "" {
			x.Upstream, x.Base = route.FixedUpstream, Base(route.FixedUpstream)
		}
		if e.APIKey {
			x.Scheme, x.Header, x.AppendHeader, x.AppendedValue = "", "x-api-key", "", ""
		}
		expanded = append(expanded, x)
	}
	return expanded
}

// Base returns the path of a canonical upstream URL, escaped as it is there,
// with a slash at both ends.
func Base(upstream string) string {
	u, err := url.Parse(upstream)
	if err != nil {
		return "/"
	}
	return strings.TrimRight(u.EscapedPath(), "/") + "/"
}

func hostnameOf(upstream string) string {
	u, err := url.Parse(upstream)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Host returns the host of a canonical upstream URL, with the port unless it
// is the scheme's.
func Host(upstream string) string {
	u, err := url.Parse(upstream)
	if err != nil {
		return ""
	}
	return u.Host
}
