package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

func newDoctorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor [NAME]",
		Short: "Check a bottle: its file, the backend, the tokens, and each route's upstream",
		Long: "Check a bottle: its file, the backend, the tokens, the egress proxy's CA, and each route's upstream with one\n" +
			"harmless GET request through the sidecar. A bottle that does not run is started for that, and ended again.\n" +
			"The exit status is 1 when a check failed.",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runDoctor(cmd.Context(), nameArgument(args))
		},
	}
	a.addImageFlag(cmd)
	return cmd
}

func (a *app) runDoctor(ctx context.Context, name string) error {
	ctx, release := interruptible(ctx)
	defer release()
	findings, err := a.examine(ctx, name)
	if a.ended(err) != nil {
		return err
	}
	if ctx.Err() != nil {
		return failure(context.Cause(ctx), nil)
	}
	if err := a.printFindings(findings); err != nil {
		return err
	}
	if anyFailed(findings) {
		return &exitError{code: statusRuntime}
	}
	return nil
}

// examine does all checks that make sense after those before them.
func (a *app) examine(ctx context.Context, name string) ([]launcher.Finding, error) {
	b, p, err := a.loadAsItRuns(name)
	var problems bottle.Problems
	switch {
	case errors.As(err, &problems):
		findings := []launcher.Finding{failed("bottle file", err, "")}
		kind, err := a.chooseBackend(&bottle.Bottle{})
		if err != nil {
			return nil, err
		}
		_, more := a.checkBackend(ctx, kind)
		return append(findings, more...), nil
	case err != nil:
		return nil, err
	}
	if err := a.checkLaunch(b); err != nil {
		return nil, err
	}
	findings := []launcher.Finding{{Check: "bottle file", Status: launcher.OK, Detail: b.File + " is valid"}}
	findings = append(findings, a.checkConfig()...)
	backend, more := a.checkBackend(ctx, b.Backend)
	findings = append(findings, more...)
	runs := backend != nil && isRunning(ctx, backend, b.Slug())
	findings = append(findings, checkTokens(p, a.env, runs)...)
	findings = append(findings, checkCA(p.Egress.CAFile)...)
	if anyFailed(findings) {
		return append(findings, launcher.Finding{
			Check: "routes", Status: launcher.Warning, Detail: "not checked", Hint: "mend what failed first",
		}), nil
	}
	if runs {
		return append(findings, a.checkRoutes(ctx, backend, b.Slug(), p)...), nil
	}
	return append(findings, a.checkRoutesInTrial(ctx, b)...), nil
}

// checkBackend returns the backend, unless it is not there.
func (a *app) checkBackend(ctx context.Context, kind string) (backend, []launcher.Finding) {
	b, err := a.backendNamed(kind)
	if err != nil {
		var exit *exitError
		hint := ""
		if errors.As(err, &exit) {
			hint = exit.hint
		}
		return nil, []launcher.Finding{failed("backend", err, hint)}
	}
	return b, b.Check(ctx)
}

func isRunning(ctx context.Context, b backend, slug string) bool {
	list, err := b.List(ctx)
	return err == nil && slices.ContainsFunc(list, func(s launcher.Status) bool {
		return s.Slug == slug && s.Status == launcher.Running
	})
}

func failed(check string, err error, hint string) launcher.Finding {
	if hint == "" {
		hint = launcher.Hint(err)
	}
	return launcher.Finding{Check: check, Status: launcher.Failed, Detail: err.Error(), Hint: hint}
}

func anyFailed(findings []launcher.Finding) bool {
	return slices.ContainsFunc(findings, func(f launcher.Finding) bool { return f.Status == launcher.Failed })
}

func (a *app) printFindings(findings []launcher.Finding) error {
	if a.opts.Format == "json" {
		return a.printJSON(findings)
	}
	rows := [][]string{{"CHECK", "STATUS", "DETAIL"}}
	for _, f := range findings {
		if a.opts.Quiet && f.Status == launcher.OK {
			continue
		}
		check, status := f.Check, f.Status
		for line := range strings.SplitSeq(f.Detail, "\n") {
			rows = append(rows, []string{check, status, line})
			check, status = "", ""
		}
		if f.Hint != "" {
			rows = append(rows, []string{"", "", "hint: " + f.Hint})
		}
	}
	if len(rows) == 1 {
		return nil
	}
	return a.printTable(rows, 1)
}

// reference returns the host variable that a route's token comes from.
func reference(p *plan.Plan, r plan.Route) string {
	for _, q := range p.Requires {
		if q.TokenEnv == r.TokenEnv {
			return q.TokenRef
		}
	}
	return fmt.Sprintf("slot %s", r.TokenEnv)
}
