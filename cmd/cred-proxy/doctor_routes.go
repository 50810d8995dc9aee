package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// checkRoutesInTrial is checkRoutes for a bottle that does not run: it starts
// one of another name for it, with state of its own, and ends it in any case.
func (a *app) checkRoutesInTrial(ctx context.Context, b *bottle.Bottle) (findings []launcher.Finding) {
	const check = "sidecar start"
	dir, err := os.MkdirTemp(existing(a.env["XDG_RUNTIME_DIR"]), "cp") // short, for Unix sockets
	if err != nil {
		return []launcher.Finding{failed(check, err, "")}
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			findings = append(findings, failed("cleaning up", err, ""))
		}
	}()
	trial := *a
	trial.env = maps.Clone(a.env)
	trial.env["XDG_RUNTIME_DIR"] = dir
	trial.launch.Attached, trial.opts.Quiet = true, true
	named := *b
	named.Name = "doctor-" + b.Name
	p, err := launcher.Prepare(&named)
	if err != nil {
		return []launcher.Finding{failed(check, err, "")}
	}
	backend, err := trial.backendNamed(b.Backend)
	if err != nil {
		return []launcher.Finding{failed(check, err, "")}
	}
	a.begin("starting a sidecar for the checks")
	target, err := backend.Start(ctx, p)
	if a.ended(err) != nil {
		return []launcher.Finding{failed(check, err, "")}
	}
	findings = a.checkRoutes(ctx, backend, target.Slug, p)
	if err := backend.Stop(context.WithoutCancel(ctx), target); err != nil {
		findings = append(findings, failed("cleaning up", err, "`cred-proxy cleanup` removes what is left"))
	}
	return findings
}

// existing returns a directory if it is there.
func existing(dir string) string {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// probeWithin is how long an upstream may take to answer.
const probeWithin = 30 * time.Second

// checkRoutes asks each route's upstream for something harmless.
func (a *app) checkRoutes(ctx context.Context, b backend, slug string, p *plan.Plan) []launcher.Finding {
	var findings []launcher.Finding
	for _, r := range p.Routes {
		if ctx.Err() != nil {
			break
		}
		a.begin("asking " + r.Host + " through " + r.Path)
		found := checkRoute(ctx, b, slug, r, reference(p, r))
		a.steps().end(found.Status != launcher.Failed)
		findings = append(findings, found)
	}
	return findings
}

func checkRoute(ctx context.Context, b backend, slug string, r plan.Route, ref string) launcher.Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, probeWithin, errors.New("no answer within "+probeWithin.String()))
	defer cancel()
	check, began := "route "+r.Path, now()
	status, code, message, err := b.Probe(ctx, slug, r.Path+r.Harmless)
	switch {
	case err != nil && ctx.Err() != nil:
		return failed(check, fmt.Errorf("%s: %w", r.Host, context.Cause(ctx)), "look at the network, and at what `cred-proxy logs` says")
	case err != nil:
		return failed(check, err, "")
	case code != "":
		return refused(check, r, code, message)
	}
	return judge(check, r, ref, status, now().Sub(began))
}

// refused is what a refusal of the sidecar's own means.
func refused(check string, r plan.Route, code, message string) launcher.Finding {
	text, hint, _ := strings.Cut(message, "\n")
	if code == "no_route" {
		text, hint = "the running bottle does not have this route", "`cred-proxy reload` makes it follow its bottle file"
	}
	return launcher.Finding{Check: check, Status: launcher.Failed, Detail: fmt.Sprintf("%s: %s (%s)", r.Host, text, code), Hint: hint}
}

// judge is what an answer of the upstream means.
func judge(check string, r plan.Route, ref string, status int, took time.Duration) launcher.Finding {
	f := launcher.Finding{Check: check, Status: launcher.OK, Detail: fmt.Sprintf("%s answers %d in %d ms", r.Host, status, took.Milliseconds())}
	switch {
	case slices.Contains(r.Rejects, status):
		f.Status, f.Detail = launcher.Failed, fmt.Sprintf("%s answers %d: the token is not accepted", r.Host, status)
		f.Hint = fmt.Sprintf("look whether the token in %s has expired, belongs to this service, and may read %s", ref, "/"+r.Harmless)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.Status, f.Hint = launcher.Warning, fmt.Sprintf("the token in %s may not be accepted, or not for this path", ref)
	case status >= http.StatusInternalServerError:
		f.Status, f.Hint = launcher.Warning, "the service has a problem of its own; try again later"
	}
	return f
}
