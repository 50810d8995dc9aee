package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/state"
)

func newPsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "ps",
		Short: "List the bottles that run",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.runPs() },
	}
}

// psRow is one bottle in the output of ps.
type psRow struct {
	Bottle string `json:"bottle"`
	Slug   string `json:"slug"`
	// Status is "running", "starting", or "dead" for a bottle whose sidecar
	// ended by itself or whose `run` was killed.
	Status string `json:"status"`
	// Mode is "up" or "run".
	Mode    string    `json:"mode"`
	URL     string    `json:"url"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

func (a *app) runPs() error {
	if err := a.refuseDocker(); err != nil {
		return err
	}
	backend, err := a.process()
	if err != nil {
		return err
	}
	slugs, err := backend.Store.Slugs()
	if err != nil {
		return runtimeError(err, "")
	}
	rows := []psRow{}
	for _, slug := range slugs {
		record, err := backend.Store.Read(slug)
		if errors.Is(err, state.ErrNone) { // about to start, or just ended
			continue
		}
		if err != nil {
			return runtimeError(err, "remove that directory once nothing of the bottle runs")
		}
		rows = append(rows, newPsRow(record))
	}
	if a.opts.Format == "json" {
		return a.printJSON(rows)
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "BOTTLE\tSTATUS\tMODE\tURL\tPID\tSTARTED")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", r.Bottle, r.Status, r.Mode, r.URL, r.PID, r.Started.Local().Format(time.DateTime))
	}
	return table.Flush()
}

func newPsRow(r *state.Record) psRow {
	row := psRow{Bottle: r.Bottle, Slug: r.Slug, Mode: "up", Status: "dead", Started: r.Started}
	if r.Port != 0 {
		row.URL = fmt.Sprintf("http://127.0.0.1:%d", r.Port)
	}
	if r.Sidecar != nil {
		row.PID = r.Sidecar.PID
	}
	orphaned := false
	if r.Launcher != nil {
		row.Mode, orphaned = "run", !r.Launcher.Alive()
	}
	switch {
	case orphaned:
	case r.Phase == state.Starting:
		row.Status = state.Starting
	case r.Alive():
		row.Status = state.Running
	}
	return row
}
