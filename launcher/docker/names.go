package docker

import "strconv"

// Labels that everything this package creates carries.
const (
	labelBottle  = "cred-proxy.bottle"  // the slug
	labelName    = "cred-proxy.name"    // the bottle's name as it is written
	labelRole    = "cred-proxy.role"    // one of the roles below
	labelVersion = "cred-proxy.version" // of the launcher
	labelMode    = "cred-proxy.mode"    // launcher.Up or launcher.Run
	// labelLauncher identifies the launcher's process, so that what a killed
	// `run` has left can be told from what is in use.
	// The process is of the host that labelHost names.
	labelLauncher = "cred-proxy.launcher"
	labelHost     = "cred-proxy.host"
	// labelReload identifies the process of the reload that created something,
	// also where labelLauncher is that of the `run` it belongs to.
	labelReload = "cred-proxy.reload"
	// labelLaunch is another one for each launch: one that fails removes what
	// carries its own, and nothing else.
	labelLaunch = "cred-proxy.launch"
)

// Roles of containers, networks and volumes.
const (
	roleSidecar  = "sidecar"
	roleAgent    = "agent"
	rolePipelock = "pipelock"
	// roleAgentPipelock is that of the agent's own.
	roleAgentPipelock = "agent-pipelock"

	roleCheck    = "check" // has the sidecar's binary check a Caddyfile
	roleInternal = "internal"
	roleEgress   = "egress"
)

// Port is where a sidecar listens on the internal network.
const Port = 9099

// Alias is the name by which the agent reaches its sidecar.
const Alias = "cred-proxy"

// BaseURL is the sidecar's URL in every bottle.
var BaseURL = "http://" + Alias + ":" + strconv.Itoa(Port)

// names are the names of what belongs to a bottle.
type names struct {
	// next and last are a reload's second sidecar before it takes over, and the
	// first one while it finishes.
	sidecar, next, last, agent, pipelock, check string
	// agentPipelock is the instance through which the agent goes.
	agentPipelock                       string
	internal, egress                    string
	pipelockConfig, agentPipelockConfig string
}

func namesOf(slug string) names {
	base := "cred-proxy-" + slug
	return names{
		sidecar: base, next: base + "-next", last: base + "-last", agent: base + "-agent", pipelock: base + "-pipelock", check: base + "-check",
		internal: base + "-internal", egress: base + "-egress",
		agentPipelock:  base + "-agent-pipelock",
		pipelockConfig: base + "-pipelock-config", agentPipelockConfig: base + "-agent-pipelock-config",
	}
}

// config is the name of the volume with the files of the sidecar at an
// address: during a reload there are two.
func (n names) config(host byte) string {
	return n.sidecar + "-config-" + strconv.Itoa(int(host))
}
