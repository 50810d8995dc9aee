package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

func newDownCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "down [NAME]",
		Short:             "End a bottle: finish its requests, stop the sidecar, remove its state",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runDown(cmd.Context(), nameArgument(args))
		},
	}
}

func (a *app) runDown(ctx context.Context, name string) error {
	backend, err := a.process()
	if err != nil {
		return err
	}
	slug, err := a.slugOf(backend.Store, name)
	if err != nil {
		return err
	}
	_, readErr := backend.Store.Read(slug)
	if err := backend.Stop(ctx, &launcher.Target{Slug: slug}); err != nil {
		return failure(err, nil)
	}
	switch {
	case a.opts.Quiet:
	case errors.Is(readErr, state.ErrNone):
		fmt.Fprintf(a.stdout, "bottle %s is not running\n", slug)
	default:
		fmt.Fprintf(a.stdout, "bottle %s is down\n", slug)
	}
	return nil
}
