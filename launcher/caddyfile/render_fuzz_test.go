package caddyfile_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// marker is a value that nothing else in a Caddyfile is equal to.
const marker = "MARKER"

// fuzzOptions are those of the process backend.
var fuzzOptions = caddyfile.Options{Bind: "fd/3", Hosts: []string{"127.0.0.1", "localhost"}, GitHubSocket: "fd/4", AgentTokenEnv: "CRED_PROXY_AGENT_TOKEN"}

// planWith is a plan with value in every place that takes a free text.
func planWith(value string) *plan.Plan {
	return &plan.Plan{
		Egress: plan.Egress{ProxyURL: value, CAFile: value},
		Routes: []plan.Route{{
			Path: "/x/", Upstream: "https://x.example.com", TokenEnv: value, GitHint: value,
			Auth:       plan.Auth{Scheme: value, Basic: value, Header: value},
			Append:     []plan.HeaderValue{{Name: value, Value: value}},
			StripQuery: []string{value},
			Write:      bottle.WritePolicy(value), WriteAPI: value, WriteBase: value,
		}},
		Requires: []plan.Requirement{{TokenEnv: value, TokenRef: "X"}},
	}
}

// FuzzRender fails when some text changes the structure of the Caddyfile
// around it, is read back as another text, or is left to Caddy's expansion of
// environment variables and placeholders.
func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"x", `"`, "`", "\\", `\"`, `a\\`, "a b", "\n", "\r\nrespond", "{$HOME}", "{env.HOME}", "}", "{", "#", "# x", "<<EOF", "<<EOF\n",
		"\x00", "\u2028", "\u0085", "\ufeff", "é", "@x", "import", "*", "/*", "$1", "a\tb", "\xff", "' '", "\u00a0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" || value == marker || value == string(bottle.Allow) || value == "/" {
			return // an empty value leaves its line out, and so do the defaults
		}
		got, err := caddyfile.Render(planWith(value), fuzzOptions)
		if err != nil {
			return
		}
		if strings.ContainsAny(value, "{}") {
			t.Fatalf("rendered %q, which Caddy would expand", value)
		}
		benign, err := caddyfile.Render(planWith(marker), fuzzOptions)
		if err != nil {
			t.Fatal(err)
		}
		want := tokens(benign)
		for i := range want {
			if want[i] == marker {
				want[i] = value
			}
		}
		if diff := cmp.Diff(want, tokens(got)); diff != "" {
			t.Errorf("%q changes the Caddyfile (-want +got):\n%s", value, diff)
		}
	})
}

// tokens reads a Caddyfile as Caddy's lexer does: a quote or a backtick opens
// a token at its start only, in double quotes \" is a quote and nothing else
// is escaped, "#" at the start of a token is a comment, "<<" one of a heredoc
// (which comes out as HEREDOC, since no value may open one), and the end of a
// line is a token of its own here.
func tokens(text string) []string {
	var all []string
	runes := []rune(text)
	for i := 0; i < len(runes); {
		switch c := runes[i]; {
		case c == '\n':
			all = append(all, "\n")
			i++
		case unicode.IsSpace(c):
			i++
		case c == '#':
			for i < len(runes) && runes[i] != '\n' {
				i++
			}
		case c == '"' || c == '`':
			var value []rune
			for i++; i < len(runes) && runes[i] != c; i++ {
				if c == '"' && runes[i] == '\\' && i+1 < len(runes) {
					if runes[i+1] != '"' {
						value = append(value, '\\')
					}
					i++
				}
				value = append(value, runes[i])
			}
			i++
			all = append(all, string(value))
		default:
			start := i
			for i < len(runes) && !unicode.IsSpace(runes[i]) {
				i++
			}
			word := string(runes[start:i])
			if strings.HasPrefix(word, "<<") {
				word = "HEREDOC"
			}
			all = append(all, word)
		}
	}
	return all
}
