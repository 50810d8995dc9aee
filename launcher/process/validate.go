package process

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// dummyToken stands in for every secret while a Caddyfile is checked. It is
// 40 hex digits, as an agent token is.
const dummyToken = "00000000000000000000000000000000deadbeef"

// validate has the sidecar's binary check the Caddyfile of that name in dir,
// with a dummy in every slot.
func (b *Backend) validate(ctx context.Context, dir *state.Dir, name, binary string, p *plan.Plan) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "validate", "--config", dir.Path(name), "--adapter", "caddyfile") //nolint:gosec // the checked sidecar
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir.Path(""), &out, &out
	cmd.Env = append(b.sidecarEnv(dir), launcher.AgentTokenEnv+"="+dummyToken)
	for _, r := range p.Requires {
		cmd.Env = append(cmd.Env, r.TokenEnv+"="+dummyToken)
	}
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return launcher.WithHint(fmt.Errorf("checking the configuration: %w: %s", launcher.ErrCaddyfile, complaint(out.String(), dir.Path(name), p.Caddyfile)),
		"`cred-proxy plan` shows the rendered Caddyfile; look at the template it comes from")
}

var lineNumber = regexp.MustCompile(`Caddyfile:(\d+)`)

// complaint is Caddy's own error, with the text of the line it names: the
// rendered file is gone when somebody reads this.
func complaint(output, path, caddyfile string) string {
	output = strings.TrimSpace(output)
	said := output[strings.LastIndexByte(output, '\n')+1:]
	for line := range strings.Lines(output) {
		if text, ok := strings.CutPrefix(line, "Error: "); ok {
			said = strings.TrimSpace(text)
		}
	}
	if said == "" {
		return "it gave no reason"
	}
	said = strings.ReplaceAll(launcher.RenderLogLine(said), path, "Caddyfile")
	match := lineNumber.FindStringSubmatch(said)
	if match == nil {
		return said
	}
	lines := strings.Split(caddyfile, "\n")
	if n, err := strconv.Atoi(match[1]); err == nil && n >= 1 && n <= len(lines) {
		said += fmt.Sprintf("\n  line %d of the rendered Caddyfile: %s", n, strings.TrimSpace(lines[n-1]))
	}
	return said
}
