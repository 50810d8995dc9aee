package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

type envOptions struct{ Files, EnvFile string }

func newEnvCommand(a *app) *cobra.Command {
	var o envOptions
	cmd := &cobra.Command{
		Use:   "env [NAME]",
		Short: "Print the agent's environment for a shell",
		Long: "Print the environment of an agent of a running bottle, for eval \"$(cred-proxy env NAME)\".\n" +
			"With the process backend, HOME and the XDG directories are the bottle's private ones, in which the clients'\n" +
			"configuration is. For a container that something else starts, use --env-file and --files.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runEnv(cmd.Context(), nameArgument(args), o)
		},
	}
	cmd.Flags().StringVar(&o.Files, "files", "", "add the agent's files to those in `DIR`, which becomes its home")
	cmd.Flags().StringVar(&o.EnvFile, "env-file", "", "write the environment to `FILE`, for docker run --env-file and Compose's env_file, instead of printing it")
	return cmd
}

func (a *app) runEnv(ctx context.Context, name string, o envOptions) error {
	slug, backend, err := a.running(ctx, name)
	if err != nil {
		return err
	}
	home := o.Files
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
		if err := launcher.PlaceAgentFiles(home, agent); err != nil {
			return failure(err, nil)
		}
	}
	if o.EnvFile != "" {
		return writeEnvFile(o.EnvFile, agent)
	}
	if a.opts.Format == "json" {
		return a.printJSON(agent)
	}
	return printExports(a.stdout, agent)
}

// writeEnvFile writes lines NAME=VALUE, sorted; the value is all that follows,
// without any quoting (docs.docker.com/reference/cli/docker/container/run, --env-file).
func writeEnvFile(path string, agent plan.Agent) error {
	var b strings.Builder
	for _, name := range sortedKeys(agent.Env) {
		b.WriteString(name + "=" + agent.Env[name] + "\n")
	}
	if err := state.WriteFile(path, []byte(b.String())); err != nil {
		return runtimeError(fmt.Errorf("writing --env-file: %w", err), "")
	}
	return nil
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
