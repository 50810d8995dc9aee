package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.opts.Format == "json" {
				return a.printJSON(map[string]string{"version": version, "go": runtime.Version()})
			}
			fmt.Fprintln(a.stdout, "cred-proxy "+version)
			return nil
		},
	}
}

func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return runtimeError(fmt.Errorf("writing output: %w", err), "")
	}
	return nil
}

func errBadFormat(format string) error { return fmt.Errorf("--format %q is not known", format) }
