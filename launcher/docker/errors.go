package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// explain adds to an error of the engine what it means and what to do. The
// engine's own text stays: it is the best part. ctx is the one whose end may
// be the reason.
func explain(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); errors.Is(cause, errSlow) {
		err = cause
	} else if cause != nil {
		return cause
	}
	if client.IsErrConnectionFailed(err) {
		doing, err = "reaching the Docker engine", unreachable{err}
	}
	wrapped := fmt.Errorf("%s: %w", doing, err)
	if launcher.Hint(err) != "" {
		return wrapped
	}
	if hint := hintFor(err); hint != "" {
		return launcher.WithHint(wrapped, hint)
	}
	return wrapped
}

// hintFor says what to do about an error of the engine. It tells some errors
// by their text, since the API's status says only "conflict" or "internal".
func hintFor(err error) string {
	text := err.Error()
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("permission denied") && has("docker.sock", "Docker daemon socket", "docker API"):
		return "this user may not use the engine's socket: join the group docker (which is as good as root), or use rootless Docker"
	case client.IsErrConnectionFailed(err):
		return "start the Docker engine, or name another one with DOCKER_HOST; `docker version` shows whether it answers"
	case has("no space left on device"):
		return "the engine's disk is full: `docker system df` shows by what, `docker system prune` frees some"
	case has("No such image", "no such image"):
		return hintImage
	case has("is already in use by container", "already exists in network", "with name"):
		return "another launch may be under way; `cred-proxy ps` and `docker ps -a` show what there is, `cred-proxy cleanup` removes leftovers"
	case has("non-overlapping", "all predefined address pools", "overlaps"):
		return "the engine has no such subnet left: end bottles (`cred-proxy ps`), remove unused networks (`docker network prune`), or set docker.subnets in config.yaml"
	case has("too many open files", "cannot allocate memory", "resource temporarily unavailable"):
		return "the engine's host is at a limit; end something and try again"
	case errors.Is(err, errSlow):
		return "`docker info` shows how it is; once it answers again, `cred-proxy cleanup` removes what is left over"
	case errdefs.IsUnavailable(err), has("EOF", "connection reset"):
		return "the engine ended in the middle of it; once it is back, `cred-proxy cleanup` removes what is left over"
	}
	return ""
}

const hintImage = "`cred-proxy image build` builds the sidecar's image"

// unreachable is an engine's error that is a launcher.ErrUnreachable as well.
type unreachable struct{ error }

func (u unreachable) Unwrap() []error { return []error{u.error, launcher.ErrUnreachable} }

// reachable returns the version of the engine's API, or why it is of no use.
func (b *Backend) reachable(ctx context.Context) (apiVersion string, err error) {
	ping, err := b.Engine.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		return "", explain(ctx, "reaching the Docker engine", err)
	}
	switch {
	case ping.APIVersion == "" || versions.LessThan(ping.APIVersion, apiOldest):
		return "", launcher.WithHint(fmt.Errorf("the Docker engine's API is version %q; cred-proxy needs %s", ping.APIVersion, apiOldest),
			"use Docker Engine 20.10 or newer")
	case ping.OSType != "" && ping.OSType != "linux":
		return "", launcher.WithHint(fmt.Errorf("the Docker engine runs %s containers; cred-proxy needs Linux ones", ping.OSType),
			"switch Docker Desktop to Linux containers")
	}
	return ping.APIVersion, nil
}

var errDebug = errors.New("the Docker engine is in debug mode, in which it logs what containers are created with, and that would be the tokens")

// keepsSecrets refuses an engine that would write tokens into its log: in debug
// mode it logs the bodies of requests up to 4 KiB (moby, api/server/middleware,
// DebugRequestMiddleware), whatever is in a container's environment. It returns
// the version of the engine's kernel.
func (b *Backend) keepsSecrets(ctx context.Context) (kernel string, err error) {
	engine, err := b.Engine.Info(ctx, client.InfoOptions{})
	if err != nil {
		return "", explain(ctx, "asking the engine whether it logs requests", err)
	}
	if engine.Info.Debug {
		return "", launcher.WithHint(errDebug, `take "debug": true out of the engine's daemon.json, or -D off its command line, and start it again`)
	}
	return engine.Info.KernelVersion, nil
}

// imageThere refuses to go on without the image.
func (b *Backend) imageThere(ctx context.Context, image, hint string) error {
	_, err := b.Engine.ImageInspect(ctx, image)
	if errdefs.IsNotFound(err) {
		return launcher.WithHint(fmt.Errorf("image %s is missing: %w", image, err), hint)
	}
	return explain(ctx, "looking for image "+image, err)
}

// ignoreNotFound makes the absence of what is to be removed a success.
func ignoreNotFound(err error) error {
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}
