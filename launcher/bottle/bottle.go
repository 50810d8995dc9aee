// Package bottle reads and validates bottle files.
package bottle

import (
	"regexp"
	"strings"
)

// Bottle is one parsed and validated bottle file: an agent and what it may
// use. It holds names of secrets and never their values.
type Bottle struct {
	Name string
	// File is where the bottle was read from.
	File string
	// Backend is "docker", "process", or empty when the file does not say.
	Backend string
	Tokens  []Entry
	Routes  []Route
	Git     []GitServer
	Limits  Limits
	Egress  Egress
	Agent   Agent
	// Template is the path of the operator's Caddyfile template, and
	// TemplateText its content; both are empty when the built-in one is used.
	Template, TemplateText string
	// MetricsListen is the address of the metrics endpoint, empty for none.
	MetricsListen string
}

// Entry is one element of tokens: a kind and where its token comes from.
type Entry struct {
	Kind     string
	TokenRef string
	// URL replaces the kind's own upstream; no trailing slash.
	URL string
	// APIKey is set by "auth: api_key".
	APIKey bool
	// Path replaces the kind's own prefix; it starts and ends with a slash.
	Path string
	// Write is the write policy, the kind's own when the file gives none.
	Write WritePolicy

	at position
}

// Route is one element of routes.
type Route struct {
	Path     string
	Upstream string
	Auth     Auth
	// Write is the write policy, Allow when the file gives none.
	Write WritePolicy

	at position
}

// WritePolicy says which of an API's requests that write may pass. It is not
// about git: a push over HTTP is refused under each of them.
type WritePolicy string

const (
	// Allow lets everything pass that the token may do.
	Allow WritePolicy = "allow"
	// Guarded lets reads pass, and of the writes those known to be harmless.
	Guarded WritePolicy = "guarded"
	// ReadOnly lets reads pass alone.
	ReadOnly WritePolicy = "read-only"
)

// WritePolicies are all of them.
var WritePolicies = []WritePolicy{Allow, Guarded, ReadOnly}

// Auth says how a plain route presents its token.
type Auth struct{ Scheme, Basic, Header, TokenRef string }

// GitServer is one repository that the bottle's git-gate serves over SSH.
type GitServer struct {
	Name string
	// Upstream is an ssh:// URL or the scp-like form git@host:path.
	Upstream string
	// Host is the upstream's host name in lower case, without a port.
	Host string
}

// Limits are how many requests may be under way and how many connections open
// at a time; zero for the sidecar's defaults.
type Limits struct{ Requests, Connections int }

// Egress is the forward proxy that the sidecar's outbound HTTPS goes through.
type Egress struct {
	// ProxyURL is an http or https URL without user info.
	ProxyURL string
	// CAFile is the absolute path of the PEM file with the proxy's CA.
	CAFile string
	// Passthrough lists hosts whose TLS the proxy does not end.
	Passthrough []string
	// PipelockImage is the image of a pipelock that is started with the bottle
	// and takes the place of ProxyURL and CAFile; empty for none.
	PipelockImage string
	// AgentPipelock gives the agent egress of its own, through a second
	// instance of PipelockImage.
	AgentPipelock bool
}

// Agent says what to run as the agent, and with what.
type Agent struct {
	// Image is for the Docker backend, as are Mounts.
	Image   string
	Command []string
	// Workdir is a directory of the host, or with Docker of the container;
	// empty for the first mount's target, or else the image's.
	Workdir string
	Mounts  []Mount
	Env     map[string]string
	// PassEnv names host variables that the agent inherits.
	PassEnv []string

	at position
}

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// maxSlug is the longest slug in bytes.
const maxSlug = 40

// Slug is the name in the form that containers, networks and directories
// carry: lower case, anything but a-z and 0-9 replaced by single dashes, at
// most 40 bytes. It is empty for a name without any letter or digit.
func Slug(name string) string {
	slug := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if len(slug) > maxSlug {
		slug = strings.TrimRight(slug[:maxSlug], "-")
	}
	return slug
}

// Slug returns the slug of the bottle's name.
func (b *Bottle) Slug() string { return Slug(b.Name) }
