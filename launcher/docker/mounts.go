package docker

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// mounts returns what the agent of a bottle gets to see of the host.
func (b *Backend) mounts(ctx context.Context, of *bottle.Bottle) ([]bottle.Mount, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding cred-proxy itself: %w", err)
	}
	private := []string{b.Store.Root()}
	engine, err := b.Engine.Info(ctx, client.InfoOptions{})
	if err != nil {
		return nil, explain(ctx, "asking the engine where its data is", err)
	}
	if root := engine.Info.DockerRootDir; root != "" { // has the sidecar's environment in it
		private = append(private, root)
	}
	if c, ok := b.Engine.(interface{ DaemonHost() string }); ok { // a context of `docker` can name any
		if socket, ok := strings.CutPrefix(c.DaemonHost(), "unix://"); ok {
			private = append(private, socket)
		}
	}
	mounts, err := of.ResolveMounts(bottle.MountHost{Dir: dir, Env: b.Env, Private: private, Programs: []string{self}})
	if err != nil || len(mounts) == 0 {
		return nil, err
	}
	found, err := b.byLabel(ctx, labelRole+"="+roleAgent)
	if err != nil {
		return nil, err
	}
	return mounts, found.outOfReach(mounts)
}

// outOfReach refuses a mount of what lies within a mount of another agent that
// runs. That agent could exchange it for a symbolic link to anything after we
// have looked, and the engine would mount what the link leads to. A directory
// that both have is safe: what leads there is in neither.
func (i *inventory) outOfReach(mounts []bottle.Mount) error {
	for _, c := range i.containers {
		if c.State != container.StateRunning {
			continue
		}
		for _, theirs := range c.Mounts {
			for _, ours := range mounts {
				if theirs.Type == mount.TypeBind && theirs.RW && ours.Source != theirs.Source && bottle.IsBelow(ours.Source, theirs.Source) {
					return &bottle.MountError{
						Source:  ours.Source,
						Problem: fmt.Sprintf("the agent of bottle %q can write to %s and could put a link in its place", c.Labels[labelBottle], theirs.Source),
						Instead: "end that bottle first, or mount " + theirs.Source,
					}
				}
			}
		}
	}
	return nil
}
