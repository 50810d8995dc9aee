package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/process"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// processBackend returns the backend that commands start and stop bottles with.
func (a *app) processBackend() (*process.Backend, error) {
	store, err := a.store()
	if err != nil {
		return nil, err
	}
	return &process.Backend{
		Store: store, Env: a.env, Sidecar: a.opts.Sidecar,
		Progress: a.say,
		Warn:     func(text string) { a.say("warning: " + text) },
	}, nil
}

func (a *app) store() (state.Store, error) {
	store, err := state.NewStore(a.env)
	if err != nil {
		return store, runtimeError(err, "set HOME")
	}
	return store, nil
}

// say prints a line for people on stderr, where it is never taken for output.
func (a *app) say(line string) {
	if !a.opts.Quiet {
		fmt.Fprintln(a.stderr, "cred-proxy: "+line)
	}
}

// launchError gives an error of the backend its exit status: code, unless the
// user's own template is at fault, or a signal ended the work.
func launchError(ctx context.Context, b *bottle.Bottle, err error, code int) error {
	var stopped *signalError
	switch {
	case errors.As(context.Cause(ctx), &stopped):
		return &exitError{stopped.status(), fmt.Errorf("stopped by %w", stopped), ""}
	case errors.Is(err, process.ErrCaddyfile) && b.Template != "":
		return usageError(fmt.Errorf("using template %s: %w", b.Template, err), launcher.Hint(err))
	case errors.Is(err, state.ErrBusy):
		return &exitError{code, err, "wait until it is done"}
	}
	return &exitError{code, err, launcher.Hint(err)}
}

// errDockerMissing is what commands say that only the process backend has.
func errDockerMissing() error {
	return usageError(errors.New("the Docker backend is not available in this version"), "use --backend process, or backend: process in the bottle file")
}

// runningSlug returns the slug of a bottle that has state, for commands that
// work on what runs, whatever has become of its file. An empty name stands
// for the only bottle that runs, or else the only one there is. A bottle
// without state has to exist at least.
func (a *app) runningSlug(store state.Store, name string) (string, error) {
	if a.opts.Backend == "docker" {
		return "", errDockerMissing()
	}
	if a.opts.File == "" {
		slugs, err := store.Slugs()
		switch {
		case err != nil:
			return "", runtimeError(err, "")
		case name == "" && len(slugs) == 1:
			return slugs[0], nil
		case name == "" && len(slugs) > 1:
			return "", usageError(fmt.Errorf("there are %d bottles running, name one: %s", len(slugs), strings.Join(slugs, ", ")), "")
		case name != "" && hasState(store, bottle.Slug(name)):
			return bottle.Slug(name), nil
		}
	}
	b, _, err := a.load(name)
	if err != nil {
		return "", err
	}
	return b.Slug(), a.requireProcess(b)
}

func hasState(store state.Store, slug string) bool {
	if slug == "" {
		return false
	}
	_, err := os.Stat(store.Path(slug))
	return !errors.Is(err, fs.ErrNotExist)
}

// record returns what runs for a bottle; a bottle without a living sidecar is
// an error that says how to start it.
func record(store state.Store, slug, name string) (*state.Record, error) {
	r, err := store.Read(slug)
	switch {
	case errors.Is(err, state.ErrNone):
		return nil, runtimeError(fmt.Errorf("bottle %q is not running", name), fmt.Sprintf("`cred-proxy up %s` starts it", name))
	case err != nil:
		return nil, runtimeError(err, "")
	case !r.Alive():
		return nil, runtimeError(fmt.Errorf("the sidecar of bottle %q has ended", name),
			fmt.Sprintf("`cred-proxy logs --runtime %s` may tell why, `cred-proxy up %s` starts it again", name, name))
	}
	return r, nil
}
