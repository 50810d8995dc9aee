package docker

import (
	"context"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/agent"
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
	p, err := b.Store.Plan(slug)
	if err != nil {
		return plan.Agent{}, launcher.WithHint(err, "the bottle was started by another user, or its state is gone: `cred-proxy down` and `up` make it whole")
	}
	if home == "" {
		home = "~"
	}
	return agent.Render(p, agent.Input{BaseURL: BaseURL, Home: home}), nil
}
