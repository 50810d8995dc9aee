package docker

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// Where things are in the sidecar's image.
const (
	sidecarBinary = "/usr/bin/caddy"
	configDir     = "/etc/caddy"
	caddyfilePath = configDir + "/Caddyfile"
	caName        = "egress-ca.pem"
	// agentCAName is the state file with what the agent is to trust.
	agentCAName = "agent-egress-ca.pem"
	// sidecarUser is the image's user, as whom it runs in any case.
	sidecarUID  = 65532
	sidecarUser = "65532:65532"
	// healthAddressEnv names the address that `caddy healthcheck` asks.
	healthAddressEnv = "CRED_PROXY_HEALTHCHECK_ADDRESS"
)

// Limits of a sidecar. A request costs some tens of kilobytes; what is held
// whole (a package's metadata, an LFS batch) is bounded per request.
const (
	sidecarMemory = 512 << 20
	sidecarPids   = 256
	tmpSize       = 16 << 20
)

// Versions of the Engine API (docs.docker.com/reference/api/engine/version-history).
const (
	// apiOldest is that of Engine 20.10.
	apiOldest = "1.41"
	// apiIsolatedGateway is the first that has the bridge's isolated gateway mode.
	apiIsolatedGateway = "1.48"
)

// kernelMigrates is the first kernel with net.ipv4.tcp_migrate_req
// (docs.kernel.org/networking/ip-sysctl.html).
const kernelMigrates = "5.14"

var no = false

// network options of the bridge driver
// (docs.docker.com/engine/network/drivers/bridge).
const (
	optionInhibitIPv4 = "com.docker.network.bridge.inhibit_ipv4"
	optionGatewayMode = "com.docker.network.bridge.gateway_mode_ipv4"
)

// internalNetwork is the agent's network. It is internal, and the host has no
// address in it: without that an agent reaches the host's listeners on every
// bridge address, the host reaches the container, and DNS queries leave.
func internalNetwork(subnet netip.Prefix, labels map[string]string, isolatedGateway bool) client.NetworkCreateOptions {
	o := bridge(subnet, labels)
	o.IPAM.Config[0].IPRange = forOthers(subnet)
	o.Internal = true
	o.Options = map[string]string{optionInhibitIPv4: "true"}
	if isolatedGateway {
		o.Options[optionGatewayMode] = "isolated"
	}
	return o
}

// egressNetwork is the sidecar's way out.
func egressNetwork(subnet netip.Prefix, labels map[string]string) client.NetworkCreateOptions {
	return bridge(subnet, labels)
}

func bridge(subnet netip.Prefix, labels map[string]string) client.NetworkCreateOptions {
	return client.NetworkCreateOptions{
		Driver: "bridge", EnableIPv6: &no, Labels: labels,
		IPAM: &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: subnet, Gateway: hostIn(subnet, 1)}}},
	}
}

// sidecar is what differs between the sidecars of two bottles, or of one
// bottle before and after a reload.
type sidecar struct {
	Name, Image string
	// Internal is the name of the internal network, Address the sidecar's in it.
	Internal string
	Address  netip.Addr
	// Aliases are its names in the internal network.
	Aliases []string
	// Volume holds its files.
	Volume string
	// Env holds the tokens by slot.
	Env map[string]string
	// ExtraHosts are entries for its hosts file.
	ExtraHosts []string
	// NoIPv6 is Backend's.
	NoIPv6 bool
	// Migrates says that the kernel gives connections that wait in a listener
	// that closes to another of the same address, as at each new configuration.
	Migrates bool
	Labels   map[string]string
	// Grace is its stop timeout.
	Grace time.Duration
}

// spec returns the sidecar's container, hardened: it parses what an attacker
// sends and holds what the attacker wants.
func (s sidecar) spec() client.ContainerCreateOptions {
	address := netip.AddrPortFrom(s.Address, Port).String()
	env := maps.Clone(s.Env)
	env[launcher.BindEnv] = s.Address.String()
	env[healthAddressEnv] = address
	env["GOMEMLIMIT"] = strconv.Itoa(sidecarMemory/10*9) + "B"
	stopTimeout := int(s.Grace.Seconds())
	pids := int64(sidecarPids)
	settings := map[string]string{"net.ipv4.ip_forward": "0", "net.ipv4.ip_unprivileged_port_start": "0"}
	if s.Migrates {
		settings["net.ipv4.tcp_migrate_req"] = "1"
	}
	return client.ContainerCreateOptions{
		Name: s.Name,
		Config: &container.Config{
			// The engine makes the host name an alias on every network. Were it
			// Alias, a reload's second sidecar would be asked before it is ready.
			Image: s.Image, User: sidecarUser, Hostname: s.Name, Env: pairs(env), Labels: s.Labels,
			Healthcheck: &container.HealthConfig{
				Test: []string{"CMD", sidecarBinary, "healthcheck", "--timeout", "4s"},
				// The launcher asks by itself while it waits, so this can be seldom.
				Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 30 * time.Second, Retries: 3,
			},
			StopSignal: "SIGTERM", StopTimeout: &stopTimeout,
		},
		HostConfig: &container.HostConfig{
			NetworkMode: container.NetworkMode(s.Internal),
			// A crash is made up for; a crash loop ends and shows as one.
			RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyOnFailure, MaximumRetryCount: 3},
			ReadonlyRootfs: true,
			Tmpfs:          map[string]string{"/tmp": fmt.Sprintf("rw,noexec,nosuid,nodev,mode=1777,size=%d", tmpSize)},
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges:true"},
			IpcMode:        "private",
			Sysctls:        sysctls(s.NoIPv6, settings),
			ExtraHosts:     s.ExtraHosts,
			Mounts:         []mount.Mount{{Type: mount.TypeVolume, Source: s.Volume, Target: configDir}},
			LogConfig:      rotatedLog(),
			// An init's own /proc/1/environ would show the tokens that ours hides.
			Init: &no,
			Resources: container.Resources{
				Memory: sidecarMemory, MemorySwap: sidecarMemory, PidsLimit: &pids,
			},
		},
		NetworkingConfig: onNetwork(s.Internal, s.Address, s.Aliases...),
	}
}

// sysctls adds to others those that switch IPv6 off, unless the kernel has none
// and would refuse them.
func sysctls(noIPv6 bool, others map[string]string) map[string]string {
	all := maps.Clone(others)
	if !noIPv6 {
		all["net.ipv6.conf.all.disable_ipv6"], all["net.ipv6.conf.default.disable_ipv6"] = "1", "1"
	}
	return all
}

// rotatedLog bounds what the log of a container takes on the host.
func rotatedLog() container.LogConfig {
	return container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}}
}

// onNetwork connects to one network: engines before API 1.44 refuse more of
// them when a container is created.
func onNetwork(name string, address netip.Addr, aliases ...string) *network.NetworkingConfig {
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{name: endpoint(address, aliases...)}}
}

func endpoint(address netip.Addr, aliases ...string) *network.EndpointSettings {
	e := &network.EndpointSettings{Aliases: aliases}
	if address.IsValid() {
		e.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: address}
	}
	return e
}

// checkSpec returns a container in which the sidecar's binary checks a
// Caddyfile: no network, no secret, and a dummy in every slot.
func checkSpec(name, image string, env, labels map[string]string) client.ContainerCreateOptions {
	env = maps.Clone(env)
	env[launcher.BindEnv] = netip.AddrFrom4([4]byte{127, 0, 0, 1}).String()
	pids := int64(sidecarPids)
	return client.ContainerCreateOptions{
		Name: name,
		Config: &container.Config{
			Image: image, User: sidecarUser, Labels: labels, Env: pairs(env),
			Cmd:         []string{"validate", "--config", caddyfilePath, "--adapter", "caddyfile"},
			Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: "none",
			CapDrop:     []string{"ALL"},
			SecurityOpt: []string{"no-new-privileges:true"},
			LogConfig:   rotatedLog(),
			Init:        &no,
			Resources:   container.Resources{Memory: sidecarMemory, MemorySwap: sidecarMemory, PidsLimit: &pids},
		},
	}
}

// pairs returns an environment as the engine wants it, sorted.
func pairs(env map[string]string) []string {
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}
