package egress

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// Where pipelock finds its files.
const (
	PipelockDir    = "/etc/pipelock"
	PipelockConfig = "pipelock.yaml"
	PipelockCACert = "ca.pem"
	PipelockCAKey  = "ca.key"
)

// Limits of a bottle's pipelock. It reads a message to its end before it
// passes it on, so the first two are also what it may have to hold.
const (
	// MaxResponse is the largest answer, in bytes: a git pack is one.
	MaxResponse = 64 << 20
	// MaxRequest is the largest request body, in bytes: what a git fetch sends
	// once it is unpacked, or a release asset.
	MaxRequest = 32 << 20
	// maxTunnel is how long a connection may last or be silent, in seconds: an
	// answer that is under way at its end is cut off.
	maxTunnel = 24 * 60 * 60
	// maxPerMinute is how many requests a host may get. An agent that installs
	// packages makes hundreds; pipelock's own default is 60.
	maxPerMinute = 10000
	// maxURL is the longest URL, in bytes.
	maxURL = 8192
)

// scannedHeaders are the request headers in which pipelock looks for secrets.
var scannedHeaders = []string{
	"Api-Key", "Authorization", "Cookie", "Deploy-Token", "Job-Token", "Private-Token", "Proxy-Authorization",
	"X-Api-Key", "X-Auth-Token", "X-Github-Token", "X-Gitlab-Token", "X-Goog-Api-Key", "X-Jfrog-Art-Api", "X-Token",
}

// pipelockConfig has the keys of pipelock's configuration that a bottle sets;
// pipelock refuses keys that it does not know.
type pipelockConfig struct {
	Version        int      `yaml:"version"`
	Mode           string   `yaml:"mode"`
	Enforce        bool     `yaml:"enforce"`
	APIAllowlist   []string `yaml:"api_allowlist"`
	TrustedDomains []string `yaml:"trusted_domains,omitempty"`
	SSRF           *ssrf    `yaml:"ssrf,omitempty"`
	Internal       []string `yaml:"internal,omitempty"`
	FetchProxy     struct {
		Listen     string `yaml:"listen"`
		Monitoring struct {
			MaxURLLength         int `yaml:"max_url_length"`
			MaxRequestsPerMinute int `yaml:"max_requests_per_minute"`
		} `yaml:"monitoring"`
	} `yaml:"fetch_proxy"`
	ForwardProxy struct {
		Enabled            bool `yaml:"enabled"`
		MaxTunnelSeconds   int  `yaml:"max_tunnel_seconds"`
		IdleTimeoutSeconds int  `yaml:"idle_timeout_seconds"`
	} `yaml:"forward_proxy"`
	TLSInterception struct {
		Enabled            bool     `yaml:"enabled"`
		CACert             string   `yaml:"ca_cert"`
		CAKey              string   `yaml:"ca_key"`
		PassthroughDomains []string `yaml:"passthrough_domains"`
		MaxResponseBytes   int      `yaml:"max_response_bytes"`
	} `yaml:"tls_interception"`
	RequestBodyScanning struct {
		Enabled          bool     `yaml:"enabled"`
		Action           string   `yaml:"action"`
		MaxBodyBytes     int      `yaml:"max_body_bytes"`
		ScanHeaders      bool     `yaml:"scan_headers"`
		HeaderMode       string   `yaml:"header_mode"`
		SensitiveHeaders []string `yaml:"sensitive_headers,omitempty"`
		IgnoreHeaders    []string `yaml:"ignore_headers,omitempty"`
	} `yaml:"request_body_scanning"`
	Logging struct {
		Format string `yaml:"format"`
		Output string `yaml:"output"`
	} `yaml:"logging"`
	Sentry struct {
		Enabled bool `yaml:"enabled"`
	} `yaml:"sentry"`
}

type ssrf struct {
	IPAllowlist []string `yaml:"ip_allowlist"`
}

// RenderPipelock returns the configuration of the pipelock that inspects what
// a plan's sidecar sends. It lets the routes' hosts through and no others, and
// blocks a secret in a body or a header, but for the headers that the sidecar
// fills in itself: what an agent puts into one of those never leaves the
// sidecar. It is pure.
func RenderPipelock(p *plan.Plan) ([]byte, error) {
	c := newPipelockConfig("strict")
	if err := c.addHosts(p.Routes); err != nil {
		return nil, err
	}
	c.TLSInterception.PassthroughDomains = p.Egress.Passthrough
	c.RequestBodyScanning.HeaderMode = "sensitive"
	c.RequestBodyScanning.SensitiveHeaders = headersToScan(p.Routes)
	return c.render()
}

// newPipelockConfig returns what every instance has. Crash reports, which
// pipelock sends to its makers by default, are off.
func newPipelockConfig(mode string) *pipelockConfig {
	c := &pipelockConfig{Version: 1, Mode: mode, Enforce: true}
	c.FetchProxy.Listen = ":" + plan.PipelockPort // CONNECT is served there too
	c.FetchProxy.Monitoring.MaxURLLength = maxURL
	c.FetchProxy.Monitoring.MaxRequestsPerMinute = maxPerMinute

	c.ForwardProxy.Enabled = true
	c.ForwardProxy.MaxTunnelSeconds = maxTunnel
	c.ForwardProxy.IdleTimeoutSeconds = maxTunnel

	c.TLSInterception.Enabled = true
	c.TLSInterception.CACert = PipelockDir + "/" + PipelockCACert
	c.TLSInterception.CAKey = PipelockDir + "/" + PipelockCAKey
	c.TLSInterception.MaxResponseBytes = MaxResponse

	c.RequestBodyScanning.Enabled = true
	c.RequestBodyScanning.Action = "block"
	c.RequestBodyScanning.MaxBodyBytes = MaxRequest
	c.RequestBodyScanning.ScanHeaders = true

	c.Logging.Format, c.Logging.Output = "json", "stdout"
	return c
}

func (c *pipelockConfig) render() ([]byte, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(c); err != nil {
		return nil, fmt.Errorf("rendering pipelock's configuration: %w", err)
	}
	return text.Bytes(), nil
}

// addHosts lists the routes' hosts, without ports. Those that the operator
// named may have private addresses; those of a public service may not.
func (c *pipelockConfig) addHosts(routes []plan.Route) error {
	var addresses []string
	for _, r := range routes {
		u, err := url.Parse(r.Upstream)
		if err != nil {
			return fmt.Errorf("reading upstream of route %s: %w", r.Path, err)
		}
		host := u.Hostname()
		c.APIAllowlist = append(c.APIAllowlist, host)
		switch address, err := netip.ParseAddr(host); {
		case err == nil:
			addresses = append(addresses, netip.PrefixFrom(address, address.BitLen()).String())
		case !isPublic(r):
			c.TrustedDomains = append(c.TrustedDomains, host)
		}
	}
	c.APIAllowlist = sorted(c.APIAllowlist)
	c.TrustedDomains = sorted(c.TrustedDomains)
	if len(addresses) > 0 {
		c.SSRF = &ssrf{IPAllowlist: sorted(addresses)}
	}
	return nil
}

// isPublic tells whether a route leads to its kind's own host.
func isPublic(r plan.Route) bool {
	kind, known := bottle.KindNamed(r.Kind)
	if !known {
		return false
	}
	if kind.URL != "" && r.Host == bottle.Host(kind.URL) {
		return true
	}
	return slices.ContainsFunc(kind.Routes, func(k bottle.KindRoute) bool {
		return k.FixedUpstream != "" && r.Host == bottle.Host(k.FixedUpstream)
	})
}

// headersToScan leaves out the headers that the sidecar fills in: pipelock
// would find the routes' own tokens there.
func headersToScan(routes []plan.Route) []string {
	filled := make(map[string]bool)
	for _, r := range routes {
		name := r.Auth.Header
		if name == "" {
			name = "Authorization"
		}
		filled[textproto.CanonicalMIMEHeaderKey(name)] = true
	}
	var names []string
	for _, name := range scannedHeaders {
		if !filled[name] {
			names = append(names, name)
		}
	}
	return names
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
