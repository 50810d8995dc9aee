package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Stop implements launcher.CredProxy. The sidecar gets Grace to finish its
// requests, or less if ctx ends. A bottle that belongs to a `run` is ended by
// ending that.
func (b *Backend) Stop(ctx context.Context, t *launcher.Target) error {
	if err := b.stop(ctx, t.Slug); err != nil {
		return fmt.Errorf("stopping bottle %q: %w", t.Slug, err)
	}
	return nil
}

func (b *Backend) stop(ctx context.Context, slug string) error {
	found, err := b.ofBottle(context.WithoutCancel(ctx), slug)
	if err != nil {
		return err
	}
	// Before the lock is taken: the other launcher needs it to clear up.
	if owner := found.owner(); owner != nil && owner.PID != os.Getpid() {
		if err := b.endRun(ctx, owner, found); err != nil {
			return err
		}
	}
	dir, err := b.Store.Lock(context.WithoutCancel(ctx), slug)
	if err != nil {
		return err
	}
	// Once more: the other launcher may have removed it all.
	if found, err = b.ofBottle(context.WithoutCancel(ctx), slug); err != nil {
		return errors.Join(err, dir.Unlock())
	}
	b.drain(ctx, found)
	if err := b.remove(ctx, found); err != nil {
		return errors.Join(err, dir.Unlock())
	}
	return dir.Remove()
}

const defaultAgentGrace = 10 * time.Second

// agentGrace is how long an agent may take to end when its bottle does, as
// with `docker stop`.
var agentGrace = defaultAgentGrace

// endRun ends the `run` that a bottle belongs to, which passes the signal on to
// its agent. An agent that ignores it, as a shell at a terminal does, is killed
// and not the launcher, which has the terminal to give back.
func (b *Backend) endRun(ctx context.Context, owner *state.Process, i *inventory) error {
	insist := time.AfterFunc(agentGrace, func() {
		for _, c := range i.containers {
			if c.Labels[labelRole] == roleAgent {
				killing, cancel := steady(ctx)
				_, _ = b.Engine.ContainerKill(killing, c.ID, client.ContainerKillOptions{Signal: "SIGKILL"}) // an error: it has ended
				cancel()
			}
		}
	})
	defer insist.Stop()
	return state.Terminate(ctx, owner, b.grace()+callWithin)
}

// owner returns the living `run` that the bottle belongs to, or nil.
func (i *inventory) owner() *state.Process {
	c := i.sidecar()
	if c == nil || c.Labels[labelMode] != launcher.Run {
		return nil
	}
	if p := launcherOf(c.Labels); c.Labels[labelHost] == hostname() && p.Alive() {
		return p
	}
	return nil
}

// launcherAlive tells whether the process that created something still runs.
// Of a process of another host, which uses the same engine, that is assumed.
func launcherAlive(labels map[string]string) bool {
	return labels[labelHost] != hostname() || launcherOf(labels).Alive()
}

// launcherOf returns the process that created something, or nil if its label
// is not readable.
func launcherOf(labels map[string]string) *state.Process {
	var p state.Process
	if json.Unmarshal([]byte(labels[labelLauncher]), &p) != nil {
		return nil
	}
	return &p
}

// drain lets sidecars end by themselves. What goes wrong here is not lost:
// removing them kills what still runs.
func (b *Backend) drain(ctx context.Context, i *inventory) {
	for _, c := range i.containers {
		if c.Labels[labelRole] == roleSidecar && c.State == container.StateRunning {
			b.progress("the sidecar finishes its requests")
			if err := b.stopContainer(ctx, c.ID); err != nil {
				b.warn(err.Error())
			}
		}
	}
}

// stopContainer sends SIGTERM and waits for the end, at most Grace. When ctx
// ends it returns; the container is still ending then.
func (b *Backend) stopContainer(ctx context.Context, id string) error {
	seconds := int(b.grace().Seconds())
	_, err := b.Engine.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &seconds})
	return explain(ctx, "stopping container "+id, ignoreNotFound(err))
}
