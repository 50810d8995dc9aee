package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// free refuses a bottle that runs, one of which something is left over, and
// names that a stranger has.
func (l *launch) free(ctx context.Context) error {
	found, err := l.ofBottle(ctx, l.plan.Slug)
	if err != nil {
		return err
	}
	switch {
	case found.empty():
		return errors.Join(l.otherBackend(), l.namesFree(ctx))
	case found.runs():
		return launcher.WithHint(fmt.Errorf("bottle %q is %w", l.plan.Bottle, launcher.ErrRunning),
			fmt.Sprintf("`cred-proxy ps` shows it, `cred-proxy down %s` ends it", l.plan.Slug))
	case found.underway():
		return launcher.WithHint(fmt.Errorf("another launcher is at work on bottle %q: there is %s", l.plan.Bottle, found.describe()),
			fmt.Sprintf("`cred-proxy ps` shows it, `cred-proxy down %s` ends it", l.plan.Slug))
	default:
		return launcher.WithHint(fmt.Errorf("an earlier launch of bottle %q has left something behind: %s", l.plan.Bottle, found.describe()),
			"`cred-proxy cleanup` removes leftovers")
	}
}

// otherBackend refuses a bottle that has state of the process backend, and
// clears away what is left of containers that are gone.
func (l *launch) otherBackend() error {
	record, err := l.dir.Record()
	switch {
	case errors.Is(err, state.ErrNone):
		return nil
	case err != nil:
		return launcher.WithHint(err, "remove that directory once nothing of the bottle runs")
	case record.Backend == Name:
		return l.dir.Clear()
	case record.Alive():
		return launcher.WithHint(fmt.Errorf("bottle %q is %w with the %s backend", l.plan.Bottle, launcher.ErrRunning, record.Backend),
			fmt.Sprintf("`cred-proxy down %s` ends it", l.plan.Slug))
	}
	return launcher.WithHint(fmt.Errorf("an earlier launch of bottle %q with the %s backend has left its state behind", l.plan.Bottle, record.Backend),
		"`cred-proxy cleanup` removes leftovers")
}

func (l *launch) namesFree(ctx context.Context) error {
	containers, err := l.Engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("name", l.sidecar)})
	if err != nil {
		return explain(ctx, "listing containers", err)
	}
	for _, c := range containers.Items { // the filter is for a part of the name
		name := nameOf(c)
		if !slices.Contains([]string{l.sidecar, l.agent, l.pipelock, l.agentPipelock, l.check}, name) {
			continue
		}
		if other := c.Labels[labelBottle]; other != "" { // such as one called dev-agent
			return launcher.WithHint(fmt.Errorf("the name %s is taken by a container of bottle %q", name, other),
				"give one of the two bottles another name")
		}
		return launcher.WithHint(fmt.Errorf("the name %s is taken by a container that is not cred-proxy's", name),
			fmt.Sprintf("remove it (`docker rm -f %s`), or give the bottle another name", name))
	}
	networks, err := l.Engine.NetworkList(ctx, client.NetworkListOptions{Filters: client.Filters{}.Add("name", l.sidecar)})
	if err != nil {
		return explain(ctx, "listing networks", err)
	}
	for _, n := range networks.Items {
		if n.Name == l.internal || n.Name == l.egress {
			return launcher.WithHint(fmt.Errorf("the name %s is taken by a network that is not cred-proxy's", n.Name),
				fmt.Sprintf("remove it (`docker network rm %s`), or give the bottle another name", n.Name))
		}
	}
	return l.volumesFree(ctx)
}

// volumesFree looks for volumes with the names of ours. The engine hands out
// one that is there as if it were new, with what a stranger has put into it.
func (l *launch) volumesFree(ctx context.Context) error {
	volumes, err := l.Engine.VolumeList(ctx, client.VolumeListOptions{Filters: client.Filters{}.Add("name", l.sidecar)})
	if err != nil {
		return explain(ctx, "listing volumes", err)
	}
	for _, v := range volumes.Items {
		if slices.Contains([]string{l.config(sidecarHost), l.config(secondHost), l.pipelockConfig, l.agentPipelockConfig}, v.Name) {
			return launcher.WithHint(fmt.Errorf("the name %s is taken by a volume that is not cred-proxy's", v.Name),
				fmt.Sprintf("remove it (`docker volume rm %s`), or give the bottle another name", v.Name))
		}
	}
	return nil
}
