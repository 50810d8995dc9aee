package docker

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// AgentOf returns what the agent of a running bottle is given: on the bottle's
// own network nobody else can call the sidecar, so there is no agent token.
// With home empty files are relative to the agent's home, "~".
func (b *Backend) AgentOf(ctx context.Context, slug, home string) (plan.Agent, error) {
	found, err := b.ofBottle(ctx, slug)
	if err != nil {
		return plan.Agent{}, err
	}
	if found.empty() || !found.runs() {
		return plan.Agent{}, launcher.NotRunning(slug)
	}
	p, ca, err := b.agentPlan(slug)
	if err != nil {
		return plan.Agent{}, launcher.WithHint(err, "the bottle was started by another user, or its state is gone: `cred-proxy down` and `up` make it whole")
	}
	if home == "" {
		home = "~"
	}
	given := agent.Render(p, agent.Input{BaseURL: BaseURL, Home: home, EgressCA: ca})
	given.Env = agent.Render(p, agent.Input{BaseURL: BaseURL, Home: OtherHome}).Env
	return given, nil
}

// OtherHome is the home that AgentOf's environment is for, in a container of
// the user's own: what is written to a directory of the host is mounted there.
const OtherHome = "/agent-home"

// agentPlan returns the plan of a running bottle, and the CA of its agent's
// egress proxy if that has one.
func (b *Backend) agentPlan(slug string) (*plan.Plan, string, error) {
	p, err := b.Store.Plan(slug)
	if err != nil || p.Egress.Agent != plan.AgentPipelock {
		return p, "", err
	}
	ca, err := os.ReadFile(filepath.Join(b.Store.Path(slug), agentCAName))
	if err != nil {
		return nil, "", fmt.Errorf("reading the CA of the agent's pipelock: %w", err)
	}
	return p, string(ca), nil
}

// CheckAgent refuses a bottle whose agent cannot be run, before anything is
// created: the image is missing, or a mount is not to be had.
func (b *Backend) CheckAgent(ctx context.Context, of *bottle.Bottle) error {
	if err := of.CheckDocker(); err != nil {
		return err
	}
	if _, err := b.reachable(ctx); err != nil {
		return err
	}
	if _, err := b.mounts(ctx, of); err != nil {
		return err
	}
	return b.imageThere(ctx, of.Agent.Image, fmt.Sprintf("build it, or `docker pull %s`", of.Agent.Image))
}

// RunAgent runs the agent of a bottle that Start started, in a container on
// the bottle's internal network alone, on the launcher's terminal. See
// AgentRun.Run for the status.
func (b *Backend) RunAgent(ctx context.Context, t *launcher.Target, of *bottle.Bottle, command []string) (status int, err error) {
	p, ca, err := b.agentPlan(t.Slug)
	if err != nil {
		return 0, err
	}
	subnet, err := netip.ParsePrefix(p.Networks[0].Subnet)
	if err != nil {
		return 0, fmt.Errorf("reading plan: network %s: %w", p.Networks[0].Name, err)
	}
	mounts, err := b.mounts(ctx, of)
	if err != nil {
		return 0, err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go b.watchSidecar(watching, t.Slug)
	given := func(home string) plan.Agent {
		return agent.Render(p, agent.Input{BaseURL: BaseURL, Home: home, EgressCA: ca})
	}
	run := &AgentRun{
		Engine: b.Engine,
		Spec: AgentSpec{
			Slug: t.Slug, Labels: b.labels(p, roleAgent),
			Image: of.Agent.Image, Command: command, Workdir: of.Agent.Workdir, Mounts: mounts,
			Host: b.Env, PassEnv: of.Agent.PassEnv, Env: of.Agent.Env, Given: given("~").Env,
			Network: p.Networks[0].Name, Address: hostIn(subnet, agentHost), NoIPv6: b.NoIPv6,
		},
		Files: func(home string) map[string]string { return given(home).Files },
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Warn: b.Warn,
	}
	if ca != "" {
		run.Given = func(home string) map[string]string { return given(home).Env }
	}
	return run.Run(ctx)
}

// watchPause is how long a sidecar that has ended is given to come back: the
// engine starts one again that has crashed, and a reload exchanges it.
var watchPause = 5 * time.Second

// watchSidecar warns once when the bottle's sidecar has ended for good while
// ctx lives.
func (b *Backend) watchSidecar(ctx context.Context, slug string) {
	for name := namesOf(slug).sidecar; ; {
		wait := b.Engine.ContainerWait(ctx, name, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case <-wait.Result:
		case <-wait.Error: //nolint:errcheck // whatever it is, the look below tells
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(watchPause):
		case <-ctx.Done():
			return
		}
		inspected, err := b.Engine.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
		if ctx.Err() != nil {
			return
		}
		if err != nil && !errdefs.IsNotFound(err) { // the engine is away, and not the sidecar
			continue
		}
		state := inspected.Container.State
		if err != nil || state == nil || !state.Running && !state.Restarting {
			b.warn("the sidecar has ended; the agent's requests now fail")
			return
		}
	}
}
