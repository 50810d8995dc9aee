package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
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
	slug, backend, err := a.running(ctx, name)
	if err != nil {
		return err
	}
	list, listErr := backend.List(ctx)
	// What cannot be listed may well be there; Stop will tell.
	there := listErr != nil || slices.ContainsFunc(list, func(s launcher.Status) bool { return s.Slug == slug })
	if there {
		a.begin("ending bottle " + slug)
	}
	if err := a.ended(backend.Stop(ctx, &launcher.Target{Slug: slug})); err != nil {
		return failure(err, nil)
	}
	switch {
	case a.opts.Format == "json":
		return a.printJSON(map[string]any{"slug": slug, "stopped": there})
	case a.opts.Quiet:
	case there:
		fmt.Fprintf(a.stdout, "bottle %s is down\n", slug)
	default:
		fmt.Fprintf(a.stdout, "bottle %s is not running\n", slug)
	}
	return nil
}
