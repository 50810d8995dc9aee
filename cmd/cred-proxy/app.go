package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/process"
)

// globalOptions are the flags that every command has.
type globalOptions struct {
	Backend, File, Format, Sidecar, Template string
	Quiet, NoColor                           bool
}

// app is what the commands work with.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            map[string]string
	opts           globalOptions
	launch         launchOptions
	progress       *progress
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, environ []string) *app {
	env := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return &app{stdin: stdin, stdout: stdout, stderr: stderr, env: env}
}

// load reads the bottle called name and prepares its plan. An empty name
// stands for the only bottle there is.
func (a *app) load(name string) (*bottle.Bottle, *plan.Plan, error) {
	path, chosen, err := a.bottleFile(name)
	if err != nil {
		return nil, nil, err
	}
	b, err := bottle.Load(path, chosen, a.env["HOME"])
	if err != nil {
		return nil, nil, usageError(err, a.noBottleHint())
	}
	if b.Backend, err = a.chooseBackend(b); err != nil {
		return nil, nil, err
	}
	if err := a.loadTemplate(b); err != nil {
		return nil, nil, err
	}
	p, err := launcher.Prepare(b)
	if err != nil {
		return nil, nil, usageError(fmt.Errorf("planning bottle %q: %w", b.Name, err), "")
	}
	return b, p, nil
}

// noBottleHint says how to get a bottle file.
func (a *app) noBottleHint() string {
	if a.env["CRED_PROXY_URL"] != "" {
		return "this shell has an agent's environment, HOME included; run cred-proxy in another one"
	}
	return "`cred-proxy init` writes a commented bottle file to start from"
}

// bottleFile returns the path of a bottle's file, and the bottle in it for
// the older spelling.
func (a *app) bottleFile(name string) (path, chosen string, err error) {
	if a.opts.File != "" {
		return a.opts.File, name, nil
	}
	dir := bottle.Dir(a.env)
	if name == "" {
		if name, err = onlyBottle(dir); err != nil {
			return "", "", err
		}
	}
	if strings.ContainsAny(name, "/\x00") || strings.HasPrefix(name, ".") {
		return "", "", usageError(fmt.Errorf("%q is not the name of a bottle", name), "use -f FILE for a file somewhere else")
	}
	return filepath.Join(dir, name+bottle.Extension), name, nil
}

func onlyBottle(dir string) (string, error) {
	names, err := bottle.Names(dir)
	switch {
	case err != nil:
		return "", runtimeError(err, "")
	case len(names) == 0:
		return "", usageError(fmt.Errorf("there is no bottle in %s", dir), "`cred-proxy init NAME` writes one; -f FILE uses another place")
	case len(names) > 1:
		return "", usageError(fmt.Errorf("there are %d bottles, name one: %s", len(names), strings.Join(names, ", ")), "")
	}
	return names[0], nil
}

// chooseBackend decides in this order: flag, bottle file, environment, Docker.
func (a *app) chooseBackend(b *bottle.Bottle) (string, error) {
	for _, candidate := range []struct{ value, from string }{
		{a.opts.Backend, "--backend"}, {b.Backend, "backend"}, {a.env["CRED_PROXY_BACKEND"], "CRED_PROXY_BACKEND"},
	} {
		switch candidate.value {
		case "":
		case "docker", "process":
			return candidate.value, nil
		default:
			return "", usageError(fmt.Errorf("%s %q is not a backend", candidate.from, candidate.value), "use docker or process")
		}
	}
	return "docker", nil
}

// loadForLaunch is load for commands that start or change a sidecar.
func (a *app) loadForLaunch(name string) (*bottle.Bottle, *plan.Plan, backend, error) {
	return a.forLaunch(a.load(name))
}

// loadForReload is loadForLaunch for a bottle that runs.
func (a *app) loadForReload(name string) (*bottle.Bottle, *plan.Plan, backend, error) {
	return a.forLaunch(a.loadAsItRuns(name))
}

func (a *app) forLaunch(b *bottle.Bottle, p *plan.Plan, err error) (*bottle.Bottle, *plan.Plan, backend, error) {
	if err != nil {
		return nil, nil, nil, err
	}
	if err := a.checkLaunch(b); err != nil {
		return nil, nil, nil, err
	}
	backend, err := a.backendNamed(b.Backend)
	return b, p, backend, err
}

// loadAsItRuns is load with the backend that the bottle runs with, if it runs:
// it may have been started with a flag, and there is no changing it on the way.
func (a *app) loadAsItRuns(name string) (*bottle.Bottle, *plan.Plan, error) {
	b, p, err := a.load(name)
	if err != nil {
		return nil, nil, err
	}
	store, err := a.store()
	if err != nil {
		return nil, nil, err
	}
	kind := a.recorded(store, b.Slug(), b.Backend)
	if kind == b.Backend {
		return b, p, nil
	}
	if a.opts.Backend != "" {
		return nil, nil, otherBackend(b.Slug(), kind)
	}
	a.opts.Backend = kind
	return a.load(name)
}

// otherBackend is the error about a --backend that is not the one a bottle
// runs with.
func otherBackend(slug, kind string) error {
	return usageError(fmt.Errorf("bottle %q runs with the %s backend", slug, kind), "leave --backend out")
}

// checkLaunch refuses flags that the bottle's backend has no use for.
func (a *app) checkLaunch(b *bottle.Bottle) error {
	switch {
	case a.launch.Port != 0 && b.Backend != process.Name:
		return usageError(errors.New("--port is for the process backend"), "leave it out: in Docker every bottle has addresses of its own")
	case a.launch.Image != "" && b.Backend == process.Name:
		return usageError(errors.New("--image is for the Docker backend"), "--sidecar PATH chooses the process backend's sidecar")
	}
	return nil
}
