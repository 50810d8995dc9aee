// Package launcher starts and stops bottles. CredProxy is what every backend
// implements; the packages below turn a bottle file into a plan, and a plan
// into a Caddyfile, token values and an agent's environment.
package launcher

import (
	"context"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// CredProxy runs the sidecar of a bottle.
type CredProxy interface {
	// Prepare expands a bottle into a plan. It is pure: no network, no files,
	// no token values.
	Prepare(b *bottle.Bottle) (*plan.Plan, error)
	// Start resolves the plan's tokens, starts the sidecar and returns once it
	// is healthy. When it fails nothing is left running or on disk.
	Start(ctx context.Context, p *plan.Plan) (*Target, error)
	// Stop ends what Start began. A target that is gone is success.
	Stop(ctx context.Context, t *Target) error
}

// Target is a running sidecar.
type Target struct {
	// Slug names the bottle.
	Slug string
	// URL is the sidecar's base URL as the agent reaches it, without a trailing slash.
	URL string
}
