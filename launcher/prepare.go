package launcher

import (
	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// What stands in a Caddyfile for a container, where only the launch knows the
// address; Caddy puts the variable's value in.
const (
	// BindEnv is the sidecar's variable that holds the address to listen on.
	BindEnv = "CRED_PROXY_BIND"
	// ContainerCAFile is where the egress proxy's CA is in the container.
	ContainerCAFile = "/etc/caddy/egress-ca.pem"
)

// AgentTokenEnv is the sidecar's variable that holds the agent token.
const AgentTokenEnv = "CRED_PROXY_AGENT_TOKEN"

// Prepare expands a bottle into the plan that is shown before a launch. What
// only the launch knows has obvious stand-ins: a port, the agent token, the
// agent's home. It is pure.
func Prepare(b *bottle.Bottle) (*plan.Plan, error) {
	p, err := plan.Prepare(b)
	if err != nil {
		return nil, err
	}
	in := agent.Input{BaseURL: "http://cred-proxy:9099", Home: "~", EgressCA: "EGRESS-CA\n"}
	if b.Backend == "process" {
		in = agent.Input{BaseURL: "http://127.0.0.1:PORT", Token: "AGENT-TOKEN", Home: "~", GitHubSocket: "STATE/gh.sock"}
	}
	p.Agent = agent.Render(p, in)
	p.Caddyfile, err = caddyfile.Render(p, RenderOptions(b, p))
	return p, err
}

// RenderOptions returns what the Caddyfile of a bottle is rendered with.
func RenderOptions(b *bottle.Bottle, p *plan.Plan) caddyfile.Options {
	o := caddyfile.Options{
		BindEnv: BindEnv, MetricsListen: b.MetricsListen,
		Template: b.TemplateText, TemplateName: b.Template,
		// Not the container's address: a page in a browser on the host reaches
		// that, and need not say where it comes from to load it as an image.
		Hosts: []string{"cred-proxy"},
	}
	if p.Egress.CAFile != "" || p.Egress.Pipelock != nil {
		o.CAFile = ContainerCAFile
	}
	if b.Backend == "process" {
		o.CAFile = p.Egress.CAFile
		o.Bind, o.BindEnv, o.AgentTokenEnv = "fd/3", "", AgentTokenEnv
		o.Hosts = []string{"127.0.0.1", "localhost"}
		for _, r := range p.Routes {
			if r.Kind == "github" && r.API {
				o.GitHubSocket = "fd/4"
			}
		}
	}
	return o
}
