package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/process"
)

func newEnvCommand(a *app) *cobra.Command {
	var files string
	cmd := &cobra.Command{
		Use:   "env [NAME]",
		Short: "Print the agent's environment for a shell",
		Long: "Print the environment of an agent of a running bottle, for eval \"$(cred-proxy env NAME)\".\n" +
			"HOME and the XDG directories are the bottle's private ones, in which the clients' configuration is.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runEnv(cmd.Context(), nameArgument(args), files)
		},
	}
	cmd.Flags().StringVar(&files, "files", "", "add the agent's files to those in `DIR`, which becomes its home")
	return cmd
}

func (a *app) runEnv(ctx context.Context, name, home string) error {
	slug, backend, err := a.running(ctx, name)
	if err != nil {
		return err
	}
	if home != "" {
		if home, err = filepath.Abs(home); err != nil {
			return runtimeError(fmt.Errorf("finding --files directory: %w", err), "")
		}
	}
	agent, err := backend.AgentOf(ctx, slug, home)
	if err != nil {
		return failure(err, nil)
	}
	if home != "" {
		if err := process.PlaceAgentFiles(home, agent); err != nil {
			return failure(err, nil)
		}
	}
	if a.opts.Format == "json" {
		return a.printJSON(agent)
	}
	return printExports(a.stdout, agent)
}

// printExports writes lines that any POSIX shell evaluates to the agent's
// environment, sorted.
func printExports(w io.Writer, agent plan.Agent) error {
	var b strings.Builder
	for _, name := range sortedKeys(agent.Env) {
		b.WriteString("export " + name + "=" + shellQuote(agent.Env[name]) + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return runtimeError(fmt.Errorf("writing output: %w", err), "")
	}
	return nil
}

// shellQuote quotes a word for a POSIX shell (XCU 2.2.2).
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
