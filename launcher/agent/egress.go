package agent

import (
	"net"
	"path"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// caVariables name a PEM file for the programs that do not look at the
// system's: OpenSSL's, Go's and Python's, Node, requests, git, curl, npm. All
// but Node's replace what is trusted otherwise, which is right: the proxy ends
// the TLS of every host.
var caVariables = []string{
	"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE", "npm_config_cafile",
}

// egress sends what is not for the sidecar through the agent's own proxy.
func (r *renderer) egress() {
	if r.plan.Egress.Agent != plan.AgentPipelock {
		return
	}
	proxy := "http://" + net.JoinHostPort(plan.AgentPipelockName, plan.PipelockPort)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		r.env[name] = proxy
	}
	file := path.Join(r.Home, ownDir, "egress-ca.pem")
	for _, name := range caVariables {
		r.env[name] = file
	}
	r.files[file] = r.EgressCA
}
