package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newValidateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "validate [NAME]",
		Short:             "Check a bottle file and report everything that is wrong with it",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(_ *cobra.Command, args []string) error {
			b, _, err := a.load(nameArgument(args))
			if err != nil {
				return err
			}
			if a.opts.Format == "json" {
				return a.printJSON(map[string]any{"bottle": b.Name, "file": b.File, "valid": true})
			}
			if !a.opts.Quiet {
				fmt.Fprintf(a.stdout, "%s: bottle %q is valid\n", b.File, b.Name)
			}
			return nil
		},
	}
}
