// Package docker is the main backend: a bottle is two networks, a sidecar on
// both, and an agent on the internal one alone.
//
// Labels say what belongs to which bottle, so that nothing of what matters is
// in files of ours alone: `down` and `cleanup` find everything a bottle
// consists of after a crash of the launcher or a reboot.
package docker

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Backend runs bottles in a Docker engine. The zero value of a duration is
// its default.
type Backend struct {
	// Engine is where everything is created.
	Engine Engine
	// Store keeps the plans of bottles, and its locks keep launchers of one
	// user apart.
	Store state.Store
	// Env is the host's environment, from which tokens are read.
	Env map[string]string
	// Version is the launcher's; it goes on labels.
	Version string
	// Image is the sidecar's image.
	Image string
	// Subnets are the ranges from which networks get their subnets.
	Subnets []netip.Prefix
	// HostRoutes returns what the engine's host routes already; nil if that
	// cannot be known, as with an engine on another machine.
	HostRoutes func() ([]netip.Prefix, error)
	// NoIPv6 says that the kernel of the engine's host has no IPv6, so that
	// there is none to switch off.
	NoIPv6 bool
	// Attached is set by `run`: the bottle ends with this process.
	Attached bool
	// HealthWithin is how long a sidecar may take to become healthy; 30 s by
	// default.
	HealthWithin time.Duration
	// Grace is how long a sidecar may take to finish its requests before it
	// is killed; 35 s by default, a little more than its own grace period.
	Grace time.Duration
	// Settle is how long a sidecar that another one replaces goes on before it
	// is told to end; 3 s by default. While it changed its name in the network
	// it was off it for a moment: what was sent to it then comes again within
	// some seconds (TCP, RFC 6298 §2), and a sidecar that knows nothing of it
	// would be gone by then.
	Settle time.Duration
	// Progress is told each step; nil for nobody.
	Progress func(step string)
	// Warn is told what is odd but no error; nil for nobody.
	Warn func(text string)
}

var _ launcher.CredProxy = (*Backend)(nil)

const (
	defaultHealthWithin = 30 * time.Second
	defaultGrace        = 35 * time.Second
	defaultSettle       = 3 * time.Second
	// callWithin bounds a call of the engine that must not be cut short.
	callWithin = time.Minute
)

// Prepare implements launcher.CredProxy.
func (*Backend) Prepare(b *bottle.Bottle) (*plan.Plan, error) { return launcher.Prepare(b) }

// steady returns a context for calls that create or remove something. An
// interrupt must not cut such a call short: the engine would go on with it, and
// nobody would know what there is. Between two calls ctx is looked at.
func steady(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), callWithin, errSlow)
}

var errSlow = fmt.Errorf("the engine did not answer within %s", callWithin)

func (b *Backend) grace() time.Duration {
	return cmp.Or(b.Grace, defaultGrace)
}

func (b *Backend) settle() time.Duration {
	return cmp.Or(b.Settle, defaultSettle)
}

func (b *Backend) healthWithin() time.Duration {
	return cmp.Or(b.HealthWithin, defaultHealthWithin)
}

func (b *Backend) progress(step string) {
	if b.Progress != nil {
		b.Progress(step)
	}
}

func (b *Backend) warn(text string) {
	if b.Warn != nil {
		b.Warn(text)
	}
}
