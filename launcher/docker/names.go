package docker

import "strconv"

// Labels that everything this package creates carries.
const (
	labelBottle  = "cred-proxy.bottle"  // the slug
	labelName    = "cred-proxy.name"    // the bottle's name as it is written
	labelRole    = "cred-proxy.role"    // one of the roles below
	labelVersion = "cred-proxy.version" // of the launcher
	labelMode    = "cred-proxy.mode"    // modeUp or modeRun
	// labelLauncher identifies the launcher's process, so that what a killed
	// `run` has left can be told from what is in use.
	labelLauncher = "cred-proxy.launcher"
)

// Roles of containers, networks and volumes.
const (
	roleSidecar  = "sidecar"
	roleAgent    = "agent"
	rolePipelock = "pipelock"
	roleCheck    = "check" // has the sidecar's binary check a Caddyfile
	roleInternal = "internal"
	roleEgress   = "egress"
)

const (
	modeUp  = "up"
	modeRun = "run"
)

// Port is where a sidecar listens on the internal network.
const Port = 9099

// Alias is the name by which the agent reaches its sidecar.
const Alias = "cred-proxy"

// BaseURL is the sidecar's URL in every bottle.
var BaseURL = "http://" + Alias + ":" + strconv.Itoa(Port)

// names are the names of what belongs to a bottle.
type names struct{ sidecar, agent, pipelock, check, internal, egress, config, pipelockConfig string }

func namesOf(slug string) names {
	base := "cred-proxy-" + slug
	return names{
		sidecar: base, agent: base + "-agent", pipelock: base + "-pipelock", check: base + "-check",
		internal: base + "-internal", egress: base + "-egress",
		config: base + "-config", pipelockConfig: base + "-pipelock",
	}
}
