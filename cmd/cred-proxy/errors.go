package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Exit statuses. `run` gives the agent's own, or 125 when the launcher itself
// failed, as a shell and docker do.
const (
	statusOK       = 0
	statusRuntime  = 1
	statusUsage    = 2
	statusLauncher = 125
)

// exitError is an error with its exit status and what to do about it. An
// empty error says nothing, since the status alone is meant.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usageError(err error, hint string) error { return &exitError{statusUsage, err, hint} }

func runtimeError(err error, hint string) error { return &exitError{statusRuntime, err, hint} }

// failure gives an error of the launcher its exit status. A Caddyfile that
// the sidecar refuses is the bottle file's fault when it brought the template.
func failure(err error, b *bottle.Bottle) error {
	var stopped *signalError
	var problems bottle.Problems
	var mount *bottle.MountError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stopped):
		return &exitError{stopped.status(), fmt.Errorf("stopped by %w; nothing has changed", stopped), ""}
	case errors.Is(err, launcher.ErrCaddyfile) && b != nil && b.Template != "":
		return usageError(fmt.Errorf("template %s: %w", b.Template, err), launcher.Hint(err))
	case errors.As(err, &problems):
		return usageError(err, "")
	case errors.As(err, &mount):
		return usageError(err, mount.Instead)
	case errors.Is(err, state.ErrBusy):
		return runtimeError(err, "wait until it has finished; `cred-proxy ps` shows what runs")
	}
	return runtimeError(err, launcher.Hint(err))
}

// exitStatus reports an error on stderr and returns the exit status for it.
func (a *app) exitStatus(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		exit = &exitError{code: statusOK}
	case !errors.As(err, &exit): // cobra's own: flags and arguments
		exit = &exitError{statusUsage, err, "`cred-proxy --help` lists commands and flags"}
	}
	a.steps().end(exit.err == nil) // an agent's status is no failure of a step
	if exit.err != nil {
		for line := range strings.SplitSeq(launcher.Printable(exit.err.Error()), "\n") {
			fmt.Fprintln(a.stderr, "cred-proxy: "+line)
		}
	}
	if exit.hint != "" {
		fmt.Fprintln(a.stderr, "hint: "+launcher.Printable(exit.hint))
	}
	return exit.code
}
