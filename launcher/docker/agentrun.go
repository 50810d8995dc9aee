package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// Exit statuses of an agent that could not be run, as a shell has them.
const (
	StatusNotExecutable = 126
	StatusNotFound      = 127
)

// AgentRun runs an agent in a container of its own, on the launcher's
// standard streams. It is used once.
type AgentRun struct {
	Engine Engine
	// Spec is what the container is made from. Terminal and Size are filled
	// in: an agent has a terminal when both Stdin and Stdout are one.
	Spec AgentSpec
	// Files returns the agent's files by path, given its home.
	Files func(home string) map[string]string
	// Given replaces Spec.Given where that names files of the home; nil where it
	// does not.
	Given func(home string) map[string]string
	// Stdin, Stdout and Stderr are the launcher's.
	Stdin, Stdout, Stderr *os.File
	// Warn is told what is odd but no error; nil for nobody.
	Warn func(text string)
}

// removeWithin is how long the engine may take to remove a container. It is
// asked again when that fails: where one connection is lost, others of the
// client's are too, and an engine that restarts needs a moment.
const (
	removeWithin = 30 * time.Second
	removeTries  = 4
	removePause  = 500 * time.Millisecond
)

// Run creates the container, puts the agent's files into its home, runs it and
// removes it, however it ends. It returns the agent's exit status: its own,
// 128+n when signal n ended it, and 126 or 127 when its command cannot be
// executed or is not found. With an error and no status it is the launcher
// that failed.
//
// Until the agent runs, the end of ctx ends the launch, and the error is its
// cause. After that only the agent's end counts: SIGINT, SIGQUIT, SIGTERM and
// SIGHUP to the launcher are passed on to the agent, and a second SIGTERM
// kills it. On a terminal Ctrl-C is a character that the agent's own terminal
// makes a signal of.
func (r *AgentRun) Run(ctx context.Context) (status int, err error) {
	r.Spec.Terminal = isTerminal(r.Stdin) && isTerminal(r.Stdout)
	if r.Spec.Terminal {
		r.Spec.Size = sizeOf(r.Stdout)
	}
	// From here on no signal ends the launcher before it has cleared up. One
	// of them comes of writing to a pager that was left, and the rest of the
	// launcher may have something to write too: that is never Stopped.
	signals, broken := make(chan os.Signal, 8), make(chan os.Signal, 1)
	signal.Notify(signals, passedOn...)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(signals)

	id, err := r.create(ctx)
	if err != nil {
		return 0, causeOf(ctx, err)
	}
	defer func() {
		if id == "" {
			return
		}
		if removeErr := r.remove(ctx, id); removeErr != nil {
			err = errors.Join(err, removeErr)
		}
	}()
	home, err := findHome(ctx, r.Engine, id)
	if err != nil {
		return 0, causeOf(ctx, err)
	}
	if r.Given != nil {
		if id, home, err = r.again(ctx, id, home.path); err != nil {
			return 0, causeOf(ctx, err)
		}
	}
	if r.Files != nil {
		if err := home.place(ctx, r.Files(home.path)); err != nil {
			return 0, causeOf(ctx, err)
		}
	}
	return r.attend(ctx, id, signals)
}

// again creates the container once more, with an environment that names its
// home: where that is shows in a container only, whose environment cannot be
// changed any more. The id is empty if there is no container.
func (r *AgentRun) again(ctx context.Context, id, path string) (string, *agentHome, error) {
	if err := r.remove(ctx, id); err != nil {
		return id, nil, err
	}
	r.Spec.Given = r.Given(path)
	id, err := r.create(ctx)
	if err != nil {
		return "", nil, err
	}
	home, err := findHome(ctx, r.Engine, id)
	return id, home, err
}

// causeOf says why ctx has ended, if it has, instead of what came of it.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (r *AgentRun) create(ctx context.Context) (id string, err error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	created, err := r.Engine.ContainerCreate(ctx, r.Spec.Options())
	switch {
	case errdefs.IsNotFound(err):
		return "", launcher.WithHint(fmt.Errorf("creating the agent's container: %w", err),
			"build or pull the image: docker pull "+r.Spec.Image)
	case errdefs.IsConflict(err):
		return "", launcher.WithHint(fmt.Errorf("creating the agent's container: %w", err),
			"`cred-proxy cleanup` removes what a killed launcher has left")
	case err != nil:
		return "", fmt.Errorf("creating the agent's container: %w", err)
	}
	for _, warning := range created.Warnings {
		r.warn("the engine warns of the agent's container: " + warning)
	}
	return created.ID, nil
}

// remove removes the container and its anonymous volumes, running or not. One
// that is gone, or about to be, is success.
func (r *AgentRun) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	var err error
	for try := range removeTries {
		if try > 0 {
			time.Sleep(removePause)
		}
		_, err = r.Engine.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err == nil || errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
			return nil
		}
	}
	return launcher.WithHint(fmt.Errorf("removing the agent's container: %w", err),
		"`cred-proxy cleanup` removes it once the engine answers")
}

// attend attaches to the container, starts it, and returns when it has ended
// and all of its output is written.
func (r *AgentRun) attend(ctx context.Context, id string, signals <-chan os.Signal) (int, error) {
	streams, err := r.attach(ctx, id)
	if err != nil {
		return 0, causeOf(ctx, err)
	}
	defer streams.close()

	// Asked before the start, so that no end is too early to be seen.
	running, forget := context.WithCancel(context.WithoutCancel(ctx))
	defer forget()
	started := context.AfterFunc(ctx, forget)
	wait := r.Engine.ContainerWait(running, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})

	if err := streams.takeTerminal(); err != nil {
		return 0, err
	}
	if _, err := r.Engine.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return startFailed(err)
	}
	if !started() { // ctx has ended in this very moment
		return 0, context.Cause(ctx)
	}
	streams.start(running)
	a := attendance{run: r, id: id, streams: streams}
	return a.untilEnd(running, wait, signals)
}

// startFailed maps the engine's words for a command that cannot be run. There
// is no type for it.
func startFailed(err error) (int, error) {
	wrapped := fmt.Errorf("starting the agent: %w", err)
	text := err.Error()
	if strings.Contains(text, "docker-init") {
		return 0, launcher.WithHint(wrapped, "the engine needs its docker-init program (Debian: package tini)")
	}
	if !strings.Contains(text, "exec:") && !strings.Contains(text, "exec ") {
		return 0, wrapped
	}
	switch {
	case strings.Contains(text, "not found"), strings.Contains(text, "no such file"):
		return StatusNotFound, wrapped
	case strings.Contains(text, "permission denied"), strings.Contains(text, "is a directory"), strings.Contains(text, "exec format error"):
		return StatusNotExecutable, wrapped
	}
	return 0, wrapped
}

func (r *AgentRun) warn(text string) {
	if r.Warn != nil {
		r.Warn(text)
	}
}
