// Package state keeps what has to outlive a launcher between up and down: one
// private directory per bottle, with a lock, the record of what is running,
// the sidecar's files and the agent's home. No token value is ever in it.
package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// ErrNone is wrapped when a bottle has no state.
var ErrNone = errors.New("no state")

// ErrBusy is wrapped when another launcher keeps a bottle locked.
var ErrBusy = errors.New("another cred-proxy is working on it")

// lockWait is how long a launcher waits for another one: longer than a start
// may take, or a stop with its grace period.
var lockWait = 45 * time.Second

const (
	lockRetry = 20 * time.Millisecond
	lockName  = "lock"
)

// Store is the directory below which every bottle has one of its own, named
// by its slug.
type Store struct{ root string }

// NewStore returns the user's store,
// ${XDG_RUNTIME_DIR:-$XDG_STATE_HOME}/cred-proxy, or the default of
// XDG_STATE_HOME below HOME. Relative values are ignored, as the XDG Base
// Directory Specification asks for. Nothing is created.
func NewStore(env map[string]string) (Store, error) {
	for _, base := range []string{env["XDG_RUNTIME_DIR"], env["XDG_STATE_HOME"]} {
		if filepath.IsAbs(base) {
			return Store{filepath.Join(base, "cred-proxy")}, nil
		}
	}
	if !filepath.IsAbs(env["HOME"]) {
		return Store{}, errors.New("finding a place for state: XDG_RUNTIME_DIR, XDG_STATE_HOME and HOME are all unset")
	}
	return Store{filepath.Join(env["HOME"], ".local", "state", "cred-proxy")}, nil
}

// Root returns the directory that holds those of all bottles.
func (s Store) Root() string { return s.root }

// Path returns the directory of a bottle, whether or not it exists.
func (s Store) Path(slug string) string { return filepath.Join(s.root, slug) }

// Slugs lists the bottles that have state.
func (s Store) Slugs() ([]string, error) {
	entries, err := os.ReadDir(s.root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing state: %w", err)
	}
	var slugs []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			slugs = append(slugs, e.Name())
		}
	}
	return slugs, nil
}

// Lock creates the directory of a bottle if need be and locks it. The caller
// ends with Unlock or Remove.
func (s Store) Lock(ctx context.Context, slug string) (*Dir, error) {
	if err := makePrivate(s.root); err != nil {
		return nil, err
	}
	return s.lock(ctx, slug, true, lockWait)
}

// LockExisting locks the directory of a bottle; its error wraps ErrNone when
// there is none.
func (s Store) LockExisting(ctx context.Context, slug string) (*Dir, error) {
	return s.lock(ctx, slug, false, lockWait)
}

// LockIdle is LockExisting that hardly waits: its error wraps ErrBusy when
// another launcher is at work on the bottle.
func (s Store) LockIdle(ctx context.Context, slug string) (*Dir, error) {
	return s.lock(ctx, slug, false, 2*lockRetry)
}

func (s Store) lock(ctx context.Context, slug string, create bool, wait time.Duration) (*Dir, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, wait, ErrBusy)
	defer cancel()
	d := &Dir{path: s.Path(slug)}
	if filepath.Dir(d.path) != filepath.Clean(s.root) || strings.HasPrefix(slug, ".") { // Remove would remove what is elsewhere
		return nil, fmt.Errorf("locking state of %q: it is no bottle's name", slug)
	}
	for {
		if create {
			if err := makePrivate(d.path); err != nil {
				return nil, err
			}
		}
		d.lock = flock.New(d.Path(lockName), flock.SetPermissions(0o600))
		_, err := d.lock.TryLockContext(ctx, lockRetry)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !create:
			return nil, fmt.Errorf("locking state of %q: %w", slug, ErrNone)
		case errors.Is(err, fs.ErrNotExist): // removed since makePrivate
			continue
		case ctx.Err() != nil:
			return nil, fmt.Errorf("locking state of %q: %w", slug, context.Cause(ctx))
		case err != nil:
			return nil, fmt.Errorf("locking state of %q: %w", slug, err)
		}
		if d.lockIsCurrent() {
			return d, nil
		}
		// Whoever had the lock has removed the directory, and the lock with it.
		if err := d.Unlock(); err != nil {
			return nil, err
		}
	}
}

// makePrivate makes a directory of mode 0700, or refuses one in which another
// user could put or read files: XDG_RUNTIME_DIR=/tmp is seen in the wild.
func makePrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making state directory: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making state directory: %w", err)
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) { // another launcher's removal; the caller tries again
		return nil
	}
	if err != nil {
		return fmt.Errorf("checking state directory: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(owner.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("checking state directory: %s must be a directory of yours with mode 0700", path)
	}
	return nil
}
