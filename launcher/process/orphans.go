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

// endOrphans ends sidecars of this bottle that no record names: those of a
// launcher that was killed between starting one and writing down its id. They
// are known by their Caddyfile, whose path nobody else uses. keep is not ended;
// it may be nil.
func endOrphans(ctx context.Context, dir *state.Dir, keep *state.Process, grace time.Duration) error {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return fmt.Errorf("looking for sidecars without a record: %w", err)
	}
	want := []string{"run", "--config", dir.Path(state.Caddyfile)}
	var errs []error
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // below /proc
		if err != nil {
			continue // it has ended since
		}
		argv := strings.Split(string(content), "\x00")
		if len(argv) < len(want)+1 || !slices.Equal(argv[1:len(want)+1], want) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || (keep != nil && pid == keep.PID) {
			continue
		}
		exe, _ := os.Readlink(filepath.Join(filepath.Dir(path), "exe")) // hidden, for one that is undumpable
		if p, err := state.Identify(pid, strings.TrimSuffix(exe, " (deleted)")); err == nil {
			errs = append(errs, terminate(ctx, p, grace))
		}
	}
	return errors.Join(errs...)
}
