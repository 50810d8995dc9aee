package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// checkCaddyfile has the sidecar's own binary check the plan's Caddyfile, in a
// container without network or secrets.
func (b *Backend) checkCaddyfile(ctx context.Context, p *plan.Plan, ca []byte, labels map[string]string) (err error) {
	id, err := b.createContainer(ctx, checkSpec(namesOf(p.Slug).check, b.Image, dummies(p), labels))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.removeContainer(ctx, id)) }()
	if err := copyFiles(ctx, b.Engine, id, configDir, configFiles(p.Caddyfile, ca)); err != nil {
		return err
	}
	// Registered first, so that an end right after the start is not missed.
	ended := b.Engine.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if err := b.startContainer(ctx, id, "the check of the configuration"); err != nil {
		return err
	}
	select {
	case result := <-ended.Result:
		if result.StatusCode == 0 {
			return nil
		}
	case err := <-ended.Error:
		return explain(ctx, "waiting for the check of the configuration", err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	said, err := b.output(ctx, id)
	if err != nil {
		return err
	}
	return launcher.RefusedCaddyfile(said, caddyfilePath, p.Caddyfile)
}

// waitHealthy waits until a command in a container succeeds, by which it is
// asked from inside: from the host it cannot be reached. A container that ends
// before, or is not healthy in time, is an error with the last of its log.
func (b *Backend) waitHealthy(ctx context.Context, id, what string, command ...string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.healthWithin(), errUnhealthy)
	defer cancel()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		inspected, err := b.Engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err != nil && ctx.Err() == nil {
			return explain(ctx, "looking at "+what, err)
		}
		if err == nil && hasEnded(inspected.Container) {
			return b.withLog(ctx, id, fmt.Errorf("starting %s: it ended at once", what))
		}
		if err == nil {
			if status, _, err := b.exec(ctx, id, command...); err == nil && status == 0 {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, errUnhealthy) {
				return cause
			}
			return b.withLog(ctx, id, fmt.Errorf("starting %s: it %w within %s", what, errUnhealthy, b.healthWithin()))
		case <-ticker.C:
		}
	}
}

const probeEvery = 100 * time.Millisecond

var errUnhealthy = errors.New("did not become healthy")

// hasEnded also sees a container that the engine is about to start again.
func hasEnded(c container.InspectResponse) bool {
	return c.State == nil || !c.State.Running || c.State.Restarting || c.RestartCount > 0
}

// exec runs a command in a container and returns its status and output.
func (b *Backend) exec(ctx context.Context, id string, command ...string) (status int, output string, err error) {
	created, err := b.Engine.ExecCreate(ctx, id, client.ExecCreateOptions{Cmd: command, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, "", err
	}
	attached, err := b.Engine.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, "", err
	}
	defer attached.Close()
	stop := context.AfterFunc(ctx, attached.Close) // reading does not look at ctx
	defer stop()
	var out bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &out, attached.Reader); err != nil {
		return 0, "", err
	}
	inspected, err := b.Engine.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return 0, "", err
	}
	return inspected.ExitCode, out.String(), nil
}

// withLog adds to an error what a container said last.
func (b *Backend) withLog(ctx context.Context, id string, err error) error {
	ctx, cancel := steady(ctx)
	defer cancel()
	said, logErr := b.output(ctx, id)
	if logErr != nil {
		return errors.Join(err, logErr)
	}
	return launcher.WithLog(err, said)
}

// output returns the end of what a container wrote to its standard error.
func (b *Backend) output(ctx context.Context, id string) (string, error) {
	logs, err := b.Engine.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStderr: true, Tail: "50"})
	if err != nil {
		return "", explain(ctx, "reading the sidecar's log", err)
	}
	defer func() { _ = logs.Close() }()
	var out strings.Builder
	if _, err := stdcopy.StdCopy(io.Discard, &out, logs); err != nil {
		return "", explain(ctx, "reading the sidecar's log", err)
	}
	return out.String(), nil
}
