package docker

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// pipelockBinary is where pipelock is in its image, in which there is nothing
// else to run.
const pipelockBinary = "/pipelock"

// Limits of a pipelock. It holds a message many times over while it searches
// it; egress.MaxResponse is what fits.
const (
	pipelockMemory = 1 << 30
	pipelockPids   = 256
)

// pipelock is what differs between two pipelocks, of one bottle or of two.
type pipelock struct {
	Name, Image string
	// Network is the one that it is created on, Address its there or none, and
	// Alias its name. The sidecar's is on the egress network alone: no agent may
	// reach it, since it does not search the headers that the sidecar fills in.
	Network string
	Address netip.Addr
	Alias   string
	// Volume holds its files.
	Volume string
	Labels map[string]string
	// NoIPv6 is Backend's.
	NoIPv6 bool
}

// spec returns pipelock's container. It reads what upstreams and, through the
// sidecar, agents send, and sees the tokens; it is hardened as the sidecar is.
func (p pipelock) spec() client.ContainerCreateOptions {
	pids := int64(pipelockPids)
	return client.ContainerCreateOptions{
		Name: p.Name,
		Config: &container.Config{
			Image: p.Image, User: sidecarUser, Hostname: p.Alias, Labels: p.Labels,
			Entrypoint: []string{pipelockBinary},
			Cmd:        []string{"run", "--config", egress.PipelockDir + "/" + egress.PipelockConfig},
			// A home that is not there: everything it reads is named.
			Env: []string{"GOMEMLIMIT=" + strconv.Itoa(pipelockMemory/10*9) + "B", "HOME=/tmp"},
			Healthcheck: &container.HealthConfig{
				Test:     append([]string{"CMD"}, pipelockHealth...),
				Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 30 * time.Second, Retries: 3,
			},
		},
		HostConfig: &container.HostConfig{
			NetworkMode:    container.NetworkMode(p.Network),
			RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyOnFailure, MaximumRetryCount: 3},
			ReadonlyRootfs: true,
			Tmpfs:          map[string]string{"/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=" + strconv.Itoa(tmpSize)},
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges:true"},
			IpcMode:        "private",
			// The agent's is on both networks, and no way around itself.
			Sysctls:   sysctls(p.NoIPv6, map[string]string{"net.ipv4.ip_forward": "0"}),
			Mounts:    []mount.Mount{{Type: mount.TypeVolume, Source: p.Volume, Target: egress.PipelockDir}},
			LogConfig: rotatedLog(),
			Init:      &no,
			Resources: container.Resources{Memory: pipelockMemory, MemorySwap: pipelockMemory, PidsLimit: &pids},
		},
		NetworkingConfig: onNetwork(p.Network, p.Address, p.Alias),
	}
}

// pipelockHealth succeeds in the container once pipelock takes connections.
var pipelockHealth = []string{pipelockBinary, "healthcheck", "--addr", "127.0.0.1:" + plan.PipelockPort}

// pipelockFiles are what a pipelock reads, by itself alone: its configuration
// and the CA that egress.NewCA made.
func pipelockFiles(config, certificate, key []byte) []file {
	files := []file{{Name: egress.PipelockConfig, Content: config}, {Name: egress.PipelockCACert, Content: certificate}, {Name: egress.PipelockCAKey, Content: key}}
	for i := range files {
		files[i].Mode, files[i].UID = 0o400, sidecarUID
	}
	return files
}
