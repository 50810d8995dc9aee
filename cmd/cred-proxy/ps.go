package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
)

func newPsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "ps",
		Short: "List the bottles that run",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.runPs(cmd.Context()) },
	}
}

func (a *app) runPs(ctx context.Context) error {
	list, err := a.list(ctx)
	if err != nil {
		return failure(err, nil)
	}
	if a.opts.Format == "json" {
		return a.printJSON(list)
	}
	rows := [][]string{{"BOTTLE", "STATUS", "MODE", "BACKEND", "URL", "SIDECAR", "STARTED"}}
	for _, s := range list {
		sidecar := s.Container
		if s.PID != 0 {
			sidecar = strconv.Itoa(s.PID)
		}
		rows = append(rows, []string{s.Bottle, s.Status, s.Mode, s.Backend, s.URL, sidecar, s.Started.Local().Format(time.DateTime)})
	}
	return a.printTable(rows, 1)
}

// list returns the bottles of all backends, by slug.
func (a *app) list(ctx context.Context) ([]launcher.Status, error) {
	b, err := a.process()
	if err != nil {
		return nil, err
	}
	list, err := b.List(ctx)
	if err != nil {
		return nil, err
	}
	a.tryDocker(func(b backend) error {
		more, err := b.List(ctx)
		list = append(list, more...)
		return err
	})
	slices.SortStableFunc(list, func(a, b launcher.Status) int { return cmp.Compare(a.Slug, b.Slug) })
	return append([]launcher.Status{}, list...), nil
}

// tryDocker does with Docker's bottles what was done with the others. It never
// fails: an engine that cannot be reached is worth a note to those who use it,
// and nothing to everybody else.
func (a *app) tryDocker(do func(backend) error) {
	b, err := a.docker()
	unreachable := err != nil
	if err == nil {
		err = do(b)
		unreachable = errors.Is(err, launcher.ErrUnreachable)
	}
	if err != nil && (!unreachable || a.usesDocker()) {
		a.note("bottles in Docker are left out: " + err.Error())
	}
}

// usesDocker tells whether the user asked for Docker, or has bottles in it.
func (a *app) usesDocker() bool {
	if a.opts.Backend == "docker" || a.env["CRED_PROXY_BACKEND"] == "docker" {
		return true
	}
	store, err := a.store()
	if err != nil {
		return false
	}
	slugs, err := store.Slugs()
	return err == nil && slices.ContainsFunc(slugs, func(slug string) bool { return a.recorded(store, slug, "") == "docker" })
}
