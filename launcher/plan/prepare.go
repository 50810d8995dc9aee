package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

var errPipelockBackend = errors.New("egress.pipelock starts a container, for which it needs the Docker backend; " +
	"with process, start pipelock yourself and set egress.proxy_url and egress.ca_file")

// Prepare expands a bottle into a plan. It is pure. The agent's part and the
// Caddyfile are added by the packages that render them.
func Prepare(b *bottle.Bottle) (*Plan, error) {
	p := &Plan{
		Schema: SchemaVersion, Bottle: b.Name, Slug: b.Slug(), Backend: b.Backend,
		Routes: []Route{}, Requires: []Requirement{}, Networks: []Network{},
		Limits: Limits(b.Limits),
		Egress: Egress{ProxyURL: b.Egress.ProxyURL, CAFile: b.Egress.CAFile, Passthrough: b.Egress.Passthrough},
	}
	if image := b.Egress.PipelockImage; image != "" {
		if p.Backend == "process" {
			return nil, errPipelockBackend
		}
		p.Egress = Egress{ProxyURL: "http://" + net.JoinHostPort(PipelockName, PipelockPort), Pipelock: &Pipelock{Image: image}}
		if b.Egress.AgentPipelock {
			p.Egress.Agent = AgentPipelock
		}
	}
	if p.Backend == "docker" {
		p.Networks = []Network{{Name: "cred-proxy-" + p.Slug + "-internal"}, {Name: "cred-proxy-" + p.Slug + "-egress"}}
	}
	for _, e := range b.Tokens {
		kind, _ := bottle.KindNamed(e.Kind)
		for _, x := range e.Expand() {
			r := Route{
				Path: x.Path, Upstream: x.Upstream, Host: bottle.Host(x.Upstream), Kind: e.Kind,
				Write: e.Write, WriteAPI: kind.WriteAPI, WriteBase: x.Base,
				Auth:       Auth{Scheme: x.Scheme, Basic: x.BasicUser, Header: x.Header},
				TokenEnv:   p.slot(e.TokenRef),
				StripQuery: kind.StripQuery, Git: x.Git, API: x.API,
				Harmless: x.Harmless, Rejects: x.Rejects,
			}
			if x.AppendHeader != "" {
				r.Append = []HeaderValue{{x.AppendHeader, x.AppendedValue}}
			}
			if x.Git {
				r.GitHint = gitHint(r.Upstream, b.Git)
			}
			p.Routes = append(p.Routes, r)
		}
	}
	for _, rt := range b.Routes {
		p.Routes = append(p.Routes, Route{
			Path: rt.Path, Upstream: rt.Upstream, Host: bottle.Host(rt.Upstream),
			Write: rt.Write, WriteAPI: bottle.PlainAPI, WriteBase: bottle.Base(rt.Upstream),
			Auth:     Auth{Scheme: rt.Auth.Scheme, Basic: rt.Auth.Basic, Header: rt.Auth.Header},
			TokenEnv: p.slot(rt.Auth.TokenRef),
			GitHint:  gitHint(rt.Upstream, b.Git),
		})
	}
	if p.Egress.Pipelock != nil {
		p.Egress.Passthrough = uninspected(p.Routes)
	}
	for _, g := range b.Git {
		p.GitHosts = append(p.GitHosts, g.Host)
	}
	return p, p.Validate()
}

// llmHost is passed through by a pipelock of the bottle's own: an agent's
// conversation with a model holds whatever its files hold, and trips every scanner.
const llmHost = "api.anthropic.com"

func uninspected(routes []Route) []string {
	if slices.ContainsFunc(routes, func(r Route) bool { return r.Host == llmHost }) {
		return []string{llmHost}
	}
	return nil
}

// slot returns the slot of a host variable, a new one for a variable that has
// none yet.
func (p *Plan) slot(tokenRef string) string {
	for _, r := range p.Requires {
		if r.TokenRef == tokenRef {
			return r.TokenEnv
		}
	}
	name := fmt.Sprintf("CRED_PROXY_TOKEN_%d", len(p.Requires))
	p.Requires = append(p.Requires, Requirement{TokenEnv: name, TokenRef: tokenRef})
	return name
}

// Validate refuses a plan in which one slot would be filled from two host
// variables, a route has a slot that nothing fills, or a route's write policy
// is none, or cannot be applied.
func (p *Plan) Validate() error {
	refs := make(map[string]string)
	for _, r := range p.Requires {
		if other, taken := refs[r.TokenEnv]; taken && other != r.TokenRef {
			return fmt.Errorf("slot %s has two sources, %s and %s", r.TokenEnv, other, r.TokenRef)
		}
		refs[r.TokenEnv] = r.TokenRef
	}
	for _, r := range p.Routes {
		if refs[r.TokenEnv] == "" {
			return fmt.Errorf("route %s has slot %q, which no token fills", r.Path, r.TokenEnv)
		}
		if !slices.Contains(bottle.WritePolicies, r.Write) || r.Write != bottle.Allow && r.WriteAPI == "" {
			return fmt.Errorf("route %s has write policy %q for API %q, which cannot be applied", r.Path, r.Write, r.WriteAPI)
		}
	}
	return nil
}

// Hash identifies what the sidecar is configured with.
func (p *Plan) Hash() string {
	// A plan of strings always marshals.
	content, _ := json.Marshal(struct {
		Requires  []Requirement
		Caddyfile string
	}{p.Requires, p.Caddyfile})
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// gitHint says where to push instead.
func gitHint(upstream string, servers []bottle.GitServer) string {
	u, err := url.Parse(upstream)
	if err != nil {
		return ""
	}
	var remotes []string
	for _, g := range servers {
		if g.Host == u.Hostname() {
			remotes = append(remotes, g.Upstream)
		}
	}
	if len(remotes) == 0 {
		return "Push over SSH through the bottle's git-gate; the bottle file lists its repositories under git."
	}
	return "Push over SSH through the bottle's git-gate instead: " + strings.Join(remotes, " or ")
}
