package main

import (
	"cmp"
	"context"
	"io"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/config"
	"github.com/bot-bottle/cred-proxy/launcher/docker"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/process"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// backend is what the commands ask of a way to run bottles.
type backend interface {
	launcher.CredProxy
	// Reload makes a running bottle follow a new plan. An error leaves it as
	// it was.
	Reload(ctx context.Context, p *plan.Plan) (*launcher.Changes, error)
	// CheckAgent refuses a bottle whose agent cannot be run, before anything
	// is started.
	CheckAgent(ctx context.Context, b *bottle.Bottle) error
	// RunAgent runs the agent of a bottle that Start started, on the
	// launcher's terminal. The status is the agent's own, or 126 or 127 with
	// an error for one that could not be run; every other error comes with 0.
	RunAgent(ctx context.Context, t *launcher.Target, b *bottle.Bottle, command []string) (status int, err error)
	// List returns all bottles, dead ones too. Its error wraps
	// launcher.ErrUnreachable when the engine cannot be reached.
	List(ctx context.Context) ([]launcher.Status, error)
	// Logs copies a bottle's log to w, JSON line by JSON line.
	Logs(ctx context.Context, slug string, o launcher.LogOptions, w io.Writer) error
	// AgentOf returns what the agent of a running bottle is given; home empty
	// is the backend's own choice.
	AgentOf(ctx context.Context, slug, home string) (plan.Agent, error)
	// Leftovers returns what nothing uses any more, in the order in which it
	// has to be removed.
	Leftovers(ctx context.Context) ([]launcher.Leftover, error)
	// RemoveLeftovers removes what is still left over; something that is gone
	// is success.
	RemoveLeftovers(ctx context.Context, left []launcher.Leftover) error
	// Check looks at what every bottle of the backend needs.
	Check(ctx context.Context) []launcher.Finding
	// Probe asks a running bottle's sidecar for a path with GET, from where
	// the agent is and with its token. It follows no redirect. code and
	// message are empty unless the sidecar itself answered; the message's
	// second line, if any, is the refusal's hint.
	Probe(ctx context.Context, slug, path string) (status int, code, message string, err error)
}

var _, _ backend = (*docker.Backend)(nil), (*process.Backend)(nil)

// launchOptions are the flags of the commands that start or change a sidecar.
type launchOptions struct {
	// Port is the port on 127.0.0.1, 0 for a free one.
	Port int
	// Image is the sidecar's image; empty for the configuration's.
	Image string
	// Attached is set by commands with which the bottle ends.
	Attached bool
}

// docker returns the backend with Docker.
func (a *app) docker() (backend, error) {
	store, err := a.store()
	if err != nil {
		return nil, err
	}
	c, err := a.dockerConfig()
	if err != nil {
		return nil, err
	}
	engine, err := docker.Connect(a.env)
	if err != nil {
		return nil, usageError(err, launcher.Hint(err))
	}
	b := &docker.Backend{
		Engine: engine, Store: store, Env: a.env, Version: version,
		Image: cmp.Or(c.Image, docker.ImageName(version)), Subnets: c.Subnets, HostRoutes: docker.HostRoutes(engine), NoIPv6: docker.HasNoIPv6(engine),
		Attached: a.launch.Attached, Progress: a.begin, Warn: a.warn,
	}
	if b.Attached {
		b.Grace = runGrace
	}
	return b, nil
}

// dockerConfig is what the configuration file and the flags say about Docker.
// An empty image stands for the one of this version.
func (a *app) dockerConfig() (config.Docker, error) {
	c, err := a.config()
	if a.launch.Image != "" {
		c.Docker.Image = a.launch.Image
	}
	return c.Docker, err
}

func (a *app) config() (config.Config, error) {
	c, err := config.Load(config.Path(a.env))
	if err != nil {
		return config.Config{}, usageError(err, "")
	}
	return c, nil
}

// process returns the backend without Docker.
func (a *app) process() (*process.Backend, error) {
	store, err := a.store()
	if err != nil {
		return nil, err
	}
	b := &process.Backend{
		Store: store, Env: a.env, Sidecar: a.opts.Sidecar,
		Port: a.launch.Port, Attached: a.launch.Attached,
		Progress: a.begin,
		Warn:     a.warn,
	}
	if b.Attached {
		b.Grace = runGrace
	}
	return b, nil
}

func (a *app) store() (state.Store, error) {
	store, err := state.NewStore(a.env)
	if err != nil {
		return state.Store{}, runtimeError(err, "set XDG_RUNTIME_DIR or HOME")
	}
	return store, nil
}

// backendNamed returns a backend by the name it has in bottle files.
func (a *app) backendNamed(name string) (backend, error) {
	if name == process.Name {
		return a.process()
	}
	return a.docker()
}

// running returns the bottle that a command about something that runs is meant
// for, and the backend that runs it. Neither a missing nor a broken bottle file
// keeps one from looking at a bottle that runs, or ending it.
func (a *app) running(ctx context.Context, name string) (slug string, _ backend, err error) {
	store, err := a.store()
	if err != nil {
		return "", nil, err
	}
	slug, kind, err := a.slugOf(ctx, store, name)
	if err != nil {
		return "", nil, err
	}
	if a.opts.Backend != "" && a.opts.Backend != kind {
		return "", nil, otherBackend(slug, kind)
	}
	b, err := a.backendNamed(kind)
	return slug, b, err
}

// slugOf finds the bottle of running, and the name of its backend: what its
// state says, or else its bottle file.
func (a *app) slugOf(ctx context.Context, store state.Store, name string) (slug, kind string, err error) {
	if name == "" && a.opts.File == "" {
		slugs, err := store.Slugs()
		if err != nil {
			return "", "", runtimeError(err, "")
		}
		if len(slugs) == 1 {
			return slugs[0], a.recorded(store, slugs[0], process.Name), nil
		}
	}
	b, _, err := a.load(name)
	if err == nil {
		return b.Slug(), a.recorded(store, b.Slug(), b.Backend), nil
	}
	if slug = bottle.Slug(name); slug == "" {
		return "", "", err
	}
	if kind = a.recorded(store, slug, ""); kind != "" {
		return slug, kind, nil
	}
	list, _ := a.list(ctx) // the bottle may be known to an engine alone
	for _, s := range list {
		if s.Slug == slug {
			return slug, s.Backend, nil
		}
	}
	return "", "", err
}

// recorded returns the backend that a bottle's state names, or otherwise.
func (*app) recorded(store state.Store, slug, otherwise string) string {
	if record, err := store.Read(slug); err == nil {
		return record.Backend
	}
	return otherwise
}
