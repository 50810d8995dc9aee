package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// startPipelock starts the bottle's own pipelock, with a CA of its own that
// the sidecar comes to trust, and returns when it takes connections.
func (l *launch) startPipelock(ctx context.Context) error {
	l.progress("starting pipelock")
	files, err := pipelockFiles(l.plan, l.ca, l.caKey)
	if err != nil {
		return err
	}
	l.caKey = nil // pipelock alone has it from here on
	if err := l.createVolume(ctx, l.pipelockConfig, rolePipelock); err != nil {
		return err
	}
	id, err := l.createContainer(ctx, pipelock{
		Name: l.pipelock, Image: l.plan.Egress.Pipelock.Image, Network: l.egress, Volume: l.pipelockConfig, Labels: l.labels(rolePipelock),
	}.spec())
	if err != nil {
		return err
	}
	if err := copyFiles(ctx, l.Engine, id, egress.PipelockDir, files); err != nil {
		return err
	}
	if err := l.startContainer(ctx, id, "pipelock"); err != nil {
		return err
	}
	return l.waitHealthy(ctx, id, "pipelock", pipelockHealth...)
}

// readPipelockCA reads the CA of the bottle's pipelock, which a reload keeps.
func (r *reloading) readPipelockCA() error {
	if r.plan.Egress.Pipelock == nil {
		return nil
	}
	var err error
	if r.ca, err = os.ReadFile(r.dir.Path(caName)); err != nil {
		return fmt.Errorf("reading pipelock's CA: %w", err)
	}
	return nil
}

var errPipelockChanged = errors.New("reloading: pipelock cannot be started, exchanged or ended while the bottle runs")

// samePipelock refuses what a reload cannot do.
func (r *reloading) samePipelock() error {
	before, after := r.before.Egress.Pipelock, r.plan.Egress.Pipelock
	if (before == nil) != (after == nil) || before != nil && *before != *after {
		return launcher.WithHint(errPipelockChanged, fmt.Sprintf("`cred-proxy down %s`, then `cred-proxy up %s`", r.plan.Slug, r.plan.Slug))
	}
	return nil
}

// allowHosts has pipelock let the hosts of a plan's routes through.
func (r *reloading) allowHosts(ctx context.Context, p *plan.Plan) error {
	if p.Egress.Pipelock == nil {
		return nil
	}
	config, err := egress.RenderPipelock(p)
	if err != nil {
		return err
	}
	if err := copyFiles(ctx, r.Engine, r.pipelock, egress.PipelockDir, []file{{Name: egress.PipelockConfig, Content: config, Mode: 0o400, UID: sidecarUID}}); err != nil {
		return err
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	_, err = r.Engine.ContainerKill(ctx, r.pipelock, client.ContainerKillOptions{Signal: "SIGHUP"})
	return explain(ctx, "having pipelock read its configuration again", err)
}

// makeCA makes the CA of the bottle's pipelock, if it has one.
func (l *launch) makeCA() (err error) {
	if l.plan.Egress.Pipelock != nil {
		l.ca, l.caKey, err = egress.NewCA(l.plan.Slug, time.Now())
	}
	return err
}
