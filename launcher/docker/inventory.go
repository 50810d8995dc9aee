package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// inventory is what the engine has of one or all bottles.
type inventory struct {
	containers []container.Summary
	networks   []network.Summary
	volumes    []volume.Volume
}

func (i *inventory) empty() bool {
	return len(i.containers)+len(i.networks)+len(i.volumes) == 0
}

// byLabel returns everything that carries a label ("name" or "name=value").
func (b *Backend) byLabel(ctx context.Context, label string) (*inventory, error) {
	filters := client.Filters{}.Add("label", label)
	containers, err := b.Engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return nil, explain(ctx, "listing containers", err)
	}
	networks, err := b.Engine.NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	if err != nil {
		return nil, explain(ctx, "listing networks", err)
	}
	volumes, err := b.Engine.VolumeList(ctx, client.VolumeListOptions{Filters: filters})
	if err != nil {
		return nil, explain(ctx, "listing volumes", err)
	}
	found := &inventory{containers.Items, networks.Items, volumes.Items}
	found.keepOurs()
	return found, nil
}

// keepOurs drops what has our labels and is not of our making. A container
// inherits the labels of its image, whose author could otherwise add it to any
// bottle, or name a path for a bottle, whose state `cleanup` then removes.
func (i *inventory) keepOurs() {
	ours := func(name string, labels map[string]string) bool {
		slug := labels[labelBottle]
		own := namesOf(slug).sidecar
		return slug != "" && bottle.Slug(slug) == slug && (name == own || strings.HasPrefix(name, own+"-"))
	}
	i.containers = slices.DeleteFunc(i.containers, func(c container.Summary) bool { return !ours(nameOf(c), c.Labels) })
	i.networks = slices.DeleteFunc(i.networks, func(n network.Summary) bool { return !ours(n.Name, n.Labels) })
	i.volumes = slices.DeleteFunc(i.volumes, func(v volume.Volume) bool { return !ours(v.Name, v.Labels) })
}

// ofBottle returns everything of one bottle.
func (b *Backend) ofBottle(ctx context.Context, slug string) (*inventory, error) {
	return b.byLabel(ctx, labelBottle+"="+slug)
}

// sidecar returns the bottle's sidecar, or nil. During a reload there are two,
// and the one that bears the name is it.
func (i *inventory) sidecar() (found *container.Summary) {
	for n := range i.containers {
		c := &i.containers[n]
		if c.Labels[labelRole] != roleSidecar {
			continue
		}
		if nameOf(*c) == namesOf(c.Labels[labelBottle]).sidecar {
			return c
		}
		found = c
	}
	return found
}

func (i *inventory) networkWithRole(role string) *network.Summary {
	for n := range i.networks {
		if i.networks[n].Labels[labelRole] == role {
			return &i.networks[n]
		}
	}
	return nil
}

// describe lists what there is, for people.
func (i *inventory) describe() string {
	var list []string
	for _, c := range i.containers {
		list = append(list, "container "+nameOf(c))
	}
	for _, n := range i.networks {
		list = append(list, "network "+n.Name)
	}
	for _, v := range i.volumes {
		list = append(list, "volume "+v.Name)
	}
	return strings.Join(list, ", ")
}

func nameOf(c container.Summary) string {
	if len(c.Names) == 0 {
		return c.ID
	}
	return strings.TrimPrefix(c.Names[0], "/")
}

// remove removes everything in the inventory: agents first, since a sidecar
// that ends first would have them see failures; what is left last are the
// networks, from which strangers are disconnected. It goes on after an error.
func (b *Backend) remove(ctx context.Context, i *inventory) error {
	var errs []error
	order := []string{roleAgent, roleCheck, roleAgentPipelock, roleSidecar, rolePipelock}
	containers := slices.Clone(i.containers)
	slices.SortStableFunc(containers, func(x, y container.Summary) int {
		return slices.Index(order, x.Labels[labelRole]) - slices.Index(order, y.Labels[labelRole])
	})
	for _, c := range containers {
		errs = append(errs, b.removeContainer(ctx, c.ID))
	}
	for _, v := range i.volumes {
		errs = append(errs, b.removeVolume(ctx, v.Name))
	}
	for _, n := range i.networks {
		errs = append(errs, b.removeNetwork(ctx, n.ID, n.Name))
	}
	return errors.Join(errs...)
}

func (b *Backend) removeContainer(ctx context.Context, id string) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return explain(ctx, "removing container "+id, ignoreNotFound(err))
}

func (b *Backend) removeVolume(ctx context.Context, name string) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.VolumeRemove(ctx, name, client.VolumeRemoveOptions{})
	return explain(ctx, "removing volume "+name, ignoreNotFound(err))
}

// removeNetwork removes a network. Containers of the user's own that are
// still on it are disconnected: the engine refuses to remove it otherwise, and
// without a sidecar there is nothing on it for them.
func (b *Backend) removeNetwork(ctx context.Context, id, name string) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	attached, listErr := b.Engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("network", id)})
	if listErr != nil || len(attached.Items) == 0 {
		return explain(ctx, "removing network "+name, err)
	}
	for _, c := range attached.Items {
		if _, err := b.Engine.NetworkDisconnect(ctx, id, client.NetworkDisconnectOptions{Container: c.ID, Force: true}); ignoreNotFound(err) != nil {
			return explain(ctx, fmt.Sprintf("disconnecting %s from network %s", nameOf(c), name), err)
		}
		b.warn(fmt.Sprintf("container %s was still on network %s and has been disconnected", nameOf(c), name))
	}
	_, err = b.Engine.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	return explain(ctx, "removing network "+name, ignoreNotFound(err))
}
