package process

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Leftovers returns what bottles have left that do not run any more: state
// directories, and sidecars that no record names. A bottle that another
// launcher is at work on has none.
func (b *Backend) Leftovers(ctx context.Context) ([]launcher.Leftover, error) {
	running, err := sidecarProcesses()
	if err != nil {
		return nil, err
	}
	slugs, err := b.Store.Slugs()
	if err != nil {
		return nil, err
	}
	var left []launcher.Leftover
	for _, slug := range slugs {
		of, err := b.leftoversOf(ctx, slug, running)
		if err != nil {
			return nil, err
		}
		left = append(left, of...)
	}
	for pid, caddyfile := range running {
		if slug := filepath.Base(filepath.Dir(caddyfile)); caddyfile == b.caddyfile(slug) && !slices.Contains(slugs, slug) {
			left = append(left, orphan(slug, pid, "the state of its bottle is gone"))
		}
	}
	return left, nil
}

func (b *Backend) leftoversOf(ctx context.Context, slug string, running map[int]string) (left []launcher.Leftover, err error) {
	dir, err := b.Store.LockIdle(ctx, slug)
	if errors.Is(err, state.ErrBusy) || errors.Is(err, state.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dir.Unlock()) }()
	record, err := dir.Record()
	if err != nil && !errors.Is(err, state.ErrNone) {
		b.warn(err.Error()) // of a later version perhaps, and in use
		return nil, nil
	}
	if why := deadBecause(record); why != "" {
		return []launcher.Leftover{{Slug: slug, What: launcher.LeftoverState, Name: dir.Path(""), Why: why}}, nil
	}
	for pid, caddyfile := range running {
		if record.Backend == Name && caddyfile == b.caddyfile(slug) && pid != record.Sidecar.PID {
			left = append(left, orphan(slug, pid, "a reload was killed"))
		}
	}
	return left, nil
}

// deadBecause says why nothing can use the state of a bottle that nobody is at
// work on, or "" if something does. record is nil when there is none.
func deadBecause(record *state.Record) string {
	switch {
	case record == nil:
		return "its start was killed"
	case record.Backend != Name:
		return ""
	case orphaned(record):
		return "its `cred-proxy run` was killed"
	case record.Phase == state.Starting:
		return "its start was killed"
	case !record.Alive():
		return "its sidecar has ended"
	}
	return ""
}

func orphan(slug string, pid int, why string) launcher.Leftover {
	return launcher.Leftover{Slug: slug, What: launcher.LeftoverProcess, Name: strconv.Itoa(pid), Why: why}
}

func (b *Backend) caddyfile(slug string) string {
	return filepath.Join(b.Store.Path(slug), state.Caddyfile)
}

// RemoveLeftovers removes what Leftovers returned, as far as it is still left
// over: a bottle that was started since stays as it is.
func (b *Backend) RemoveLeftovers(ctx context.Context, left []launcher.Leftover) error {
	var errs []error
	for _, l := range left {
		if err := b.removeLeftover(ctx, l); err != nil {
			errs = append(errs, fmt.Errorf("removing the %s %s: %w", l.What, l.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (b *Backend) removeLeftover(ctx context.Context, l launcher.Leftover) error {
	dir, err := b.Store.LockIdle(ctx, l.Slug)
	if errors.Is(err, state.ErrNone) {
		return endOrphans(ctx, b.caddyfile(l.Slug), nil, b.grace())
	}
	if err != nil {
		return err
	}
	record, err := dir.Record()
	switch {
	case err != nil && !errors.Is(err, state.ErrNone):
		return errors.Join(err, dir.Unlock())
	case deadBecause(record) != "":
		return b.remove(ctx, dir)
	}
	return errors.Join(endOrphans(ctx, dir.Path(state.Caddyfile), record.Sidecar, b.grace()), dir.Unlock())
}
