package egress

// notPublic are the networks in which an agent's own pipelock lets it reach
// nothing: those that pipelock has by itself, and the special ones that it
// lacks (RFC 6890, RFC 6052 §2.1).
var notPublic = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fc00::/7", "fe80::/10", "ff00::/8",
}

// RenderAgentPipelock returns the configuration of the pipelock through which
// an agent has egress of its own: to every public host, all of it inspected,
// and a secret in any header blocked. From notPublic there is no exception:
// the agent would otherwise reach the sidecar's pipelock, which does not search
// the headers that the sidecar fills in, and the networks of the engine's host.
//
// It is the same for all bottles, so a reload has nothing to change in it.
func RenderAgentPipelock() ([]byte, error) {
	c := newPipelockConfig("balanced") // strict would want a list of hosts
	c.Internal = notPublic
	c.RequestBodyScanning.HeaderMode = "all"
	// An empty list would be pipelock's own, with User-Agent and Accept in it.
	c.RequestBodyScanning.IgnoreHeaders = []string{"Content-Length"}
	return c.render()
}
