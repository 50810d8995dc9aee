package caddyfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

const separator = "----------\n"

// TestGoldens fails when the rendered Caddyfile of a bottle changes: each
// file in testdata holds a bottle file and its Caddyfile. UPDATE_GOLDENS=1
// writes them anew.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(content), separator)
			p := prepare(t, source)
			got, err := caddyfile.Render(p, caddyfile.Options{
				Bind: "fd/3", AgentTokenEnv: "CRED_PROXY_AGENT_TOKEN", GitHubSocket: "fd/4", MetricsListen: metrics(source),
			})
			if err != nil {
				t.Fatal(err)
			}
			if os.Getenv("UPDATE_GOLDENS") != "" {
				if err := os.WriteFile(file, []byte(source+separator+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func metrics(source string) string {
	if strings.Contains(source, "metrics:") {
		return "127.0.0.1:9110"
	}
	return ""
}

func prepare(t *testing.T, source string) *plan.Plan {
	t.Helper()
	b, err := bottle.Parse("dev.yaml", []byte(source), "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Prepare(b)
	if err != nil {
		t.Fatal(err)
	}
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
