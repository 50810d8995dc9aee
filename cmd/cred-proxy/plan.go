package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

func newPlanCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "plan [NAME]",
		Short:             "Show what would happen, without secrets",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeBottles,
		RunE: func(_ *cobra.Command, args []string) error {
			_, p, err := a.load(nameArgument(args))
			if err != nil {
				return err
			}
			if a.opts.Format == "json" {
				return a.printJSON(p)
			}
			printPlan(a.stdout, p)
			a.noteUnguarded(p)
			return nil
		},
	}
}

// noteUnguarded says so when the template of an operator leaves a write
// policy out. The policy stands in the bottle file, and somebody would rely on it.
func (a *app) noteUnguarded(p *plan.Plan) {
	for _, r := range p.Routes {
		if r.Write != bottle.Allow && !strings.Contains(p.Caddyfile, "write_guard") {
			a.note("the template has no write_guard, so write: " + string(r.Write) + " of " + r.Path + " is without effect")
			return
		}
	}
}

func printPlan(w io.Writer, p *plan.Plan) {
	fmt.Fprintf(w, "Bottle %s (backend %s)\n\nRoutes\n", p.Bottle, p.Backend)
	refs := make(map[string]string)
	for _, r := range p.Requires {
		refs[r.TokenEnv] = r.TokenRef
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  PATH\tUPSTREAM\tAUTH\tSLOT\tFROM\tWRITE")
	for _, r := range p.Routes {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", r.Path, r.Upstream, describeAuth(r.Auth), r.TokenEnv, refs[r.TokenEnv], r.Write)
	}
	_ = table.Flush() // stdout's error shows on the next write as well

	fmt.Fprintln(w, "\nEgress")
	if p.Egress.ProxyURL == "" {
		fmt.Fprintln(w, "  directly to the upstreams")
	} else {
		fmt.Fprintf(w, "  through %s only", p.Egress.ProxyURL)
		if p.Egress.Pipelock != nil {
			fmt.Fprintf(w, ", started from %s, with a CA of its own", p.Egress.Pipelock.Image)
		}
		if p.Egress.CAFile != "" {
			fmt.Fprintf(w, ", trusting %s", p.Egress.CAFile)
		}
		fmt.Fprintln(w)
	}
	if p.Egress.Agent == plan.AgentPipelock {
		fmt.Fprintln(w, "  the agent's own through a second one, with every header searched")
	}
	if len(p.Networks) > 0 {
		fmt.Fprintln(w, "\nNetworks")
		for _, n := range p.Networks {
			fmt.Fprintf(w, "  %s\n", n.Name)
		}
	}
	fmt.Fprintln(w, "\nAgent environment")
	for _, name := range sortedKeys(p.Agent.Env) {
		fmt.Fprintf(w, "  %s=%s\n", name, p.Agent.Env[name])
	}
	fmt.Fprintln(w, "\nAgent files")
	for _, name := range sortedKeys(p.Agent.Files) {
		fmt.Fprintf(w, "  %s\n%s", name, indent(p.Agent.Files[name], "    "))
	}
	fmt.Fprintf(w, "\nCaddyfile\n%s", indent(p.Caddyfile, "  "))
}

func describeAuth(a plan.Auth) string {
	switch {
	case a.Basic != "":
		return "Basic " + a.Basic
	case a.Header != "":
		return strings.TrimSpace(a.Header + ": " + a.Scheme)
	}
	return a.Scheme
}

func indent(text, with string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(with)
		}
		b.WriteString(line)
	}
	return b.String()
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
