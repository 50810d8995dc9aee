package docker

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/egress"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// startPipelocks starts the bottle's own pipelock, if it has one, and then the
// agent's, each with a CA of its own, and returns when they take connections.
func (l *launch) startPipelocks(ctx context.Context) error {
	if l.plan.Egress.Pipelock == nil {
		return nil
	}
	l.progress("starting pipelock")
	config, err := egress.RenderPipelock(l.plan)
	if err != nil {
		return err
	}
	files := pipelockFiles(config, l.ca, l.caKey)
	l.caKey = nil // pipelock alone has it from here on
	err = l.startPipelock(ctx, pipelock{Name: l.pipelock, Network: l.egress, Alias: plan.PipelockName, Volume: l.pipelockConfig, Labels: l.labels(rolePipelock)}, files)
	if err != nil || l.plan.Egress.Agent != plan.AgentPipelock {
		return err
	}
	return l.startAgentPipelock(ctx)
}

// startAgentPipelock starts the pipelock through which the agent goes. It
// bears no name on the egress network, where the sidecar looks for the other.
func (l *launch) startAgentPipelock(ctx context.Context) error {
	l.progress("starting the agent's pipelock")
	config, err := egress.RenderAgentPipelock()
	if err != nil {
		return err
	}
	var key []byte
	if l.agentCA, key, err = egress.NewCA(l.plan.Slug+"'s agent", time.Now()); err != nil {
		return err
	}
	return l.startPipelock(ctx, pipelock{
		Name: l.agentPipelock, Network: l.internal, Address: hostIn(l.subnets[0], agentPipelockHost), Alias: plan.AgentPipelockName,
		Volume: l.agentPipelockConfig, Labels: l.labels(roleAgentPipelock),
	}, pipelockFiles(config, l.agentCA, key), l.egress)
}

// startPipelock starts one instance, on its network and more.
func (l *launch) startPipelock(ctx context.Context, p pipelock, files []file, more ...string) error {
	p.Image, p.NoIPv6 = l.plan.Egress.Pipelock.Image, l.NoIPv6
	if err := l.createVolume(ctx, p.Volume, p.Labels[labelRole]); err != nil {
		return err
	}
	id, err := l.createContainer(ctx, p.spec())
	if err != nil {
		return err
	}
	if err := copyFiles(ctx, l.Engine, id, egress.PipelockDir, files); err != nil {
		return err
	}
	for _, network := range more {
		if err := l.connect(ctx, network, id, endpoint(netip.Addr{})); err != nil {
			return err
		}
	}
	if err := l.startContainer(ctx, id, p.Name); err != nil {
		return err
	}
	return l.waitHealthy(ctx, id, p.Name, pipelockHealth...)
}

// readPipelockCAs reads the CAs of the bottle's pipelocks, which a reload keeps.
func (r *reloading) readPipelockCAs() (err error) {
	if r.plan.Egress.Pipelock == nil {
		return nil
	}
	if r.ca, err = os.ReadFile(r.dir.Path(caName)); err == nil && r.plan.Egress.Agent == plan.AgentPipelock {
		r.agentCA, err = os.ReadFile(r.dir.Path(agentCAName))
	}
	if err != nil {
		return fmt.Errorf("reading pipelock's CA: %w", err)
	}
	return nil
}

// savePipelockCAs keeps the certificates, which are no secrets.
func (l *launch) savePipelockCAs() error {
	if l.plan.Egress.Pipelock == nil {
		return nil
	}
	err := l.dir.Write(caName, l.ca)
	if l.agentCA != nil {
		err = errors.Join(err, l.dir.Write(agentCAName, l.agentCA))
	}
	return err
}

var errPipelockChanged = errors.New("reloading: pipelock cannot be started, exchanged or ended while the bottle runs")

// samePipelock refuses what a reload cannot do.
func (r *reloading) samePipelock() error {
	before, after := r.before.Egress.Pipelock, r.plan.Egress.Pipelock
	if (before == nil) != (after == nil) || before != nil && *before != *after || r.before.Egress.Agent != r.plan.Egress.Agent {
		return launcher.WithHint(errPipelockChanged, fmt.Sprintf("`cred-proxy down %s`, then `cred-proxy up %s`", r.plan.Slug, r.plan.Slug))
	}
	return nil
}

// allowHosts has the sidecar's pipelock let the hosts of a plan's routes
// through. The agent's has nothing that depends on a plan.
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
