// Package plan turns a bottle into a plan: what a launch will do, with the
// names of secrets and never their values.
package plan

import (
	"slices"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// SchemaVersion is the version of the plan's JSON form.
const SchemaVersion = 1

// Plan is everything a launch needs to know, and nothing secret: host
// environment variables appear by name, slots by name, values never.
type Plan struct {
	Schema  int    `json:"schema"`
	Bottle  string `json:"bottle"`
	Slug    string `json:"slug"`
	Backend string `json:"backend"`
	// Routes keep the order of the bottle file.
	Routes []Route `json:"routes"`
	// Requires lists each slot once, in slot order.
	Requires []Requirement `json:"requires"`
	Limits   Limits        `json:"limits,omitzero"`
	Egress   Egress        `json:"egress"`
	// Networks is filled in by the launch of a backend that has networks.
	Networks []Network `json:"networks"`
	Agent    Agent     `json:"agent"`
	// Caddyfile is the rendered configuration of the sidecar.
	Caddyfile string `json:"caddyfile"`

	// GitHosts are the host names that the bottle's git-gate serves.
	GitHosts []string `json:"-"`
}

// Route maps a path prefix of the sidecar to one upstream.
type Route struct {
	// Path is the prefix the agent uses, with a slash at both ends: "/gh-api/".
	Path string `json:"path"`
	// Upstream is the base URL without a trailing slash: "https://api.github.com".
	Upstream string `json:"upstream"`
	// Host is the upstream's host in lower case, with the port unless it is the scheme's.
	Host string `json:"host"`
	Auth Auth   `json:"auth"`
	// TokenEnv is the slot: "CRED_PROXY_TOKEN_0".
	TokenEnv string `json:"token_env"`
	// Kind is the preset the route came from; empty for a plain route.
	Kind string `json:"kind"`
	// Write is the write policy: "allow", "guarded" or "read-only".
	Write bottle.WritePolicy `json:"write"`

	// WriteAPI names the API by whose table Write is applied: "github", or
	// "http" for one of which nothing is known.
	WriteAPI string `json:"-"`
	// WriteBase is the path below which that API lies on its host, with a
	// slash at both ends: "/" or "/gitea/".
	WriteBase string `json:"-"`
	// Append lists header values to add to the caller's, such as anthropic-beta.
	Append []HeaderValue `json:"-"`
	// StripQuery names query parameters the upstream would take for a credential.
	StripQuery []string `json:"-"`
	// GitHint is the last sentence of a refused push.
	GitHint string `json:"-"`
	// Git and API tell apart the routes of a forge.
	Git bool `json:"-"`
	API bool `json:"-"`
	// Harmless is a path below the route that can be asked for without effect,
	// and Rejects are the statuses that say there that the upstream does not
	// accept the token; see bottle.KindRoute.
	Harmless string `json:"-"`
	Rejects  []int  `json:"-"`
}

// HeaderValue is one value of a request header.
type HeaderValue struct{ Name, Value string }

// Auth says how the token is presented: as "Authorization: <Scheme> <token>",
// as Basic with the user name Basic, or in Header (after Scheme, if any).
type Auth struct {
	Scheme string `json:"scheme,omitempty"`
	Basic  string `json:"basic,omitempty"`
	Header string `json:"header,omitempty"`
}

// Requirement pairs a slot with the host variable its value is read from.
type Requirement struct {
	TokenEnv string `json:"token_env"`
	TokenRef string `json:"token_ref"`
}

// Limits are those of the sidecar; a zero is the sidecar's own default.
type Limits struct {
	// Requests is how many may be under way at a time.
	Requests int `json:"requests,omitempty"`
	// Connections is how many may be open at a time.
	Connections int `json:"connections,omitempty"`
}

// Egress is the inspecting proxy that outbound HTTPS goes through, if any.
type Egress struct {
	ProxyURL string `json:"proxy_url,omitempty"`
	CAFile   string `json:"ca_file,omitempty"`
	// Passthrough lists hosts, without ports, whose TLS the proxy passes
	// through; they are trusted as they would be without it, and not by CAFile.
	Passthrough []string `json:"passthrough,omitempty"`
	// Pipelock is the proxy that is started with the bottle. Its CA is made
	// then, so the launch fills in CAFile.
	Pipelock *Pipelock `json:"pipelock,omitempty"`
	// Agent is AgentPipelock if the agent gets egress of its own, through
	// another instance of Pipelock, and empty otherwise.
	Agent string `json:"agent,omitempty"`
}

// AgentPipelock is the value of Egress.Agent.
const AgentPipelock = "pipelock"

// Equal tells whether two bottles' egress is the same.
func (e Egress) Equal(other Egress) bool {
	same := (e.Pipelock == nil) == (other.Pipelock == nil) && (e.Pipelock == nil || *e.Pipelock == *other.Pipelock)
	return same && e.Agent == other.Agent && e.ProxyURL == other.ProxyURL && e.CAFile == other.CAFile && slices.Equal(e.Passthrough, other.Passthrough)
}

// Pipelock is a pipelock of the bottle's own.
type Pipelock struct {
	Image string `json:"image"`
}

// Where the sidecar reaches a pipelock of the bottle's own, and the agent its
// instance. The names differ: the sidecar is on both networks, and would get
// either's address for one that both have.
const (
	PipelockName      = "pipelock"
	AgentPipelockName = "egress"
	PipelockPort      = "8888"
)

// Network is one Docker network of the bottle.
type Network struct {
	Name string `json:"name"`
	// Subnet is filled in by the launch: "10.213.4.16/28".
	Subnet string `json:"subnet,omitempty"`
}

// Agent is what the agent is given: environment variables, and files by
// absolute or home-relative ("~/…") path.
type Agent struct {
	Env   map[string]string `json:"env"`
	Files map[string]string `json:"files"`
}
