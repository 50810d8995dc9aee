package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

func newUpCommand(a *app) *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:               "up [NAME]",
		Short:             "Start a bottle's sidecar and say how to attach an agent",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runUp(cmd.Context(), nameArgument(args), port)
		},
	}
	addPortFlag(cmd, &port)
	return cmd
}

func addPortFlag(cmd *cobra.Command, port *int) {
	cmd.Flags().IntVar(port, "port", 0, "the `PORT` on 127.0.0.1 (default: a free one)")
}

func checkPort(port int) error {
	const highest = 65535
	if port < 0 || port > highest {
		return usageError(fmt.Errorf("--port %d is not a port", port), "use 1 to 65535, or 0 for a free one")
	}
	return nil
}

func (a *app) runUp(ctx context.Context, name string, port int) error {
	if err := checkPort(port); err != nil {
		return err
	}
	b, p, err := a.loadForProcess(name)
	if err != nil {
		return err
	}
	backend, err := a.process()
	if err != nil {
		return err
	}
	backend.Port = port
	ctx, release := interruptible(ctx)
	defer release()
	target, err := backend.Start(ctx, p)
	if err != nil {
		return failure(err, b)
	}
	if a.opts.Format == "json" {
		return a.printJSON(map[string]string{"bottle": p.Bottle, "slug": target.Slug, "url": target.URL})
	}
	a.note(sameUserNote)
	a.noteUnguarded(p)
	if !a.opts.Quiet {
		fmt.Fprintf(a.stdout, "bottle %s is up on %s\nattach an agent:  %seval \"$(cred-proxy env %s)\"\nend it:           cred-proxy down %s\n",
			p.Bottle, target.URL, a.unsetTokens(p), p.Slug, p.Slug)
	}
	return nil
}

// unsetTokens is what a shell has to do first, so that an agent started from
// it does not inherit the very tokens that the sidecar keeps from it.
func (a *app) unsetTokens(p *plan.Plan) string {
	var names []string
	for _, r := range p.Requires {
		if _, set := a.env[r.TokenRef]; set {
			names = append(names, r.TokenRef)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "unset " + strings.Join(names, " ") + "; "
}
