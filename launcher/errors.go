package launcher

import (
	"errors"
	"fmt"
)

// Errors of backends that callers tell apart.
var (
	// ErrRunning is wrapped when a bottle runs already.
	ErrRunning = errors.New("already running")
	// ErrNotRunning is wrapped when a bottle does not run.
	ErrNotRunning = errors.New("not running")
	// ErrCaddyfile is wrapped when the sidecar does not take a Caddyfile.
	ErrCaddyfile = errors.New("the sidecar refuses the Caddyfile")
	// ErrUnreachable is wrapped when what a backend works with cannot be
	// reached, such as a Docker engine that is not there.
	ErrUnreachable = errors.New("cannot be reached")
)

// NotRunning returns the error about a bottle that does not run.
func NotRunning(name string) error {
	return WithHint(fmt.Errorf("bottle %q is %w", name, ErrNotRunning), fmt.Sprintf("`cred-proxy up %s` starts it", name))
}
