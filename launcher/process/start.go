package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Start implements launcher.CredProxy. Everything that can be wrong without a
// secret is checked first; the tokens are resolved last.
func (b *Backend) Start(ctx context.Context, p *plan.Plan) (*launcher.Target, error) {
	if err := complete(p); err != nil {
		return nil, err
	}
	binary, err := b.checkedSidecar(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := b.Store.Lock(ctx, p.Slug)
	if err != nil {
		return nil, err
	}
	if err := b.clearLeftovers(ctx, dir, p.Bottle); err != nil {
		return nil, errors.Join(err, dir.Unlock())
	}
	target, err := b.startLocked(ctx, dir, binary, p)
	if err != nil {
		return nil, errors.Join(err, b.abandon(ctx, dir))
	}
	return target, dir.Unlock()
}

// abandon ends and removes what a failed start made, however it failed.
func (b *Backend) abandon(ctx context.Context, dir *state.Dir) error {
	failed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel() // it has no requests to finish
	return b.remove(failed, dir)
}

// complete refuses a plan that lacks what this backend needs, or names a CA
// file that cannot be used.
func complete(p *plan.Plan) error {
	for _, field := range []struct{ name, value string }{
		{"bottle", p.Bottle}, {"slug", p.Slug}, {"caddyfile", p.Caddyfile},
	} {
		if field.value == "" {
			return fmt.Errorf("starting the sidecar: the plan has no %s", field.name)
		}
	}
	if err := egress.CheckCA(p.Egress.CAFile); err != nil {
		return launcher.WithHint(err, "egress.ca_file is the PEM file with the certificate of the egress proxy's CA")
	}
	return p.Validate()
}

func (b *Backend) checkedSidecar(ctx context.Context) (string, error) {
	binary, err := FindSidecar(b.Sidecar, b.Env)
	if err != nil {
		return "", err
	}
	return binary, b.checkModules(ctx, binary)
}

// clearLeftovers refuses a bottle that runs, and clears away what a launcher
// that was killed, or a sidecar that died, has left.
func (b *Backend) clearLeftovers(ctx context.Context, dir *state.Dir, bottle string) error {
	record, err := dir.Record()
	switch {
	case errors.Is(err, state.ErrNone): // a stray file at most
		if err := endOrphans(ctx, dir.Path(state.Caddyfile), nil, b.grace()); err != nil {
			return err
		}
	case err != nil:
		return launcher.WithHint(err, "end the sidecar by hand if there is one, and remove that directory")
	case record.Backend != Name:
		return launcher.WithHint(fmt.Errorf("bottle %q is %w with the %s backend", bottle, launcher.ErrRunning, record.Backend),
			fmt.Sprintf("`cred-proxy down %s` ends it", bottle))
	case record.Alive() && (record.Launcher == nil || record.Launcher.Alive()):
		return launcher.WithHint(fmt.Errorf("bottle %q is %w on %s", bottle, launcher.ErrRunning, baseURL(record.Port)),
			fmt.Sprintf("`eval \"$(cred-proxy env %s)\"` uses it, `cred-proxy down %s` ends it", bottle, bottle))
	default:
		b.warn(fmt.Sprintf("clearing away what an earlier launch of bottle %q left behind", bottle))
		if err := b.endSidecars(ctx, dir); err != nil {
			return err
		}
	}
	return dir.Clear()
}

func (b *Backend) startLocked(ctx context.Context, dir *state.Dir, binary string, p *plan.Plan) (*launcher.Target, error) {
	b.progress("checking the configuration")
	record := &state.Record{
		Bottle: p.Bottle, Slug: p.Slug, Backend: Name, Phase: state.Starting, PlanHash: p.Hash(), Started: time.Now().UTC(),
	}
	if err := b.writeConfig(ctx, dir, record, binary, p); err != nil {
		return nil, err
	}
	l, steered, err := listen(b.Port)
	if err != nil {
		return nil, err
	}
	defer l.close()
	record.Port, record.Steered = l.port, steered
	if err := b.startSidecar(ctx, dir, record, l, binary, p); err != nil {
		return nil, err
	}
	record.Phase = state.Running
	return &launcher.Target{Slug: p.Slug, URL: l.url()}, dir.Save(record)
}

// startSidecar resolves the tokens, starts the sidecar on the listener, and
// returns when it is healthy and the agent's files are in place.
func (b *Backend) startSidecar(ctx context.Context, dir *state.Dir, record *state.Record, l *listener, binary string, p *plan.Plan) error {
	ghSocket, err := openGHSocket(dir.Path(state.GHSocket), p)
	if err != nil {
		return err
	}
	if ghSocket != nil {
		defer func() { _ = ghSocket.Close() }()
	}

	agentToken := newAgentToken()
	if err := dir.Write(state.AgentToken, []byte(agentToken+"\n")); err != nil {
		return err
	}
	values, err := launcher.ResolveTokens(p, b.Env, b.warn)
	if err != nil {
		return err
	}
	if record.Tokens, err = state.NewFingerprints(values); err != nil {
		return err
	}
	b.progress("starting the sidecar on " + l.url())
	c, err := b.spawn(dir, spawnOptions{
		binary: binary, tokens: values, agentToken: agentToken,
		listener: l.file, ghSocket: ghSocket, dieWithUs: b.Attached,
	})
	if err != nil {
		return err
	}
	record.Sidecar = c.identity
	if err := dir.Save(record); err != nil {
		return errors.Join(err, state.Terminate(ctx, c.identity, 0))
	}
	if err := waitHealthy(ctx, dir, c, l.url(), b.healthWithin(), (&net.Dialer{}).DialContext); err != nil {
		return err
	}
	c.settle()
	if err := b.writeAgent(ctx, dir, nil, p, l.port, agentToken); err != nil {
		return err
	}
	b.sidecar = c
	return nil
}

// writeConfig writes the record, the plan and the Caddyfile, and has the
// sidecar check the latter.
func (b *Backend) writeConfig(ctx context.Context, dir *state.Dir, record *state.Record, binary string, p *plan.Plan) error {
	if b.Attached {
		self, err := state.Self()
		if err != nil {
			return err
		}
		record.Launcher = self
	}
	if err := dir.Save(record); err != nil {
		return err
	}
	if err := dir.SavePlan(p); err != nil {
		return err
	}
	if err := os.Mkdir(dir.Path(state.SidecarHome), 0o700); err != nil {
		return fmt.Errorf("making the sidecar's home: %w", err)
	}
	if err := dir.Write(state.Caddyfile, []byte(p.Caddyfile)); err != nil {
		return err
	}
	return b.validate(ctx, dir, state.Caddyfile, binary, p)
}

// openGHSocket opens the socket on which gh reaches the sidecar, if the plan
// has a GitHub API.
func openGHSocket(path string, p *plan.Plan) (*os.File, error) {
	if !hasGH(p) {
		return nil, nil //nolint:nilnil // no socket is asked for
	}
	return listenUnix(path)
}

func hasGH(p *plan.Plan) bool {
	for _, r := range p.Routes {
		if r.Kind == "github" && r.API {
			return true
		}
	}
	return false
}
