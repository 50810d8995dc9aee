package docker

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// createNetworks creates both. Another launcher can take a subnet between the
// look and the creation; then others are tried.
func (l *launch) createNetworks(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		used, err := l.usedSubnets(ctx)
		if err != nil {
			return err
		}
		if l.subnets, err = pickSubnets(l.Subnets, used, fmt.Sprintf("%s %d", l.id, attempt)); err != nil {
			return err
		}
		err = l.createNetwork(ctx, l.internal, internalNetwork(l.subnets[0], l.labels(roleInternal), l.isolatedGateway))
		if err == nil {
			err = l.createNetwork(ctx, l.egress, egressNetwork(l.subnets[1], l.labels(roleEgress)))
		}
		if err == nil || attempt == subnetAttempts || !isOverlap(err) {
			return err
		}
		if err := l.undo(ctx); err != nil {
			return err
		}
	}
}

const subnetAttempts = 20

// isOverlap tells that a subnet was taken in the meantime; the API's status is
// that of any error.
func isOverlap(err error) bool { return strings.Contains(err.Error(), "overlaps") }

// usedSubnets returns what the engine's networks and the host's routes take.
func (b *Backend) usedSubnets(ctx context.Context) ([]netip.Prefix, error) {
	networks, err := b.Engine.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		return nil, explain(ctx, "listing networks", err)
	}
	var used []netip.Prefix
	for _, n := range networks.Items {
		used = append(used, subnetsOf(n)...)
	}
	if b.HostRoutes == nil {
		return used, nil
	}
	routes, err := b.HostRoutes()
	return append(used, routes...), err
}

func subnetsOf(n network.Summary) (subnets []netip.Prefix) {
	for _, c := range n.IPAM.Config {
		if c.Subnet.IsValid() {
			subnets = append(subnets, c.Subnet)
		}
	}
	return subnets
}

func (l *launch) createNetwork(ctx context.Context, name string, o client.NetworkCreateOptions) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := l.Engine.NetworkCreate(ctx, name, o)
	return explain(ctx, "creating network "+name, err)
}
