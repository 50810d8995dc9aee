package docker

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// heal gives a sidecar back its name, for the engine and in the internal
// network, which a reload that was killed may have taken from it. It returns
// the sidecar's address there.
func (b *Backend) heal(ctx context.Context, id string, n names) (netip.Addr, error) {
	inspected, err := b.Engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return netip.Addr{}, explain(ctx, "looking at the sidecar", err)
	}
	address, err := boundTo(inspected.Container.Config)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("looking at the sidecar: %w", err)
	}
	if strings.TrimPrefix(inspected.Container.Name, "/") != n.sidecar {
		if err := b.rename(ctx, id, n.sidecar); err != nil {
			return netip.Addr{}, err
		}
	}
	if settings := inspected.Container.NetworkSettings; settings != nil {
		if endpoint := settings.Networks[n.internal]; endpoint != nil && slices.Contains(endpoint.Aliases, Alias) {
			return address, nil
		}
	}
	return address, b.reconnect(ctx, n.internal, id, address, Alias)
}

// boundTo returns the address that a sidecar was told to listen on.
func boundTo(config *container.Config) (netip.Addr, error) {
	if config != nil {
		for _, pair := range config.Env {
			if address, is := strings.CutPrefix(pair, launcher.BindEnv+"="); is {
				return netip.ParseAddr(address)
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("it has no %s", launcher.BindEnv)
}
