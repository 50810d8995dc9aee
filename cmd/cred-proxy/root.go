package main

import (
	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "cred-proxy",
		Short:         "Run AI agents without handing them a single token",
		Version:       version,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("cred-proxy {{ .Version }}\n")
	flags := root.PersistentFlags()
	flags.StringVar(&a.opts.Backend, "backend", "", "docker or process (default: the bottle file's, then $CRED_PROXY_BACKEND, then docker)")
	flags.StringVarP(&a.opts.File, "file", "f", "", "the bottle `FILE`")
	flags.StringVar(&a.opts.Format, "format", "text", "text or json")
	flags.BoolVar(&a.opts.Quiet, "quiet", false, "print errors only")
	flags.BoolVar(&a.opts.NoColor, "no-color", false, "never use color")
	flags.StringVar(&a.opts.Sidecar, "sidecar", "", "`PATH` of the sidecar's binary")
	flags.StringVar(&a.opts.Template, "template", "", "template `FILE` for the sidecar's Caddyfile")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.checkFormat() }
	for _, name := range []string{"backend", "format"} {
		words := map[string][]string{"backend": {"docker", "process"}, "format": {"text", "json"}}[name]
		// The flag exists, so registering cannot fail.
		_ = root.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	root.AddCommand(
		newInitCommand(a), newValidateCommand(a), newPlanCommand(a), newVersionCommand(a),
		newUpCommand(a), newRunCommand(a), newEnvCommand(a), newPsCommand(a), newLogsCommand(a), newReloadCommand(a), newDownCommand(a),
		newCleanupCommand(a), newDoctorCommand(a), newImageCommand(a),
	)
	return root
}

func (a *app) checkFormat() error {
	if a.opts.Format != "text" && a.opts.Format != "json" {
		return usageError(errBadFormat(a.opts.Format), "use --format text or --format json")
	}
	return nil
}

// completeBottles completes the NAME argument.
func (a *app) completeBottles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := bottle.Names(bottle.Dir(a.env))
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// nameArgument returns the NAME argument, empty if it is left out.
func nameArgument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
