package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/process"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

type logsOptions struct{ Follow, Runtime bool }

func newLogsCommand(a *app) *cobra.Command {
	var o logsOptions
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

func (a *app) runLogs(ctx context.Context, name string, o logsOptions) error {
	backend, err := a.process()
	if err != nil {
		return err
	}
	slug, err := a.slugOf(backend.Store, name)
	if err != nil {
		return err
	}
	file, render := state.AccessLog, renderRequest
	if o.Runtime {
		file, render = state.SidecarLog, process.RenderLogLine
	}
	if a.opts.Format == "json" {
		render = func(line string) string { return line }
	}
	path := filepath.Join(backend.Store.Path(slug), file)
	f, err := os.Open(path) //nolint:gosec // in the state directory
	if errors.Is(err, fs.ErrNotExist) {
		return runtimeError(fmt.Errorf("bottle %q is not running", slug), "`cred-proxy ps` lists what runs")
	}
	if err != nil {
		return runtimeError(fmt.Errorf("reading log: %w", err), "")
	}
	defer func() { _ = f.Close() }()
	more := func() bool { return false }
	if o.Follow {
		more = func() bool { return waitForLog(ctx, path) }
	}
	if err := copyLines(a.stdout, f, render, more); err != nil {
		return runtimeError(fmt.Errorf("reading log: %w", err), "")
	}
	return nil
}

// logPoll is how often a followed log is looked at.
const logPoll = 200 * time.Millisecond

// waitForLog waits a little and tells whether the log is still there.
func waitForLog(ctx context.Context, path string) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(logPoll):
	}
	_, err := os.Stat(path)
	return err == nil
}

// copyLines renders line by line, and asks more at the end whether to go on.
// A line is rendered once its end is there.
func copyLines(w io.Writer, r io.Reader, render func(string) string, more func() bool) error {
	lines := bufio.NewReader(r)
	partial, last := "", false
	for {
		text, err := lines.ReadString('\n')
		partial += text
		switch {
		case err == nil:
			if _, err := fmt.Fprintln(w, render(strings.TrimSuffix(partial, "\n"))); err != nil {
				return err
			}
			partial = ""
		case !errors.Is(err, io.EOF):
			return err
		case last:
			return nil
		default:
			last = !more() // what came while waiting is still read
		}
	}
}

// request is one line of the sidecar's access log.
type request struct {
	Time     time.Time `json:"time"`
	Route    string    `json:"route"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status"`
	BytesOut int64     `json:"bytes_out"`
	Duration float64   `json:"duration_ms"`
	Decision string    `json:"decision"`
	Upstream string    `json:"upstream"`
}

// renderRequest turns a line of the access log into columns. The path is the
// agent's, so control characters in it are escaped: they could rewrite what a
// terminal shows.
func renderRequest(line string) string {
	var r request
	if json.Unmarshal([]byte(line), &r) != nil {
		return line
	}
	path := strings.Trim(fmt.Sprintf("%q", r.Path), `"`)
	text := fmt.Sprintf("%s  %3d  %-6s %s  %s  %.0fms %dB", r.Time.Local().Format("15:04:05.000"), r.Status, r.Method, path, r.Decision, r.Duration, r.BytesOut)
	if r.Upstream != "" {
		text += "  → " + r.Upstream
	}
	return text
}
