package docker

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Name is this backend's, in bottle files and records.
const Name = "docker"

// List returns the bottles in the engine in the order of their slugs, also
// those of which something is left over.
func (b *Backend) List(ctx context.Context) ([]launcher.Status, error) {
	bottles, err := b.bottles(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]launcher.Status, 0, len(bottles))
	for _, slug := range slices.Sorted(maps.Keys(bottles)) {
		list = append(list, bottles[slug].status(slug))
	}
	return list, nil
}

// bottles returns everything of ours in the engine, by slug.
func (b *Backend) bottles(ctx context.Context) (map[string]*inventory, error) {
	if _, err := b.reachable(ctx); err != nil {
		return nil, err
	}
	all, err := b.byLabel(ctx, labelBottle)
	if err != nil {
		return nil, err
	}
	bottles := make(map[string]*inventory)
	of := func(labels map[string]string) *inventory {
		slug := labels[labelBottle]
		if bottles[slug] == nil {
			bottles[slug] = &inventory{}
		}
		return bottles[slug]
	}
	for _, c := range all.containers {
		i := of(c.Labels)
		i.containers = append(i.containers, c)
	}
	for _, n := range all.networks {
		i := of(n.Labels)
		i.networks = append(i.networks, n)
	}
	for _, v := range all.volumes {
		i := of(v.Labels)
		i.volumes = append(i.volumes, v)
	}
	return bottles, nil
}

// runs tells whether the bottle is whole and in use.
func (i *inventory) runs() bool { return i.deadBecause() == "" }

// deadBecause says why a bottle is left over, or "" if it is in use.
func (i *inventory) deadBecause() string {
	c := i.sidecar()
	switch {
	case c == nil:
		return "its start was killed"
	case c.Labels[labelMode] == launcher.Run && !launcherAlive(c.Labels):
		return "its `cred-proxy run` was killed"
	case c.State == container.StateCreated || i.networkWithRole(roleInternal) == nil || i.networkWithRole(roleEgress) == nil:
		return "its start was killed"
	case c.State != container.StateRunning:
		return "its sidecar has ended"
	}
	return ""
}

func (i *inventory) status(slug string) launcher.Status {
	s := launcher.Status{Slug: slug, Bottle: slug, Backend: Name, Mode: launcher.Up, Status: launcher.Dead}
	c := i.sidecar()
	if c == nil {
		if i.underway() {
			s.Status = launcher.Starting
		}
		return s
	}
	s.Bottle, s.Container, s.URL = c.Labels[labelName], nameOf(*c), BaseURL
	s.Mode, s.Started = c.Labels[labelMode], time.Unix(c.Created, 0).UTC()
	switch {
	case i.deadBecause() != "":
		// One that has ended is dead, also while its `run` goes on.
		if i.underway() && (c.State == container.StateCreated || c.State == container.StateRunning) {
			s.Status = launcher.Starting
		}
	case c.Health != nil && c.Health.Status == container.Unhealthy, isUnhealthy(c.Status):
		s.Status = launcher.Unhealthy
	default:
		s.Status = launcher.Running
	}
	return s
}

// isUnhealthy reads the engine's sentence about a container, "Up 2 minutes
// (unhealthy)": before API 1.52 the list says it nowhere else.
func isUnhealthy(status string) bool {
	return strings.HasSuffix(status, "(unhealthy)")
}

// underway tells whether a launcher of this host is still at it: what it has
// created so far is no leftover.
func (i *inventory) underway() bool {
	for _, labels := range i.labels() {
		if launcherAlive(labels) {
			return true
		}
	}
	return false
}

func (i *inventory) labels() (all []map[string]string) {
	for _, c := range i.containers {
		all = append(all, c.Labels)
	}
	for _, n := range i.networks {
		all = append(all, n.Labels)
	}
	for _, v := range i.volumes {
		all = append(all, v.Labels)
	}
	return all
}

// Leftovers returns what bottles have left that do not run any more. A bottle
// that a launcher is at work on has none.
func (b *Backend) Leftovers(ctx context.Context) ([]launcher.Leftover, error) {
	bottles, err := b.bottles(ctx)
	if err != nil {
		return nil, err
	}
	var left []launcher.Leftover
	for _, slug := range slices.Sorted(maps.Keys(bottles)) {
		busy, err := b.busy(ctx, slug)
		if err != nil {
			return nil, err
		}
		if !busy {
			left = append(left, bottles[slug].leftovers(slug)...)
		}
	}
	states, err := b.leftStates(ctx, bottles)
	return append(left, states...), err
}

// busy tells whether a launcher of this user works on the bottle.
func (b *Backend) busy(ctx context.Context, slug string) (bool, error) {
	dir, err := b.Store.LockIdle(ctx, slug)
	switch {
	case errors.Is(err, state.ErrNone):
		return false, nil
	case errors.Is(err, state.ErrBusy):
		return true, nil
	case err != nil:
		return false, err
	}
	return false, dir.Unlock()
}

// leftovers lists what is left over of a bottle: all of it if it is dead, and
// of one in use what does not belong to it.
func (i *inventory) leftovers(slug string) (left []launcher.Leftover) {
	why := i.deadBecause()
	if why == "" {
		return i.strays(slug)
	}
	if i.underway() {
		return nil
	}
	for _, c := range i.containers {
		left = append(left, launcher.Leftover{Slug: slug, What: launcher.LeftoverContainer, Name: nameOf(c), Why: why})
	}
	for _, v := range i.volumes {
		left = append(left, launcher.Leftover{Slug: slug, What: launcher.LeftoverVolume, Name: v.Name, Why: why})
	}
	for _, n := range i.networks {
		left = append(left, launcher.Leftover{Slug: slug, What: launcher.LeftoverNetwork, Name: n.Name, Why: why})
	}
	return left
}

// reloading tells whether another process is at a reload: one of a user with
// other locks than ours.
func (i *inventory) reloading() bool {
	for _, labels := range i.labels() {
		var p state.Process
		if json.Unmarshal([]byte(labels[labelReload]), &p) == nil && p.PID != os.Getpid() && p.Alive() {
			return true
		}
	}
	return false
}

// strays are what a killed reload has left beside a running sidecar.
func (i *inventory) strays(slug string) (left []launcher.Leftover) {
	if i.reloading() {
		return nil
	}
	const why = "a reload was killed"
	used := make(map[string]bool)
	for _, c := range i.containers {
		role, name := c.Labels[labelRole], nameOf(c)
		if role == roleCheck || role == roleSidecar && name != nameOf(*i.sidecar()) {
			left = append(left, launcher.Leftover{Slug: slug, What: launcher.LeftoverContainer, Name: name, Why: why})
			continue
		}
		for _, m := range c.Mounts {
			used[m.Name] = true
		}
	}
	for _, v := range i.volumes {
		if !used[v.Name] {
			left = append(left, launcher.Leftover{Slug: slug, What: launcher.LeftoverVolume, Name: v.Name, Why: why})
		}
	}
	return left
}

// leftStates returns the state directories of bottles that the engine knows
// nothing of.
func (b *Backend) leftStates(ctx context.Context, bottles map[string]*inventory) (left []launcher.Leftover, err error) {
	slugs, err := b.Store.Slugs()
	if err != nil {
		return nil, err
	}
	for _, slug := range slugs {
		if record, err := b.Store.Read(slug); err != nil || record.Backend != Name || bottles[slug] != nil {
			continue
		}
		busy, err := b.busy(ctx, slug)
		if err != nil {
			return nil, err
		}
		if !busy {
			left = append(left, launcher.Leftover{Slug: slug, What: launcher.LeftoverState, Name: b.Store.Path(slug), Why: "its containers are gone"})
		}
	}
	return left, nil
}

// RemoveLeftovers removes what Leftovers returned, as far as it is still left
// over: a bottle that was started since stays as it is.
func (b *Backend) RemoveLeftovers(ctx context.Context, left []launcher.Leftover) error {
	slugs := make(map[string]bool)
	for _, l := range left {
		slugs[l.Slug] = true
	}
	var errs []error
	for _, slug := range slices.Sorted(maps.Keys(slugs)) {
		errs = append(errs, b.removeLeftoversOf(ctx, slug))
	}
	return errors.Join(errs...)
}

func (b *Backend) removeLeftoversOf(ctx context.Context, slug string) error {
	dir, err := b.Store.Lock(ctx, slug)
	if err != nil {
		return err
	}
	found, err := b.ofBottle(ctx, slug)
	if err != nil {
		return errors.Join(err, dir.Unlock())
	}
	if found.reloading() {
		return dir.Unlock()
	}
	if !found.empty() && found.runs() {
		err := b.removeStrays(ctx, slug, found)
		_, healErr := b.heal(ctx, found.sidecar().ID, namesOf(slug))
		return errors.Join(err, healErr, dir.Unlock())
	}
	if found.underway() {
		return dir.Unlock()
	}
	if err := b.remove(ctx, found); err != nil {
		return errors.Join(err, dir.Unlock())
	}
	return dir.Remove()
}

func (b *Backend) removeStrays(ctx context.Context, slug string, found *inventory) error {
	var errs []error
	for _, stray := range found.strays(slug) {
		if stray.What == launcher.LeftoverVolume {
			errs = append(errs, b.removeVolume(ctx, stray.Name))
		} else {
			errs = append(errs, b.removeContainer(ctx, stray.Name))
		}
	}
	return errors.Join(errs...)
}
