package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/docker"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/process"
)

// sameUserNote is said once per launch: what the process backend cannot do.
const sameUserNote = "a process of the same user is no boundary against that user: " +
	"this keeps tokens away from the agent's environment and files, not from an agent that attacks your account"

func newUpCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "up [NAME]",
		Short:             "Start a bottle's sidecar and say how to attach an agent",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runUp(cmd.Context(), nameArgument(args))
		},
	}
	a.addPortFlag(cmd)
	a.addImageFlag(cmd)
	return cmd
}

func (a *app) addPortFlag(cmd *cobra.Command) {
	cmd.Flags().IntVar(&a.launch.Port, "port", 0, "the `PORT` on 127.0.0.1, of the process backend (default: a free one)")
}

func (a *app) addImageFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.launch.Image, "image", "", "the sidecar's `IMAGE`, of the Docker backend (default: the configuration file's, then the one of this version)")
}

func checkPort(port int) error {
	const highest = 65535
	if port < 0 || port > highest {
		return usageError(fmt.Errorf("--port %d is not a port", port), "use 1 to 65535, or 0 for a free one")
	}
	return nil
}

func (a *app) runUp(ctx context.Context, name string) error {
	if err := checkPort(a.launch.Port); err != nil {
		return err
	}
	b, p, backend, err := a.loadForLaunch(name)
	if err != nil {
		return err
	}
	ctx, release := interruptible(ctx)
	defer release()
	target, err := backend.Start(ctx, p)
	if a.ended(err) != nil {
		return failure(err, b)
	}
	if a.opts.Format == "json" {
		return a.printJSON(map[string]string{"bottle": p.Bottle, "slug": target.Slug, "url": target.URL})
	}
	a.noteLimits(p)
	if !a.opts.Quiet {
		fmt.Fprintf(a.stdout, "bottle %s is up on %s\nattach an agent:  %s\nend it:           cred-proxy down %s\n",
			p.Bottle, target.URL, a.howToAttach(p, b), p.Slug)
	}
	return nil
}

// howToAttach is a command line that gives an agent this bottle.
func (a *app) howToAttach(p *plan.Plan, b *bottle.Bottle) string {
	if p.Backend == process.Name {
		return a.unsetTokens(p) + "eval \"$(cred-proxy env " + p.Slug + ")\""
	}
	return "cred-proxy env " + p.Slug + " --env-file agent.env --files agent-home\n                  " +
		docker.RunCommand(p.Networks[0].Name, "agent.env", "agent-home", cmp.Or(b.Agent.Image, "IMAGE"))
}

// noteLimits says what a launch does not protect from.
func (a *app) noteLimits(p *plan.Plan) {
	if p.Backend == process.Name {
		a.note(sameUserNote)
	}
	a.noteUnguarded(p)
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
