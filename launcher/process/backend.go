// Package process is the backend without Docker: the sidecar is a child
// process on 127.0.0.1, and so is the agent.
//
// A process of the same user is no boundary against that user. This backend
// keeps tokens out of the agent's environment, files and reach of accident;
// it cannot stop an agent that sets out to attack its own user.
package process

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Name is what this backend is called in bottle files and records.
const Name = "process"

// Backend runs sidecars as processes. The zero value of a duration is its
// default.
type Backend struct {
	// Store keeps the state of bottles.
	Store state.Store
	// Env is the host's environment: tokens are read from it, and PATH.
	Env map[string]string
	// Sidecar is the binary's path as the user gave it; empty to look for it.
	Sidecar string
	// Port is the port on 127.0.0.1; 0 for a free one.
	Port int
	// Attached is set by `run`: the bottle ends with this process.
	Attached bool
	// HealthWithin is how long a sidecar may take to become healthy; 20 s by
	// default.
	HealthWithin time.Duration
	// Grace is how long a sidecar may take to finish its requests before it
	// is killed; 35 s by default, a little more than its own grace period.
	Grace time.Duration
	// Progress is told each step; nil for nobody.
	Progress func(step string)
	// Warn is told what is odd but no error; nil for nobody.
	Warn func(text string)

	sidecar *child
}

var _ launcher.CredProxy = (*Backend)(nil)

const (
	defaultHealthWithin = 20 * time.Second
	defaultGrace        = 35 * time.Second
)

// Prepare implements launcher.CredProxy.
func (*Backend) Prepare(b *bottle.Bottle) (*plan.Plan, error) { return launcher.Prepare(b) }

// Stop implements launcher.CredProxy. The sidecar gets Grace to finish, or
// less if ctx ends. A bottle that belongs to a `run` is ended by ending that.
func (b *Backend) Stop(ctx context.Context, t *launcher.Target) error {
	// Before the lock is taken: the other launcher needs it to clear up.
	if record, err := b.Store.Read(t.Slug); err == nil && record.Launcher != nil && record.Launcher.PID != os.Getpid() {
		if err := state.Terminate(ctx, record.Launcher, b.grace()+state.KillWait); err != nil {
			return fmt.Errorf("stopping bottle %q: %w", t.Slug, err)
		}
	}
	dir, err := b.Store.LockExisting(context.WithoutCancel(ctx), t.Slug)
	if errors.Is(err, state.ErrNone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stopping bottle %q: %w", t.Slug, err)
	}
	return b.remove(ctx, dir)
}

// remove ends whatever the record names, and removes the directory.
func (b *Backend) remove(ctx context.Context, dir *state.Dir) error {
	if err := b.endSidecars(ctx, dir); err != nil {
		return errors.Join(err, dir.Unlock())
	}
	return dir.Remove()
}

func (b *Backend) endSidecars(ctx context.Context, dir *state.Dir) error {
	record, err := dir.Record()
	switch {
	case errors.Is(err, state.ErrNone):
		record = &state.Record{}
	case err != nil:
		return launcher.WithHint(err, "end the sidecar by hand if there is one, and remove that directory")
	}
	return errors.Join(
		state.Terminate(ctx, record.Sidecar, b.grace()),
		state.Terminate(ctx, record.Other, b.grace()),
		endOrphans(ctx, dir.Path(state.Caddyfile), nil, b.grace()),
	)
}

// sidecarEnded returns a channel that gets a value when the sidecar that
// Start started ends although neither Stop nor a reload has ended it.
func (b *Backend) sidecarEnded(slug string) <-chan struct{} {
	lost := make(chan struct{}, 1)
	c := b.sidecar
	go func() {
		<-c.exited
		record, err := b.Store.Read(slug)
		if err == nil && record.Sidecar != nil && *record.Sidecar == *c.identity {
			lost <- struct{}{}
		}
	}()
	return lost
}

func (b *Backend) grace() time.Duration {
	return cmp.Or(b.Grace, defaultGrace)
}

func (b *Backend) healthWithin() time.Duration {
	return cmp.Or(b.HealthWithin, defaultHealthWithin)
}

func (b *Backend) progress(step string) {
	if b.Progress != nil {
		b.Progress(step)
	}
}

func (b *Backend) warn(text string) {
	if b.Warn != nil {
		b.Warn(text)
	}
}

// agentTokenBytes makes 40 hex digits.
const agentTokenBytes = 20

func newAgentToken() string {
	token := make([]byte, agentTokenBytes)
	_, _ = rand.Read(token) // never fails, see crypto/rand
	return hex.EncodeToString(token)
}
