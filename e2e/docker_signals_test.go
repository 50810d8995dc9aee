package e2e

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// plainBottle is a bottle that needs nothing around it, not yet up.
func plainBottle(t *testing.T) *sidecar {
	t.Helper()
	return bottleForDocker(t, idleRoute, map[string]string{"T": apiToken})
}

// signalled runs `up` or another command for the bottle, and sends it a signal
// at the n-th call that would change something in the engine: before the
// engine gets it, or when it has answered. It reports whether there was such a
// call.
func (s *sidecar) signalled(t *testing.T, front *engineFront, n int, signal syscall.Signal, answered bool, command string) (r result, sent bool) {
	t.Helper()
	cmd := exec.Command(filepath.Join(binDir, "cred-proxy"), command, "-f", s.BottleFile)
	cmd.Env, cmd.Dir = s.host, t.TempDir()
	var mu sync.Mutex
	var target *http.Request
	send := func() {
		mu.Lock()
		defer mu.Unlock()
		if !sent {
			sent = cmd.Process.Signal(signal) == nil
		}
	}
	front.onChange(func(number int, r *http.Request) {
		if number != n {
			return
		}
		if !answered {
			send()
			return
		}
		mu.Lock()
		target = r
		mu.Unlock()
	})
	front.onAnswer(func(r *http.Response) {
		mu.Lock()
		hit := target != nil && r.Request.URL.Path == target.URL.Path && r.Request.Method == target.Method
		mu.Unlock()
		if hit {
			send()
		}
	})
	r = s.Seen.result(runToEnd(t, cmd))
	front.onChange(nil)
	front.onAnswer(nil)
	mu.Lock()
	defer mu.Unlock()
	return r, sent
}

// If this fails, Ctrl-C while a bottle starts leaves containers or networks
// behind, at one of the steps of a start. It was seen failing for a launch
// whose undo used the interrupted context.
func TestDockerInterruptedUpLeavesNothing(t *testing.T) {
	t.Parallel()
	s := plainBottle(t)
	front := frontOf(t, s)
	for n := 1; ; n++ {
		r, sent := s.signalled(t, front, n, syscall.SIGINT, false, "up")
		if !sent {
			r.must(t)
			if n < 12 {
				t.Errorf("a start has only %d steps; something was not counted", n)
			}
			return
		}
		if r.Code == 0 { // it came too late to matter
			s.credProxy(t, "down", "-f", s.BottleFile).must(t)
		} else if r.Code != 128+int(syscall.SIGINT) || !strings.Contains(r.Stderr, "stopped by SIGINT; nothing has changed") {
			t.Errorf("at step %d: exit status %d\n%s", n, r.Code, r.Stderr)
		}
		s.nothingLeft(t)
	}
}

// If this fails, what a killed launcher leaves cannot be found or removed, or
// the bottle cannot be started again. It was seen failing for a clean-up that
// left volumes out.
func TestDockerKilledUpIsCleanedUp(t *testing.T) {
	t.Parallel()
	s := plainBottle(t)
	front := frontOf(t, s)
	left := 0
	for n := 1; ; n++ {
		r, sent := s.signalled(t, front, n, syscall.SIGKILL, true, "up")
		if !sent {
			r.must(t) // it was cleaned up so well that the last one went through
			break
		}
		// A killed launcher has not asked for anything else since.
		there := s.inEngine(t)
		if len(there) == 0 {
			s.credProxy(t, "cleanup").must(t)
			continue
		}
		left++
		// All steps up to the health check leave something dead; after it the
		// bottle may be whole.
		again := s.upInDocker(t)
		if again.Code != 1 {
			t.Errorf("at step %d: up in front of %q ends with %d\n%s", n, there, again.Code, again.Stderr)
		}
		if strings.Contains(again.Stderr, "is already running") {
			s.credProxy(t, "down", "-f", s.BottleFile).must(t)
		} else {
			if !strings.Contains(again.Stderr, "has left something behind") || !strings.Contains(again.Stderr, "hint: `cred-proxy cleanup` removes leftovers") {
				t.Errorf("at step %d: up in front of %q says\n%s", n, there, again.Stderr)
			}
			for _, what := range there {
				if _, name, _ := strings.Cut(what, " "); !strings.Contains(again.Stderr, name) {
					t.Errorf("at step %d: up does not name %s:\n%s", n, what, again.Stderr)
				}
			}
			s.credProxy(t, "cleanup").must(t)
		}
		s.nothingLeft(t)
	}
	if left < 10 {
		t.Errorf("only %d kills left anything; this test tests little", left)
	}
}

// If this fails, a `cleanup` takes a bottle away that is being started, by the
// same user or by another one of the same engine. It was seen failing for one
// that did not ask whether the launcher is alive.
func TestDockerCleanupSparesAStartUnderWay(t *testing.T) {
	t.Parallel()
	s := plainBottle(t)
	front := frontOf(t, s)
	other := &sidecar{host: append(hostEnv(t, "XDG_STATE_HOME="+t.TempDir()), "DOCKER_HOST="+front.Host)}
	steps := 0
	front.onChange(func(number int, _ *http.Request) {
		steps = number
		for _, user := range []*sidecar{s, other} {
			if r := runIn(t, ".", user.host, filepath.Join(binDir, "cred-proxy"), "cleanup"); r.Code != 0 || r.Stdout != "nothing is left over\n" {
				t.Errorf("at step %d cleanup ends with %d: %s%s", number, r.Code, r.Stdout, r.Stderr)
			}
		}
	})
	s.upInDocker(t).must(t)
	front.onChange(nil)
	if steps < 12 {
		t.Errorf("cleanup ran at %d steps only", steps)
	}
}
