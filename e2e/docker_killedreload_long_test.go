//go:build long

package e2e

import (
	"net/http"
	"slices"
	"syscall"
	"testing"
)

// If this fails, a reload that was killed at one of its steps takes the bottle
// from the agent, or leaves something that neither `cleanup` nor the next
// reload puts right.
func TestDockerKilledReload(t *testing.T) {
	t.Parallel()
	s, api, _ := reloadBottle(t)
	front, whole := frontOf(t, s), s.inEngine(t)
	tokens := []string{newToken, apiToken}
	host := s.host
	for n := 1; ; n++ {
		s.host = append(slices.Clone(host), "T="+tokens[n%2])
		r, sent := s.signalled(t, front, n, syscall.SIGKILL, true, "reload")
		if !sent {
			r.must(t)
			if n < 10 {
				t.Errorf("a reload has only %d steps; something was not counted", n)
			}
			return
		}
		there := s.inEngine(t)
		if got := s.status(t); got != "running" {
			t.Errorf("at step %d: ps says %q of %q", n, got, there)
		}
		s.credProxy(t, "cleanup").must(t)
		if after := s.inEngine(t); len(after) != len(whole) {
			t.Errorf("at step %d: cleanup makes %q of %q", n, after, there)
		}
		s.reload(t)
		if after := s.inEngine(t); len(after) != len(whole) {
			t.Errorf("at step %d: a reload makes %q of %q", n, after, there)
		}
		api.take()
		if resp := s.get(t, "/api/x"); resp.StatusCode != http.StatusOK {
			t.Errorf("at step %d: after a reload the status is %d", n, resp.StatusCode)
		}
		if got := authorizations(api.take()); !slices.Equal(got, []string{"Bearer " + tokens[n%2]}) {
			t.Errorf("at step %d: after a reload the upstream gets %q", n, got)
		}
	}
}
