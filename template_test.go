package credproxy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
	_ "github.com/caddyserver/caddy/v2/modules/metrics"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// hostile are strings that mean something to Caddy, YAML, shells or regular
// expressions.
var hostile = []string{
	`"`, "`", `\`, `a"b`, `a\"b`, "{$HOME}", "{env.HOME}", "{", "}", "}\nhandle {\nrespond pwned\n}\n", "a\nadmin on", "# x", "a #b",
	"$1", "${1}", "*", "(?i)", ".*", "\x00", "\u2028", "é", "a b", "import /etc/passwd", "<<EOF", "&", ";", "'", "%7B", "[::1]",
}

// TestNoValueBecomesConfiguration puts hostile strings into every field of a
// bottle file. Each is refused, or ends up in Caddy's configuration as data:
// if this fails, who writes a bottle file, or part of one, configures Caddy.
func TestNoValueBecomesConfiguration(t *testing.T) {
	fields := map[string]string{
		"kind url":     "tokens: [{kind: gitea, token_ref: A, url: %s}]",
		"url path":     "tokens: [{kind: npm, token_ref: A, url: 'https://n.example/'}]\nname: %s",
		"kind path":    "tokens: [{kind: npm, token_ref: A, path: %s}]",
		"kind write":   "tokens: [{kind: npm, token_ref: A, write: %s}]",
		"route write":  "routes: [{path: /x/, upstream: 'https://x.example', auth: {scheme: S, token_ref: A}, write: %s}]",
		"token_ref":    "tokens: [{kind: npm, token_ref: %s}]",
		"route path":   "routes: [{path: %s, upstream: 'https://x.example', auth: {scheme: Bearer, token_ref: A}}]",
		"upstream":     "routes: [{path: /x/, upstream: %s, auth: {scheme: Bearer, token_ref: A}}]",
		"scheme":       "routes: [{path: /x/, upstream: 'https://x.example', auth: {scheme: %s, token_ref: A}}]",
		"basic":        "routes: [{path: /x/, upstream: 'https://x.example', auth: {basic: %s, token_ref: A}}]",
		"header":       "routes: [{path: /x/, upstream: 'https://x.example', auth: {header: %s, token_ref: A}}]",
		"git upstream": "git: [{name: a, upstream: %s}]\ntokens: [{kind: gitea, token_ref: A, url: 'https://g.example'}]",
		"proxy_url":    "egress: {proxy_url: %s}\ntokens: [{kind: npm, token_ref: A}]",
		"ca_file":      "egress: {proxy_url: 'http://p.example:1', ca_file: %s}\ntokens: [{kind: npm, token_ref: A}]",
		"metrics":      "metrics: {listen: %s}\ntokens: [{kind: npm, token_ref: A}]",
	}
	wrap := map[string]string{
		"kind url": "https://g.example/%s", "kind path": "/a%s/", "route path": "/a%s/", "upstream": "https://x.example/%s",
		"git upstream": "git@g.example:%s", "proxy_url": "http://%s", "ca_file": "/x%s.pem",
	}
	for field, document := range fields {
		for _, value := range hostile {
			candidates := []string{value}
			if wrap[field] != "" {
				candidates = append(candidates, fmt.Sprintf(wrap[field], value))
			}
			for _, candidate := range candidates {
				quoted, err := json.Marshal(candidate)
				if err != nil {
					t.Fatal(err)
				}
				checkHarmless(t, field, candidate, fmt.Sprintf(document, quoted))
			}
		}
	}
}

func checkHarmless(t *testing.T, field, value, document string) {
	t.Helper()
	b, err := bottle.Parse("dev.yaml", []byte("backend: process\n"+document), "")
	if err != nil {
		return // refused
	}
	p, err := launcher.Prepare(b)
	if err != nil {
		return // refused
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(p.Caddyfile), nil)
	if err != nil {
		t.Errorf("%s %q: Caddy does not read it: %v", field, value, err)
		return
	}
	for _, word := range []string{"pwned", "root:x:", `"admin":{"disabled":false`} {
		if strings.Contains(string(config), word) {
			t.Errorf("%s %q became configuration", field, value)
		}
	}
	want := len(p.Routes)
	if got := strings.Count(string(config), `"handler":"cred_inject"`); got != want {
		t.Errorf("%s %q: %d cred_inject for %d routes", field, value, got, want)
	}
	if !strings.Contains(string(config), `"admin":{"disabled":true,"config":{"persist":false}}`) {
		t.Errorf("%s %q: the admin endpoint or autosave is on", field, value)
	}
}
