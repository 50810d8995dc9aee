package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Names in the directory of a bottle.
const (
	Caddyfile   = "Caddyfile"
	AgentToken  = "agent-token"
	SidecarLog  = "sidecar.log" // what the sidecar does, as JSON lines
	AccessLog   = "access.log"  // one JSON line per request
	AgentHome   = "home"
	SidecarHome = "sidecar" // the sidecar's HOME and XDG directories
	GHSocket    = "gh.sock"

	recordName = "state.json"
	planName   = "plan.gob"
)

// Dir is the locked directory of one bottle.
type Dir struct {
	path string
	lock *flock.Flock
}

// Path returns the path of a file in the directory.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Write puts a file in place whole or not at all. Its mode is 0600 from the
// start, since a later chmod leaves a moment in which others can open it.
func (d *Dir) Write(name string, content []byte) error {
	if err := WriteFile(d.Path(name), content); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// WriteFile is Dir.Write for any path.
func WriteFile(path string, content []byte) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return os.Rename(next, path)
}

// OpenLog opens a log for appending and returns where its new part starts.
func (d *Dir) OpenLog(name string) (*os.File, int64, error) {
	f, err := os.OpenFile(d.Path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("opening %s: %w", name, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("opening %s: %w", name, err), f.Close())
	}
	return f, info.Size(), nil
}

// Clear removes everything but the lock.
func (d *Dir) Clear() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("clearing state: %w", err)
	}
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		if err := removeTree(d.Path(e.Name())); err != nil {
			return fmt.Errorf("clearing state: %w", err)
		}
	}
	return nil
}

// Remove removes the directory and gives up the lock. The directory is first
// renamed, so that a launcher that comes along finds all of it or nothing.
func (d *Dir) Remove() error {
	gone := filepath.Join(filepath.Dir(d.path), "."+filepath.Base(d.path)+"."+rand.Text())
	if err := os.Rename(d.path, gone); err != nil {
		return errors.Join(fmt.Errorf("removing state: %w", err), d.Unlock())
	}
	err := removeTree(gone)
	if err != nil {
		err = fmt.Errorf("removing state: %w", err)
	}
	return errors.Join(err, d.lock.Close())
}

// Unlock gives up the lock and leaves the directory.
func (d *Dir) Unlock() error {
	if err := d.lock.Close(); err != nil {
		return fmt.Errorf("unlocking state: %w", err)
	}
	return nil
}

// lockIsCurrent tells whether the locked file is still the one at its path.
func (d *Dir) lockIsCurrent() bool {
	held, err := d.lock.Stat()
	if err != nil {
		return false
	}
	found, err := os.Stat(d.Path(lockName))
	return err == nil && os.SameFile(held, found)
}

// removeTree is os.RemoveAll that also gets rid of directories without write
// permission, such as Go's module cache in an agent's home.
func removeTree(path string) error {
	if err := os.RemoveAll(path); err == nil {
		return nil
	}
	walkErr := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() {
			// Called before the directory is read. G302: it is about to go.
			return os.Chmod(name, 0o700) //nolint:gosec // a directory needs its x bit
		}
		return err
	})
	return errors.Join(walkErr, os.RemoveAll(path))
}
