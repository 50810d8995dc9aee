package docker

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// reloading is one reload: a launch into what is there already.
type reloading struct {
	*launch
	before *plan.Plan
	record *state.Record
	// first is the id of the sidecar that runs, at firstAddress, from
	// firstImage.
	first, firstImage string
	firstAddress      netip.Addr
	// renamed says that the first sidecar has given up its name.
	renamed bool
}

// Reload makes a running bottle follow a new plan. When neither tokens nor
// slots differ, the sidecar reads its Caddyfile again; otherwise a second
// sidecar takes over the alias and the first finishes its requests, since a
// container cannot be given new environment variables. Whatever fails leaves
// the first one in place, as it was.
func (b *Backend) Reload(ctx context.Context, p *plan.Plan) (*launcher.Changes, error) {
	r := &reloading{launch: &launch{Backend: b, plan: p, names: namesOf(p.Slug), id: rand.Text(), reloads: true}}
	if err := r.complete(); err != nil {
		return nil, err
	}
	if _, err := b.reachable(ctx); err != nil {
		return nil, err
	}
	var err error
	if r.kernel, err = b.keepsSecrets(ctx); err != nil {
		return nil, err
	}
	if err := b.imageThere(ctx, b.Image, hintImage); err != nil {
		return nil, err
	}
	if r.dir, err = b.Store.LockExisting(ctx, p.Slug); errors.Is(err, state.ErrNone) {
		return nil, launcher.NotRunning(p.Bottle)
	} else if err != nil {
		return nil, err
	}
	changes, err := r.locked(ctx)
	return changes, errors.Join(err, r.dir.Unlock())
}

func (r *reloading) locked(ctx context.Context) (*launcher.Changes, error) {
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(r.samePipelock(), r.readPipelockCAs()); err != nil {
		return nil, err
	}
	r.progress("checking the configuration")
	if err := r.checkCaddyfile(ctx, r.plan, r.ca, r.labels(roleCheck)); err != nil {
		return nil, err
	}
	var err error
	if r.values, err = launcher.ResolveTokens(r.plan, r.Env, r.warn); err != nil {
		return nil, err
	}
	same, err := r.record.Tokens.Match(r.values)
	if err != nil {
		return nil, err
	}
	changes := launcher.Compare(r.before, r.plan)
	changes.Tokens = changes.Tokens || !same
	// What a container is created with cannot be changed either.
	changes.Replaced = changes.Tokens || r.firstImage != r.Image || !r.before.Egress.Equal(r.plan.Egress)
	if err := r.allowHosts(ctx, r.plan); err != nil {
		return nil, err
	}
	if changes.Replaced {
		err = r.replace(ctx)
	} else {
		err = r.reread(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, r.allowHosts(ctx, r.before))
	}
	return &changes, nil
}

// look finds the sidecar that runs, and clears away what a reload that was
// killed has left beside it.
func (r *reloading) look(ctx context.Context) error {
	found, err := r.ofBottle(ctx, r.plan.Slug)
	if err != nil {
		return err
	}
	if found.empty() || !found.runs() {
		return launcher.NotRunning(r.plan.Bottle)
	}
	if err := r.removeStrays(ctx, r.plan.Slug, found); err != nil {
		return err
	}
	sidecar := found.sidecar()
	r.first, r.firstImage = sidecar.ID, sidecar.Image
	r.Attached = sidecar.Labels[labelMode] == launcher.Run
	if r.Attached { // the bottle still ends with its `run`, not with this process
		r.owner = map[string]string{labelLauncher: sidecar.Labels[labelLauncher], labelHost: sidecar.Labels[labelHost]}
	}
	if r.record, err = r.dir.Record(); err != nil {
		return err
	}
	if r.before, err = r.Store.Plan(r.plan.Slug); err != nil {
		return err
	}
	for _, n := range r.before.Networks {
		subnet, err := netip.ParsePrefix(n.Subnet)
		if err != nil {
			return fmt.Errorf("reading plan: network %s: %w", n.Name, err)
		}
		r.subnets = append(r.subnets, subnet)
	}
	r.firstAddress, err = r.heal(ctx, r.first, r.names)
	return err
}

// reread gives the sidecar the new Caddyfile and has it read that. A sidecar
// that refuses it goes on with the old one, which is then put back.
func (r *reloading) reread(ctx context.Context) error {
	r.progress("the sidecar reads its configuration again")
	since, err := r.lastLogged(ctx)
	if err != nil {
		return err
	}
	if err := copyFiles(ctx, r.Engine, r.first, configDir, configFiles(r.plan.Caddyfile, r.ca)); err != nil {
		return err
	}
	_, err = r.Engine.ContainerKill(ctx, r.first, client.ContainerKillOptions{Signal: "SIGUSR1"})
	if err == nil {
		err = r.awaitReread(ctx, since)
	}
	if err != nil {
		return errors.Join(explain(ctx, "reloading", err), copyFiles(ctx, r.Engine, r.first, configDir, configFiles(r.before.Caddyfile, r.ca)))
	}
	return r.commit()
}

// What Caddy logs when it has followed a SIGUSR1, or not.
const (
	logReloaded      = "successfully reloaded config from file"
	logReloadRefused = "failed to reload config from file"
)

var errNoAnswer = errors.New("the sidecar did not confirm the new configuration in time")

// awaitReread waits for the sidecar's own word that it took the configuration.
func (r *reloading) awaitReread(ctx context.Context, since string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.healthWithin(), errNoAnswer)
	defer cancel()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		said, err := r.log(ctx, client.ContainerLogsOptions{ShowStderr: true, Since: since})
		if err != nil {
			return err
		}
		for line := range strings.Lines(said) {
			var l struct{ Msg, Error string }
			if json.Unmarshal([]byte(line), &l) != nil {
				continue
			}
			switch l.Msg {
			case logReloaded:
				return nil
			case logReloadRefused:
				return launcher.WithHint(fmt.Errorf("the sidecar refuses the new configuration: %s", l.Error), "the old one is still in use")
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// lastLogged returns the moment after the sidecar's last log line, by the
// engine's clock, or "" for the beginning.
func (r *reloading) lastLogged(ctx context.Context) (string, error) {
	// Of both streams: the engine counts the lines of both in any case, and the
	// last one is mostly a request's.
	said, err := r.log(ctx, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: "1", Timestamps: true})
	if err != nil {
		return "", err
	}
	stamp, _, _ := strings.Cut(said, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return "", nil //nolint:nilerr // it has logged nothing yet
	}
	return at.Add(time.Nanosecond).Format(time.RFC3339Nano), nil
}

func (r *reloading) log(ctx context.Context, o client.ContainerLogsOptions) (string, error) {
	logs, err := r.Engine.ContainerLogs(ctx, r.first, o)
	if err != nil {
		return "", explain(ctx, "reading the sidecar's log", err)
	}
	defer func() { _ = logs.Close() }()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, logs); err != nil {
		return "", explain(ctx, "reading the sidecar's log", err)
	}
	return out.String(), nil
}

// replace starts a second sidecar beside the first, which takes over once it
// is healthy.
func (r *reloading) replace(ctx context.Context) error {
	r.progress("starting a second sidecar")
	host := byte(secondHost)
	if hostOf(r.firstAddress) == secondHost {
		host = sidecarHost
	}
	second, err := r.startSidecar(ctx, r.next, host)
	if err != nil {
		return errors.Join(err, r.undo(ctx))
	}
	// From here on an interrupt no longer turns back: requests in flight would
	// be lost.
	ctx = context.WithoutCancel(ctx)
	if err := r.takeOver(ctx, second, host); err != nil {
		return errors.Join(err, r.undo(ctx), r.takeBack(ctx))
	}
	r.progress("the first sidecar finishes its requests")
	time.Sleep(r.settle())
	if err := r.stopContainer(ctx, r.first); err != nil {
		r.warn(err.Error())
	}
	if err := errors.Join(r.removeContainer(ctx, r.first), r.removeVolume(ctx, r.config(hostOf(r.firstAddress)))); err != nil {
		r.warn(err.Error() + "; `cred-proxy cleanup` removes it") // the second one is in place
	}
	return nil
}

// takeOver gives the second sidecar the alias, and takes it from the first,
// whose connections live on: its address stays what it is.
func (r *reloading) takeOver(ctx context.Context, second string, host byte) error {
	if err := r.reconnect(ctx, r.internal, second, hostIn(r.subnets[0], host), Alias); err != nil {
		return err
	}
	if err := r.reconnect(ctx, r.internal, r.first, r.firstAddress); err != nil {
		return err
	}
	if err := r.rename(ctx, r.first, r.last); err != nil {
		return err
	}
	r.renamed = true
	if err := r.rename(ctx, second, r.sidecar); err != nil {
		return err
	}
	return r.commit()
}

// takeBack gives the first sidecar its alias and its name again, once the
// second one is gone.
func (r *reloading) takeBack(ctx context.Context) error {
	err := r.reconnect(ctx, r.internal, r.first, r.firstAddress, Alias)
	if r.renamed {
		err = errors.Join(err, r.rename(ctx, r.first, r.sidecar))
	}
	return err
}

// reconnect gives a container other aliases in the internal network, which
// the engine takes at no other time. Listeners and connections stay, since the
// address does.
func (b *Backend) reconnect(ctx context.Context, internal, id string, address netip.Addr, aliases ...string) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.NetworkDisconnect(ctx, internal, client.NetworkDisconnectOptions{Container: id})
	if ignoreNotFound(err) != nil && !isNotConnected(err) {
		return explain(ctx, "disconnecting a sidecar from network "+internal, err)
	}
	return b.connect(ctx, internal, id, endpoint(address, aliases...))
}

// isNotConnected tells that a container was not on the network; the API's
// status is that of any error.
func isNotConnected(err error) bool { return strings.Contains(err.Error(), "is not connected to") }

func (b *Backend) rename(ctx context.Context, id, name string) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err := b.Engine.ContainerRename(ctx, id, client.ContainerRenameOptions{NewName: name})
	return explain(ctx, "renaming a sidecar to "+name, err)
}

// commit records the new plan as the one that runs.
func (r *reloading) commit() error {
	started := r.record.Started
	if err := r.save(); err != nil {
		return err
	}
	record, err := r.dir.Record()
	if err != nil {
		return err
	}
	record.Started = started
	return r.dir.Save(record)
}

// hostOf returns the last part of an address within its /28.
func hostOf(address netip.Addr) byte { return address.As4()[3] % (1 << (32 - subnetBits)) }
