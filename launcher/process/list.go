package process

import (
	"context"
	"errors"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// List returns the bottles of this backend in the order of their slugs.
func (b *Backend) List(ctx context.Context) ([]launcher.Status, error) {
	slugs, err := b.Store.Slugs()
	if err != nil {
		return nil, err
	}
	var list []launcher.Status
	for _, slug := range slugs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		record, err := b.Store.Read(slug)
		switch {
		case errors.Is(err, state.ErrNone): // about to start, or just ended
		case err != nil:
			return nil, launcher.WithHint(err, "remove that directory once nothing of the bottle runs")
		case record.Backend == Name:
			list = append(list, status(record))
		}
	}
	return list, nil
}

func status(r *state.Record) launcher.Status {
	s := launcher.Status{
		Bottle: r.Bottle, Slug: r.Slug, Backend: Name,
		Mode: launcher.Up, Status: launcher.Dead, Started: r.Started,
	}
	if r.Port != 0 {
		s.URL = baseURL(r.Port)
	}
	if r.Sidecar != nil {
		s.PID = r.Sidecar.PID
	}
	if r.Launcher != nil {
		s.Mode = launcher.Run
	}
	switch {
	case orphaned(r):
	case r.Phase == state.Starting:
		s.Status = launcher.Starting
	case r.Alive():
		s.Status = launcher.Running
	}
	return s
}

// orphaned tells whether the `run` that a bottle belongs to was killed.
func orphaned(r *state.Record) bool { return r.Launcher != nil && !r.Launcher.Alive() }
