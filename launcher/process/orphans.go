package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// endOrphans ends sidecars of a bottle that no record names: those of a
// launcher that was killed between starting one and writing down its id. They
// are known by their Caddyfile, whose path nobody else uses. keep is not ended;
// it may be nil.
func endOrphans(ctx context.Context, caddyfile string, keep *state.Process, grace time.Duration) error {
	running, err := sidecarProcesses()
	if err != nil {
		return err
	}
	var errs []error
	for pid, config := range running {
		if config != caddyfile || (keep != nil && pid == keep.PID) {
			continue
		}
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)) // hidden, for one that is undumpable
		if p, err := state.Identify(pid, strings.TrimSuffix(exe, " (deleted)")); err == nil {
			errs = append(errs, state.Terminate(ctx, p, grace))
		}
	}
	return errors.Join(errs...)
}

// sidecarProcesses returns the Caddyfile of every process that was started as
// a sidecar is, by process id.
func sidecarProcesses() (map[int]string, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, fmt.Errorf("looking for sidecars: %w", err)
	}
	found := make(map[int]string)
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // below /proc
		if err != nil {
			continue // it has ended since
		}
		argv := strings.Split(string(content), "\x00")
		if len(argv) < 4 || !slices.Equal(argv[1:3], []string{"run", "--config"}) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found[pid] = argv[3]
		}
	}
	return found, nil
}
