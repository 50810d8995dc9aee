package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/process"
)

// runGrace is how long the sidecar may take once its only agent has ended.
const runGrace = 5 * time.Second

func newRunCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [NAME] [-- CMD...]",
		Short: "Start a bottle, run the agent in it, end the bottle",
		Long: "Start a bottle, run the agent on this terminal, and end the bottle with it.\n" +
			"The exit status is the agent's, 128+n when signal n ended it, 125 when cred-proxy itself failed,\n" +
			"126 when the agent's command cannot be executed and 127 when it is not found.",
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, command, err := splitRunArgs(args, cmd.ArgsLenAtDash())
			if err != nil {
				return err
			}
			return a.runRun(cmd.Context(), name, command)
		},
	}
	a.addPortFlag(cmd)
	a.addImageFlag(cmd)
	return cmd
}

// splitRunArgs separates the bottle's name from the agent's command; dash is
// the number of arguments before "--", or -1.
func splitRunArgs(args []string, dash int) (name string, command []string, err error) {
	names := args
	if dash >= 0 {
		names, command = args[:dash], args[dash:]
	}
	if len(names) > 1 {
		return "", nil, usageError(fmt.Errorf("run takes one bottle, got %d arguments", len(names)),
			"put the agent's command after --: cred-proxy run "+names[0]+" -- COMMAND")
	}
	return nameArgument(names), command, nil
}

func (a *app) runRun(ctx context.Context, name string, command []string) error {
	if err := checkPort(a.launch.Port); err != nil {
		return err
	}
	a.launch.Attached = true
	b, p, backend, err := a.loadForLaunch(name)
	if err != nil {
		return err
	}
	if len(command) == 0 {
		command = b.Agent.Command
	}
	if len(command) == 0 && b.Backend == process.Name { // an image has a command of its own
		return usageError(errors.New("there is no agent to run"), "give its command after --, or as agent.command in the bottle file")
	}
	return asLauncher(a.runAgent(ctx, backend, b, p, command))
}

// asLauncher gives the launcher's own failures the status that tells them
// from the agent's.
func asLauncher(err error) error {
	var exit *exitError
	if errors.As(err, &exit) && exit.code == statusRuntime && exit.err != nil {
		exit.code = statusLauncher
	}
	return err
}

// runAgent starts the sidecar, runs the agent, and ends the sidecar.
func (a *app) runAgent(ctx context.Context, backend backend, b *bottle.Bottle, p *plan.Plan, command []string) (err error) {
	starting, release := interruptible(ctx)
	defer release()
	if err := backend.CheckAgent(starting, b); err != nil {
		return failure(err, b)
	}
	target, err := backend.Start(starting, p)
	if a.ended(err) != nil {
		return failure(err, b)
	}
	defer func() {
		// The signals that ended the agent have done their work; another one
		// cuts the sidecar's grace short.
		ending, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		if stopErr := backend.Stop(ending, target); stopErr != nil {
			err = errors.Join(err, failure(stopErr, b))
		}
	}()
	a.noteLimits(p)
	return agentStatus(backend.RunAgent(starting, target, b, command))
}

// agentStatus turns what became of the agent into what becomes of `run`.
func agentStatus(status int, err error) error {
	switch {
	case err != nil && status == 0:
		return failure(err, nil)
	case err != nil:
		return &exitError{status, err, "give a command that is on PATH, or its path"}
	case status != 0:
		return &exitError{code: status}
	}
	return nil
}
