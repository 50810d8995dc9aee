package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// passedOn are the signals that the agent gets when the launcher is sent them.
var passedOn = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP}

const (
	// signalWithin is how long the engine may take to pass a signal on.
	signalWithin = 10 * time.Second
	// detachedAfter is how long after the end of its terminal's output an
	// agent's container may take to end.
	detachedAfter = 20 * time.Second
	// unreadAfter is how long an agent may take to end after a SIGPIPE, before
	// it gets a SIGTERM: programs that rely on write errors ignore the former.
	unreadAfter = 2 * time.Second
)

// errLost is why an agent that may still run is given up.
var errLost = errors.New("the connection to the Docker engine was lost")

// attendance is what happens while the agent runs.
type attendance struct {
	run     *AgentRun
	id      string
	streams *streams
	// terms counts the SIGTERMs, unwritten is why output was lost.
	terms     int
	unwritten error
}

// untilEnd returns when the agent has ended and its output is written.
func (a *attendance) untilEnd(ctx context.Context, wait client.ContainerWaitResult, signals <-chan os.Signal) (int, error) {
	output := a.streams.output
	var detached, unread <-chan time.Time
	for {
		select {
		case sig := <-signals:
			a.pass(ctx, sig)
		case response := <-wait.Result:
			return a.ended(response, output, signals)
		case err := <-wait.Error:
			return 0, lost(err)
		case err := <-a.streams.unwanted:
			a.drop(err)
			a.kill(ctx, syscall.SIGPIPE)
			unread = time.After(unreadAfter)
		case <-unread:
			a.pass(ctx, syscall.SIGTERM)
		case <-a.streams.stopped:
			a.kill(ctx, syscall.SIGCONT)
		case err := <-output:
			if err != nil {
				return 0, lost(err)
			}
			output = nil
			if a.run.Spec.Terminal { // only the container's end, or detaching, ends a terminal
				detached = time.After(detachedAfter)
			}
		case <-detached:
			return 0, lost(errors.New("the agent was detached from its terminal"))
		}
	}
}

func lost(err error) error {
	return launcher.WithHint(fmt.Errorf("running the agent: %w: %w", errLost, err),
		"`docker ps` shows whether the agent still runs, `cred-proxy cleanup` ends it")
}

// ended waits for the rest of the output. A reader may take as long as it
// likes, but a signal ends the waiting.
func (a *attendance) ended(response container.WaitResponse, output <-chan error, signals <-chan os.Signal) (int, error) {
	for output != nil {
		select {
		case err := <-output:
			if err != nil {
				return 0, lost(err)
			}
			output = nil
		case err := <-a.streams.unwanted:
			a.drop(err)
		case <-signals:
			output = nil
		}
	}
	select { // the last of the output may have been lost
	case err := <-a.streams.unwanted:
		a.drop(err)
	default:
	}
	if response.Error != nil && response.Error.Message != "" {
		return 0, fmt.Errorf("running the agent: %s", response.Error.Message)
	}
	if a.unwritten != nil {
		return 0, fmt.Errorf("writing the agent's output: %w", a.unwritten)
	}
	return int(response.StatusCode), nil
}

// drop notes why output is lost. Who closes a pager or a terminal knows.
func (a *attendance) drop(err error) {
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.EIO) && a.unwritten == nil {
		a.unwritten = err
	}
}

// pass passes a signal on. What has stopped is continued, as it could not end
// otherwise.
func (a *attendance) pass(ctx context.Context, sig os.Signal) {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return
	}
	if number == syscall.SIGTERM {
		a.terms++
	}
	if a.terms > 1 {
		number = syscall.SIGKILL
	}
	a.kill(ctx, number)
	if number == syscall.SIGTERM || number == syscall.SIGHUP {
		a.kill(ctx, syscall.SIGCONT)
	}
}

// kill sends the agent a signal. An error means that it has ended, or that the
// connection is lost, which the waiting notices.
func (a *attendance) kill(ctx context.Context, number syscall.Signal) {
	ctx, cancel := context.WithTimeout(ctx, signalWithin)
	defer cancel()
	_, _ = a.run.Engine.ContainerKill(ctx, a.id, client.ContainerKillOptions{Signal: unix.SignalName(number)})
}
