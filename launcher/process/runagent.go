package process

import (
	"context"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// CheckAgent finds nothing wrong: whether there is the agent's command only
// the attempt shows, and the agent's own PATH decides.
func (*Backend) CheckAgent(context.Context, *bottle.Bottle) error { return nil }

// RunAgent runs the agent of a bottle that Start started, on the launcher's
// terminal, and returns its exit status as Agent.Run does. It warns if the
// sidecar ends before the agent.
func (b *Backend) RunAgent(ctx context.Context, t *launcher.Target, of *bottle.Bottle, command []string) (status int, err error) {
	given, err := b.AgentOf(ctx, t.Slug, "")
	if err != nil {
		return 0, err
	}
	agentEnded := make(chan struct{})
	defer close(agentEnded)
	go func() {
		select {
		case <-b.sidecarEnded(t.Slug):
			b.warn("the sidecar has ended; the agent's requests now fail")
		case <-agentEnded:
		}
	}()
	return Agent{
		Command: command, Dir: of.Agent.Workdir,
		Env: AgentEnv(b.Env, of.Agent.PassEnv, of.Agent.Env, given),
	}.Run(ctx)
}
