package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// If this fails, somebody who sees an engine's error has to look up what it
// means. The texts are engines' own.
func TestExplain(t *testing.T) {
	tests := map[string]string{
		`permission denied while trying to connect to the docker API at unix:///var/run/docker.sock`:                                                                                           "group docker",
		`Error response from daemon: mkdir /var/lib/docker/overlay2/x: no space left on device`:                                                                                                "docker system df",
		`Error response from daemon: No such image: cred-proxy-sidecar:v1`:                                                                                                                     "cred-proxy image build",
		`Error response from daemon: Conflict. The container name "/cred-proxy-dev" is already in use by container "ab".`:                                                                      "cred-proxy cleanup",
		`Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network`:                                               "docker.subnets",
		`Error response from daemon: Pool overlaps with other one on this address space`:                                                                                                       "docker.subnets",
		`Error response from daemon: all predefined address pools have been fully subnetted`:                                                                                                   "docker.subnets",
		`Error response from daemon: failed to create shim: OCI runtime create failed: unable to start container process: fork/exec /usr/sbin/runc: resource temporarily unavailable: unknown`: "at a limit",
		`error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers/create": EOF`:                                                                                          "once it is back",
		`Error response from daemon: something new`:                                                                                                                                            "",
	}
	for text, hint := range tests {
		err := explain(t.Context(), "doing something", errors.New(text))
		if want := "doing something: " + text; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
		if got := launcher.Hint(err); !strings.Contains(got, hint) || hint == "" && got != "" {
			t.Errorf("%s\nhint %q", text, got)
		}
	}
}

// If this fails, Ctrl-C looks like a failure of the engine.
func TestExplainAnInterrupt(t *testing.T) {
	interrupt := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupt)
	if err := explain(ctx, "doing something", fmt.Errorf("engine: %w", context.Canceled)); !errors.Is(err, interrupt) {
		t.Errorf("got %v", err)
	}
	slow, cancelSlow := context.WithTimeoutCause(t.Context(), 0, errSlow)
	defer cancelSlow()
	err := explain(slow, "doing something", context.DeadlineExceeded)
	if want := "doing something: the engine did not answer within 1m0s"; err.Error() != want || !strings.Contains(launcher.Hint(err), "docker info") {
		t.Errorf("got %v", err)
	}
	if err := explain(t.Context(), "doing something", nil); err != nil {
		t.Errorf("nothing went wrong, but got %v", err)
	}
}
