package process

import (
	"bytes"
	"context"
	"os/exec"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// validate has the sidecar's binary check the Caddyfile of that name in dir,
// with a dummy in every slot.
func (b *Backend) validate(ctx context.Context, dir *state.Dir, name, binary string, p *plan.Plan) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "validate", "--config", dir.Path(name), "--adapter", "caddyfile") //nolint:gosec // the checked sidecar
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir.Path(""), &out, &out
	cmd.Env = append(b.sidecarEnv(dir), launcher.AgentTokenEnv+"="+launcher.DummyToken)
	for _, r := range p.Requires {
		cmd.Env = append(cmd.Env, r.TokenEnv+"="+launcher.DummyToken)
	}
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return launcher.RefusedCaddyfile(out.String(), dir.Path(name), p.Caddyfile)
}
