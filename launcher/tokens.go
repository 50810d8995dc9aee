package launcher

import (
	"fmt"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/token"
)

// ResolveTokens reads the plan's tokens from env, and warns of one that looks
// like another sort. It returns the values by slot.
func ResolveTokens(p *plan.Plan, env map[string]string, warn func(text string)) (map[string]string, error) {
	values, err := token.Resolve(p, env)
	if err != nil {
		return nil, WithHint(fmt.Errorf("resolving tokens: %w", err),
			"tokens are read from the environment of cred-proxy; `cred-proxy plan` lists the variables")
	}
	refs := make(map[string]string, len(p.Requires))
	for _, r := range p.Requires {
		refs[r.TokenEnv] = r.TokenRef
	}
	for _, r := range p.Routes {
		if odd := token.Contradiction(r, values[r.TokenEnv]); odd != "" {
			warn(fmt.Sprintf("route %s: token %s %s", r.Path, refs[r.TokenEnv], odd))
		}
	}
	return values, nil
}
