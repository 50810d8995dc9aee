package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// logPoll is how often a followed log is looked at.
const logPoll = 200 * time.Millisecond

// Logs copies a bottle's log to w as it is, JSON line by JSON line. What a dead
// bottle has left can be read too.
func (b *Backend) Logs(ctx context.Context, slug string, o launcher.LogOptions, w io.Writer) error {
	name := state.AccessLog
	if o.Runtime {
		name = state.SidecarLog
	}
	path := filepath.Join(b.Store.Path(slug), name)
	f, err := os.Open(path) //nolint:gosec // in the state directory
	if errors.Is(err, fs.ErrNotExist) {
		return launcher.NotRunning(slug)
	}
	if err != nil {
		return fmt.Errorf("reading log: %w", err)
	}
	defer func() { _ = f.Close() }()
	for last := !o.Follow; ; last = !b.logGoesOn(ctx, slug, path) {
		if _, err := io.Copy(w, f); err != nil {
			return fmt.Errorf("reading log: %w", err)
		}
		if last { // what came while waiting has been read
			return nil
		}
	}
}

// logGoesOn waits a little and tells whether more can come.
func (b *Backend) logGoesOn(ctx context.Context, slug, path string) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(logPoll):
	}
	if _, err := os.Stat(path); err != nil {
		return false
	}
	record, err := b.Store.Read(slug)
	return err == nil && (record.Phase == state.Starting || record.Alive())
}
