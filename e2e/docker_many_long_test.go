//go:build long

package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// If this fails, a machine cannot hold as many bottles as people have agents:
// the engine's own pools of subnets are spent after some fifteen.
func TestDockerThirtyBottles(t *testing.T) {
	const count, limit = 30, 6
	bottles := make([]*sidecar, count)
	for i := range bottles {
		bottles[i] = plainBottle(t)
	}
	began := time.Now()
	startAll(t, bottles, limit)
	t.Logf("%d bottles were up after %s", count, time.Since(began).Round(time.Second))
	for _, s := range bottles {
		if got := s.status(t); got != "running" {
			t.Errorf("ps says %q of %s", got, s.slug)
		}
		if got := runDocker(t, "exec", s.container(), "/usr/bin/caddy", "healthcheck"); got.Code != 0 {
			t.Errorf("%s is not healthy: %s", s.slug, strings.TrimSpace(got.Stderr))
		}
	}
	began = time.Now()
	slots := make(chan struct{}, limit)
	var all sync.WaitGroup
	for _, s := range bottles {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if r := s.credProxy(t, "down", "-f", s.BottleFile); r.Code != 0 {
				t.Errorf("%s: down ends with %d\n%s", s.slug, r.Code, r.Stderr)
			}
		})
	}
	all.Wait()
	t.Logf("and down again after %s", time.Since(began).Round(time.Second))
}
