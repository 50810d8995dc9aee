package docker

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// AgentSpec is what an agent's container is made from.
type AgentSpec struct {
	// Slug names the bottle.
	Slug string
	// Labels are those of the bottle; the role is added.
	Labels map[string]string

	Image string
	// Command replaces the image's own when it is not empty. An entrypoint of
	// the image stays and gets it as arguments, as with `docker run`.
	Command []string
	// Workdir is empty for the first mount's target, or else the image's own.
	Workdir string
	// Mounts have absolute sources; see bottle.ResolveMounts.
	Mounts []bottle.Mount

	// Host is the host's environment, of which the agent gets what PassEnv
	// names, and on a terminal TERM and COLORTERM.
	Host    map[string]string
	PassEnv []string
	// Env is the bottle file's, Given is what the sidecar needs.
	Env, Given map[string]string

	// Network is the bottle's internal network, and Address the agent's in it.
	Network string
	Address netip.Addr
	// Hosts are host entries, "name:address".
	Hosts []string

	// NoIPv6 is Backend's.
	NoIPv6 bool

	// Terminal is set for an agent on a terminal, whose size is Size.
	Terminal bool
	Size     Size
}

// Size is a terminal's, in characters.
type Size struct{ Height, Width uint }

// agentPids bounds an agent's processes and threads.
const agentPids = 8192

// fromTerminal are the host variables that describe the terminal. Others,
// such as LANG and TZ, depend on files that the host has and an image may not.
var fromTerminal = []string{"TERM", "COLORTERM"}

// Options returns what the agent's container is created with. The container
// is the untrusted side of the boundary: it gets the internal network and
// nothing else of the host's, neither namespaces nor raw sockets, with which
// it could answer in the sidecar's name (ARP, DNS).
//
// no-new-privileges is left off: people use sudo in their images, and root in
// the container is no nearer to the tokens. The engine keeps no log, since
// the agent's output goes to the user and may be large and private.
func (s AgentSpec) Options() client.ContainerCreateOptions {
	pids := int64(agentPids)
	withInit := true // reaps processes, and passes signals on
	return client.ContainerCreateOptions{
		Name: namesOf(s.Slug).agent,
		Config: &container.Config{
			// Not the slug: of a bottle called cred-proxy it would be the
			// sidecar's name, and lead the agent to itself.
			Hostname: s.Slug + "-agent",
			Image:    s.Image,
			Cmd:      s.Command,
			Env:      s.env(),

			WorkingDir:   s.workdir(),
			Tty:          s.Terminal,
			OpenStdin:    true,
			StdinOnce:    true, // the end of our input is the end of the agent's
			AttachStdin:  true,
			AttachStdout: true,
			AttachStderr: true,
			Labels:       s.labels(),
		},
		HostConfig: &container.HostConfig{
			NetworkMode: container.NetworkMode(s.Network),
			// The engine's DNS server knows the bottle's names and asks this
			// one for others, from inside the container: nobody is there. So
			// no query leaves, in which data could.
			// Engine 20.10 then gives no answer at all, so a client waits.
			DNS:        []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})},
			DNSOptions: []string{"timeout:1", "attempts:2"},
			DNSSearch:  []string{"."}, // none, instead of the host's
			ExtraHosts: s.Hosts,

			CapDrop: []string{"NET_RAW"},
			Sysctls: sysctls(s.NoIPv6, map[string]string{}),
			// What builds of large programs need, and no fork bomb.
			Resources:     container.Resources{PidsLimit: &pids},
			IpcMode:       container.IPCModePrivate,
			Init:          &withInit,
			Mounts:        s.mounts(),
			ConsoleSize:   [2]uint{s.Size.Height, s.Size.Width}, // from API 1.42 on
			LogConfig:     container.LogConfig{Type: "none"},
			RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyDisabled},
		},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			s.Network: {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: s.Address}},
		}},
	}
}

// env returns the variables that are added to the image's, sorted. What the
// sidecar needs is put last, so that nothing overrides it.
func (s AgentSpec) env() []string {
	merged := make(map[string]string)
	inherit := s.PassEnv
	if s.Terminal {
		inherit = slices.Concat(fromTerminal, s.PassEnv)
	}
	for _, name := range inherit {
		if value, set := s.Host[name]; set {
			merged[name] = value
		}
	}
	maps.Copy(merged, s.Env)
	maps.Copy(merged, s.Given)
	env := make([]string, 0, len(merged))
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		env = append(env, name+"="+merged[name])
	}
	return env
}

func (s AgentSpec) workdir() string {
	if s.Workdir == "" && len(s.Mounts) > 0 {
		return s.Mounts[0].Target
	}
	return s.Workdir
}

func (s AgentSpec) labels() map[string]string {
	labels := maps.Clone(s.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	labels[labelBottle], labels[labelRole] = s.Slug, roleAgent
	return labels
}

// mounts are private: neither side sees what the other mounts later.
func (s AgentSpec) mounts() []mount.Mount {
	var mounts []mount.Mount
	for _, m := range s.Mounts {
		mounts = append(mounts, mount.Mount{
			Type: mount.TypeBind, Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly,
			BindOptions: &mount.BindOptions{Propagation: mount.PropagationRPrivate},
		})
	}
	return mounts
}

// RunCommand is a command line that starts an agent as Options does: of image,
// on a bottle's internal network, with what `cred-proxy env` wrote to envFile
// and to the directory home.
func RunCommand(network, envFile, home, image string) string {
	return fmt.Sprintf("docker run -it --rm --network %s --dns 127.0.0.1 --cap-drop NET_RAW --sysctl net.ipv6.conf.all.disable_ipv6=1 "+
		`--env-file %s --volume "$PWD/%s:/%s" --env HOME=/%s %s`, network, envFile, home, home, home, image)
}
