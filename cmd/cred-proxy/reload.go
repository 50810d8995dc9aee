package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
)

func newReloadCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "reload [NAME]",
		Short:             "Make a running bottle follow its bottle file and the tokens' present values",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runReload(cmd.Context(), nameArgument(args))
		},
	}
	a.addImageFlag(cmd)
	return cmd
}

func (a *app) runReload(ctx context.Context, name string) error {
	b, p, backend, err := a.loadForReload(name)
	if err != nil {
		return err
	}
	ctx, release := interruptible(ctx)
	defer release()
	changes, err := backend.Reload(ctx, p)
	if a.ended(err) != nil {
		return failure(err, b)
	}
	a.noteUnguarded(p)
	if a.opts.Format == "json" {
		return a.printJSON(changes)
	}
	if !a.opts.Quiet {
		a.printChanges(changes)
	}
	return nil
}

func (a *app) printChanges(c *launcher.Changes) {
	for _, group := range []struct {
		what  string
		paths []string
	}{{"added", c.Added}, {"removed", c.Removed}, {"changed", c.Changed}} {
		for _, path := range group.paths {
			fmt.Fprintf(a.stdout, "route %s %s\n", group.what, path)
		}
	}
	if len(c.Added)+len(c.Removed)+len(c.Changed) == 0 {
		fmt.Fprintln(a.stdout, "no route changed")
	}
	if c.Tokens {
		fmt.Fprintln(a.stdout, "tokens changed")
	}
	if c.Limits {
		fmt.Fprintln(a.stdout, "limits changed")
	}
	if c.Replaced {
		fmt.Fprintln(a.stdout, "a second sidecar has taken over")
	} else {
		fmt.Fprintln(a.stdout, "the sidecar has read its configuration again")
	}
}
