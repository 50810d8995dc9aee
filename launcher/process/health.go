package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

const (
	healthPath = "/-/healthz"
	probeEvery = 25 * time.Millisecond
	probeLimit = time.Second
)

// waitHealthy waits until the sidecar answers on base, as asked over
// connections that dial makes. A sidecar that ends before, or is not healthy
// within deadline, is an error with the last of its log.
func waitHealthy(ctx context.Context, dir *state.Dir, c *child, base string, deadline time.Duration, dial dialer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, errUnhealthy)
	defer cancel()
	client := &http.Client{
		Timeout: probeLimit,
		// No proxy: HTTP_PROXY is for the world outside.
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
	}
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	// A probe of a sidecar that has ended would hang in the listener's queue.
	probing, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-c.exited:
			stop()
		case <-probing.Done():
		}
	}()
	for {
		if probe(probing, client, base+healthPath) == nil {
			return nil
		}
		select {
		case <-c.exited:
			return withLog(errEndedAtOnce, dir, c.logStart)
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, errUnhealthy) {
				return cause
			}
			return withLog(fmt.Errorf("starting the sidecar: it %w within %s", errUnhealthy, deadline), dir, c.logStart)
		case <-ticker.C:
		}
	}
}

var (
	errUnhealthy   = errors.New("did not become healthy")
	errEndedAtOnce = errors.New("starting the sidecar: it ended at once")
)

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

func probe(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the sidecar answers %s", resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// withLog adds to an error what the sidecar said last.
func withLog(err error, dir *state.Dir, from int64) error {
	return launcher.WithLog(err, readLog(dir.Path(state.SidecarLog), from))
}
