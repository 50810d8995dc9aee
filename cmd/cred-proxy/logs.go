package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
)

func newLogsCommand(a *app) *cobra.Command {
	var o launcher.LogOptions
	cmd := &cobra.Command{
		Use:               "logs [NAME]",
		Short:             "Show the requests of a bottle, or what its sidecar says",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runLogs(cmd.Context(), nameArgument(args), o)
		},
	}
	cmd.Flags().BoolVarP(&o.Follow, "follow", "F", false, "go on as lines come, until the bottle ends")
	cmd.Flags().BoolVar(&o.Runtime, "runtime", false, "the sidecar's own log instead of its requests")
	return cmd
}

func (a *app) runLogs(ctx context.Context, name string, o launcher.LogOptions) error {
	slug, backend, err := a.running(ctx, name)
	if err != nil {
		return err
	}
	out := &lineWriter{w: a.stdout, render: renderRequest}
	switch {
	case a.opts.Format == "json":
		out.render = func(line string) string { return line }
	case o.Runtime:
		out.render = launcher.RenderLogLine
	}
	if err := backend.Logs(ctx, slug, o, out); err != nil {
		return failure(err, nil)
	}
	return failure(out.flush(), nil)
}

// lineWriter renders what is written to it line by line. A line is rendered
// once its end is there.
type lineWriter struct {
	w       io.Writer
	render  func(line string) string
	partial []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.partial = append(l.partial, p...)
	for {
		line, rest, whole := bytes.Cut(l.partial, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if err := l.print(line); err != nil {
			return 0, err
		}
		l.partial = rest
	}
}

// flush renders a last line that has no end.
func (l *lineWriter) flush() error {
	if len(l.partial) == 0 {
		return nil
	}
	return l.print(l.partial)
}

func (l *lineWriter) print(line []byte) error {
	if _, err := fmt.Fprintln(l.w, l.render(string(line))); err != nil {
		return fmt.Errorf("writing output: %w", err)
	}
	return nil
}

// request is one line of the sidecar's access log.
type request struct {
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status"`
	BytesOut int64     `json:"bytes_out"`
	Duration float64   `json:"duration_ms"`
	Decision string    `json:"decision"`
	Upstream string    `json:"upstream"`
}

// renderRequest turns a line of the access log into columns, those of any
// width last. Method and path are the agent's, so control characters in them
// are escaped: they could rewrite what a terminal shows.
func renderRequest(line string) string {
	var r request
	if json.Unmarshal([]byte(line), &r) != nil || r.Time.IsZero() {
		return escaped(line)
	}
	text := fmt.Sprintf("%s  %3d  %-7s  %-20s  %8.0f ms  %10d B  %s",
		r.Time.Local().Format("15:04:05.000"), r.Status, escaped(r.Method), r.Decision, r.Duration, r.BytesOut, escaped(r.Path))
	if r.Upstream != "" {
		text += "  → " + r.Upstream
	}
	return text
}

func escaped(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
