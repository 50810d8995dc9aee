package caddyfile_test

import (
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
	"github.com/bot-bottle/cred-proxy/launcher/internal/goldentest"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestGoldens fails when the rendered Caddyfile of a bottle changes: each
// file in testdata holds a bottle file and its Caddyfile.
func TestGoldens(t *testing.T) {
	goldentest.Run(t, func(t *testing.T, b *bottle.Bottle, p *plan.Plan) string {
		got, err := caddyfile.Render(p, caddyfile.Options{
			Bind: "fd/3", Hosts: []string{"127.0.0.1", "localhost"}, AgentTokenEnv: "CRED_PROXY_AGENT_TOKEN", GitHubSocket: "fd/4", MetricsListen: b.MetricsListen,
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	})
}

func prepare(t *testing.T, source string) *plan.Plan {
	t.Helper()
	_, p := goldentest.Prepare(t, source)
	return p
}

// TestTemplatesOfOperators fails when a template that cannot be used is not
// reported by name and line.
func TestTemplatesOfOperators(t *testing.T) {
	p := prepare(t, "tokens: [{kind: npm, token_ref: A}]")
	tests := []struct{ name, template, want string }{
		{"a syntax error", "{\n{{ if }}\n", "own.tmpl:2"},
		{"an unknown field", "{{ .Frobnicate }}", "own.tmpl:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := caddyfile.Render(p, caddyfile.Options{Template: test.template, TemplateName: "own.tmpl"})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	got, err := caddyfile.Render(p, caddyfile.Options{Template: "{{ range .Routes }}{{ .Path }} {{ .Upstream }}{{ end }}", TemplateName: "own.tmpl"})
	if err != nil || got != "/npm/ https://registry.npmjs.org" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestValuesThatCannotBeQuoted fails when a value could become configuration.
func TestValuesThatCannotBeQuoted(t *testing.T) {
	for _, hint := range []string{"{$HOME}", "{env.HOME}", "a\"b", "a`b", "a\nb", `a\`, "}"} {
		p := prepare(t, "tokens: [{kind: npm, token_ref: A}]")
		p.Routes[0].GitHint = hint
		if text, err := caddyfile.Render(p, caddyfile.Options{Bind: "fd/3"}); err == nil {
			t.Errorf("%q was rendered:\n%s", hint, text)
		}
	}
}
