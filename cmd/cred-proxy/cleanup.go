package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
)

func newCleanupCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "cleanup",
		Short: "Remove what bottles that do not run any more have left",
		Long: "Remove what bottles that do not run any more have left: launchers that were killed, and sidecars that\n" +
			"ended by themselves, leave state and sidecars, and in Docker containers, networks and volumes.\n" +
			"The exit status is 0 when nothing is left over, and 1 when something could not be removed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runCleanup(cmd.Context(), dryRun) },
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "list it only")
	return cmd
}

// leftover is one row of the output of cleanup.
type leftover struct {
	launcher.Leftover

	Removed bool `json:"removed"`
	// Error says why it could not be removed.
	Error string `json:"error,omitempty"`

	of backend
}

func (a *app) runCleanup(ctx context.Context, dryRun bool) error {
	left, err := a.leftovers(ctx)
	if err != nil {
		return failure(err, nil)
	}
	if !dryRun {
		removeEach(ctx, left)
	}
	if err := a.printLeftovers(left, dryRun); err != nil {
		return err
	}
	if slices.ContainsFunc(left, func(l leftover) bool { return l.Error != "" }) {
		return runtimeError(errors.New("something is still left over"), "`cred-proxy cleanup` can be run again")
	}
	return nil
}

// removeEach removes what it can, and notes on each leftover what came of it.
func removeEach(ctx context.Context, left []leftover) {
	for i := range left {
		l := &left[i]
		if err := l.of.RemoveLeftovers(ctx, []launcher.Leftover{l.Leftover}); err != nil {
			l.Error = err.Error()
			continue
		}
		l.Removed = true
	}
}

// leftovers returns what is left over of all backends, in the order in which
// it has to be removed.
func (a *app) leftovers(ctx context.Context) ([]leftover, error) {
	left := []leftover{}
	collect := func(b backend) error {
		found, err := b.Leftovers(ctx)
		for _, l := range found {
			left = append(left, leftover{Leftover: l, of: b})
		}
		return err
	}
	b, err := a.process()
	if err != nil {
		return nil, err
	}
	if err := collect(b); err != nil {
		return nil, err
	}
	a.tryDocker(collect)
	return left, nil
}

func (a *app) printLeftovers(left []leftover, dryRun bool) error {
	if a.opts.Format == "json" {
		return a.printJSON(left)
	}
	if a.opts.Quiet && !dryRun {
		return nil
	}
	if len(left) == 0 {
		fmt.Fprintln(a.stdout, "nothing is left over")
		return nil
	}
	rows := [][]string{{"BOTTLE", "WHAT", "NAME", "WHY", "RESULT"}}
	for _, l := range left {
		result := "removed"
		switch {
		case dryRun:
			result = "would be removed"
		case !l.Removed:
			result = l.Error
		}
		rows = append(rows, []string{l.Slug, l.What, l.Name, l.Why, result})
	}
	return a.printTable(rows, -1)
}
