package docker

import (
	"context"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// Logs copies a bottle's log to w as it is, JSON line by JSON line: the
// sidecar's standard output has the requests, its standard error the rest.
func (b *Backend) Logs(ctx context.Context, slug string, o launcher.LogOptions, w io.Writer) error {
	found, err := b.ofBottle(ctx, slug)
	if err != nil {
		return err
	}
	c := found.sidecar()
	if c == nil {
		return launcher.NotRunning(slug)
	}
	logs, err := b.Engine.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{
		ShowStdout: !o.Runtime, ShowStderr: o.Runtime, Follow: o.Follow,
	})
	if err != nil {
		return explain(ctx, "reading the sidecar's log", err)
	}
	defer func() { _ = logs.Close() }()
	_, err = stdcopy.StdCopy(w, w, logs)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("reading the sidecar's log: %w", err)
	}
	return nil
}
