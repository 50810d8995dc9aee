package main

import (
	"errors"
	"fmt"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/process"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// sameUserNote is said once per launch: what the process backend cannot do.
const sameUserNote = "a process of the same user is no boundary against that user: " +
	"this keeps tokens away from the agent's environment and files, not from an agent that attacks your account"

// process returns the backend without Docker.
func (a *app) process() (*process.Backend, error) {
	store, err := state.NewStore(a.env)
	if err != nil {
		return nil, runtimeError(err, "set XDG_RUNTIME_DIR or HOME")
	}
	return &process.Backend{
		Store: store, Env: a.env, Sidecar: a.opts.Sidecar,
		Progress: a.note,
		Warn:     func(text string) { a.note("warning: " + text) },
	}, nil
}

// note writes a line to stderr, where it does not mix with the agent's output
// or what a script reads.
func (a *app) note(text string) {
	if !a.opts.Quiet {
		fmt.Fprintln(a.stderr, "cred-proxy: "+text)
	}
}

// failure gives an error of the launcher its exit status. A Caddyfile that
// the sidecar refuses is the bottle file's fault when it brought the template.
func failure(err error, b *bottle.Bottle) error {
	var stopped *signalError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stopped):
		return &exitError{stopped.status(), fmt.Errorf("stopped by %w; nothing has changed", stopped), ""}
	case errors.Is(err, process.ErrCaddyfile) && b != nil && b.Template != "":
		return usageError(fmt.Errorf("template %s: %w", b.Template, err), launcher.Hint(err))
	case errors.Is(err, state.ErrBusy):
		return runtimeError(err, "wait until it has finished; `cred-proxy ps` shows what runs")
	}
	return runtimeError(err, launcher.Hint(err))
}

// slugOf returns the slug of the bottle that a command about something that
// runs is meant for. Neither a missing nor a broken bottle file keeps one
// from looking at a bottle that runs, or ending it.
func (a *app) slugOf(store state.Store, name string) (string, error) {
	if err := a.refuseDocker(); err != nil {
		return "", err
	}
	if name == "" && a.opts.File == "" {
		slugs, err := store.Slugs()
		if err != nil {
			return "", runtimeError(err, "")
		}
		if len(slugs) == 1 {
			return slugs[0], nil
		}
	}
	b, _, err := a.load(name)
	if err == nil {
		if _, stateErr := store.Read(b.Slug()); stateErr == nil {
			return b.Slug(), nil
		}
		return b.Slug(), a.requireProcess(b)
	}
	if slug := bottle.Slug(name); slug != "" {
		if _, stateErr := store.Read(slug); stateErr == nil {
			return slug, nil
		}
	}
	return "", err
}

// refuseDocker is requireProcess for commands that need no bottle file.
func (a *app) refuseDocker() error {
	if a.opts.Backend == "" {
		return nil
	}
	return a.requireProcess(&bottle.Bottle{Backend: a.opts.Backend})
}
