package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// reloading is one reload: what runs, and what shall run.
type reloading struct {
	dir    *state.Dir
	record *state.Record
	before *plan.Plan
	after  *plan.Plan
	binary string
	values map[string]string // by slot
}

// Reload makes a running bottle follow a new plan. When neither tokens nor
// slots differ, the sidecar reads its Caddyfile again; otherwise a second
// sidecar takes over the port and the first finishes its requests, since a
// process cannot be given new environment variables. Whatever fails leaves
// the first one in place, as it was.
func (b *Backend) Reload(ctx context.Context, p *plan.Plan) (*launcher.Changes, error) {
	if err := complete(p); err != nil {
		return nil, err
	}
	binary, err := b.checkedSidecar(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := b.Store.LockExisting(ctx, p.Slug)
	if errors.Is(err, state.ErrNone) {
		return nil, launcher.NotRunning(p.Bottle)
	}
	if err != nil {
		return nil, err
	}
	changed, err := b.reloadLocked(ctx, &reloading{dir: dir, after: p, binary: binary})
	return changed, errors.Join(err, dir.Unlock())
}

func (b *Backend) reloadLocked(ctx context.Context, r *reloading) (*launcher.Changes, error) {
	var err error
	if r.record, err = r.dir.Record(); errors.Is(err, state.ErrNone) || (err == nil && !r.record.Alive()) {
		return nil, launcher.NotRunning(r.after.Bottle)
	} else if err != nil {
		return nil, err
	}
	if r.before, err = b.Store.Plan(r.after.Slug); err != nil {
		return nil, err
	}
	// What a reload that was killed has left: it would be the second socket of
	// the group, which is the one that the next sidecar is taken for.
	if err := endOrphans(ctx, r.dir.Path(state.Caddyfile), r.record.Sidecar, b.grace()); err != nil {
		return nil, err
	}
	b.progress("checking the configuration")
	if err := b.checkNext(ctx, r); err != nil {
		return nil, err
	}
	if r.values, err = launcher.ResolveTokens(r.after, b.Env, b.warn); err != nil {
		return nil, err
	}
	same, err := r.record.Tokens.Match(r.values)
	if err != nil {
		return nil, err
	}
	c := launcher.Compare(r.before, r.after)
	c.Tokens = c.Tokens || !same
	// gh's socket is handed over at the start like the port, so a new one
	// needs a new process too.
	c.Replaced = c.Tokens || hasGH(r.before) != hasGH(r.after)
	if c.Replaced {
		err = b.replace(ctx, r)
	} else {
		err = b.reread(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	return &c, b.refreshAgent(ctx, r)
}

// nextCaddyfile is the name of a Caddyfile that has yet to be checked.
const nextCaddyfile = "Caddyfile.next"

func (b *Backend) checkNext(ctx context.Context, r *reloading) error {
	if err := r.dir.Write(nextCaddyfile, []byte(r.after.Caddyfile)); err != nil {
		return err
	}
	return errors.Join(
		b.validate(ctx, r.dir, nextCaddyfile, r.binary, r.after),
		os.Remove(r.dir.Path(nextCaddyfile)),
	)
}

// reread puts the new Caddyfile in place and has the sidecar read it. A
// sidecar that refuses it goes on with the old one, which is then put back.
func (b *Backend) reread(ctx context.Context, r *reloading) error {
	b.progress("the sidecar reads its configuration again")
	if err := r.dir.Write(state.Caddyfile, []byte(r.after.Caddyfile)); err != nil {
		return err
	}
	log, from, err := r.dir.OpenLog(state.SidecarLog)
	if err == nil {
		err = log.Close()
	}
	if err == nil {
		err = state.Signal(r.record.Sidecar, unix.SIGUSR1)
	}
	if err == nil {
		err = b.awaitReread(ctx, r, from)
	}
	if err != nil {
		return errors.Join(err, r.dir.Write(state.Caddyfile, []byte(r.before.Caddyfile)))
	}
	return r.commit()
}

// What Caddy logs when it has followed a SIGUSR1, or not.
const (
	logReloaded      = "successfully reloaded config from file"
	logReloadRefused = "failed to reload config from file"
)

// errNoAnswer is when the sidecar does not say what it made of a SIGUSR1.
var errNoAnswer = errors.New("the sidecar did not confirm the new configuration in time")

// awaitReread waits for the sidecar's own word that it took the configuration.
func (b *Backend) awaitReread(ctx context.Context, r *reloading, from int64) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.healthWithin(), errNoAnswer)
	defer cancel()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		for line := range strings.Lines(readLog(r.dir.Path(state.SidecarLog), from)) {
			var l struct{ Msg, Error string }
			if json.Unmarshal([]byte(line), &l) != nil {
				continue
			}
			switch l.Msg {
			case logReloaded:
				return nil
			case logReloadRefused:
				return launcher.WithHint(fmt.Errorf("reloading: the sidecar refuses the new configuration: %s", l.Error), "the old one is still in use")
			}
		}
		if !r.record.Sidecar.Alive() {
			return withLog(errors.New("reloading: the sidecar ended"), r.dir, from)
		}
		select {
		case <-ctx.Done():
			return withLog(fmt.Errorf("reloading: %w", context.Cause(ctx)), r.dir, from)
		case <-ticker.C:
		}
	}
}

// commit records the new plan as the one that runs.
func (r *reloading) commit() error {
	r.record.PlanHash = r.after.Hash()
	return errors.Join(r.dir.SavePlan(r.after), r.dir.Save(r.record))
}

func (b *Backend) refreshAgent(ctx context.Context, r *reloading) error {
	token, err := readAgentToken(r.dir.Path(""))
	if err != nil {
		return err
	}
	return b.writeAgent(ctx, r.dir, r.before, r.after, r.record.Port, token)
}
