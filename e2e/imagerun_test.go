package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// hardened is how a sidecar is meant to run: docs/image.md.
var hardened = []string{
	"--read-only", "--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=16m,mode=1777",
	"--cap-drop", "ALL", "--security-opt", "no-new-privileges",
}

// runningImage is a container of the image with a Caddyfile of ours.
type runningImage struct{ id, caddyfile string }

// runImage starts one that has its health looked at every second. The site
// has a credential to inject, so that all that a sidecar does at its start is
// done.
func runImage(t *testing.T, listen string, args ...string) *runningImage {
	t.Helper()
	image := sidecarImage(t)
	dir := t.TempDir()
	// In the container it is read as another user.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &runningImage{caddyfile: filepath.Join(dir, "Caddyfile")}
	r.configure(t, listen)
	args = slices.Concat([]string{
		"--volume", dir + ":/etc/caddy:ro", "--env", "CRED_PROXY_TOKEN_0=TEST-SECRET-image-0123456789",
		"--health-interval", "1s", "--health-retries", "1",
	}, args, []string{image})
	r.id = startContainer(t, args...)
	return r
}

func (r *runningImage) configure(t *testing.T, listen string) {
	t.Helper()
	writeFile(t, r.caddyfile, `{
	admin off
	persist_config off
	auto_https off
}
http://:9099 {
	bind `+listen+`
	handle /-/healthz {
		respond 200
	}
	handle {
		cred_inject Bearer CRED_PROXY_TOKEN_0
		reverse_proxy https://upstream.invalid
	}
}
`)
	if err := os.Chmod(r.caddyfile, 0o644); err != nil {
		t.Fatal(err)
	}
}

// waitFor waits until the engine finds the container "healthy" or "unhealthy".
func (r *runningImage) waitFor(t *testing.T, health string) {
	t.Helper()
	eventually(t, "the container to be "+health, func() bool {
		var c struct {
			State struct {
				Running bool
				Health  struct{ Status string }
			}
		}
		inspect(t, "container", r.id, &c)
		if !c.State.Running {
			t.Fatal("the container has ended")
		}
		return c.State.Health.Status == health
	})
}

// TestImageHealth fails when the engine takes a sidecar that nobody can reach
// for a healthy one, or a healthy one for sick.
func TestImageHealth(t *testing.T) {
	r := runImage(t, "127.0.0.1")
	r.waitFor(t, "healthy")
	r.configure(t, "127.0.0.2")
	runDocker(t, "kill", "--signal", "USR1", r.id).must(t)
	r.waitFor(t, "unhealthy")
	r.configure(t, "127.0.0.1")
	runDocker(t, "kill", "--signal", "USR1", r.id).must(t)
	r.waitFor(t, "healthy")
}

// TestImageHealthElsewhere fails when a sidecar that listens on its address in
// the bottle's network alone never counts as healthy.
func TestImageHealthElsewhere(t *testing.T) {
	runImage(t, "127.0.0.2", "--env", "CRED_PROXY_HEALTHCHECK_ADDRESS=127.0.0.2:9099").waitFor(t, "healthy")
}

// TestImageRunsHardened fails when the sidecar needs more than a read-only
// root, no capability and a /tmp, or any particular user.
func TestImageRunsHardened(t *testing.T) {
	for name, args := range map[string][]string{
		"its own user":             hardened,
		"any user":                 append([]string{"--user", "12345:54321"}, hardened...),
		"any user, nothing closed": {"--user", "12345:54321"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runImage(t, "127.0.0.1", args...)
			r.waitFor(t, "healthy")
			log := runDocker(t, "logs", r.id)
			if strings.Contains(log.Stderr, `"level":"error"`) {
				t.Error("the sidecar complains, see its log")
			}
			// Tokens in its environment are closed to others of its user.
			if r := runDocker(t, "exec", r.id, "/usr/bin/caddy", "validate", "--adapter", "caddyfile", "--config", "/proc/1/environ"); r.Code == 0 ||
				!strings.Contains(r.Stderr, "permission denied") {
				t.Errorf("/proc/1/environ can be read: %s", r.Stderr)
			}
			runDocker(t, "stop", r.id).must(t)
			var c struct{ State struct{ ExitCode int } }
			inspect(t, "container", r.id, &c)
			if c.State.ExitCode != 0 {
				t.Errorf("it ends with status %d on SIGTERM", c.State.ExitCode)
			}
		})
	}
}
