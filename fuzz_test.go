package credproxy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// FuzzCaddyfile fails when a text in any one field of a bottle file gives the
// configuration that Caddy's own adapter reads another structure than a
// harmless text does, Caddy refuses it, or something of the environment comes
// into it.
func FuzzCaddyfile(f *testing.F) {
	for i, text := range injections {
		f.Add(uint8(i), uint8(i/2), text)
		f.Add(uint8(i+7), uint8(0), text)
	}
	f.Add(uint8(7), uint8(1), "a(b)c*d!$e&f'g")
	f.Add(uint8(7), uint8(2), "xn--e1afmkfd")
	f.Add(uint8(8), uint8(3), "a~b:@+,=")
	f.Setenv("HOME", "EXPANDED-"+sentinel)
	names := slices.Sorted(maps.Keys(fields))
	f.Fuzz(func(t *testing.T, field, shape uint8, text string) {
		if len(text) > 200 || !utf8.ValidString(text) {
			return
		}
		clear(harmlessShapes) // of texts that come once
		form := shapes[int(shape)%len(shapes)]
		checkField(t, fields[names[int(field)%len(names)]], fmt.Sprintf(form, text), fmt.Sprintf(form, harmlessFor(text)))
	})
}

// ownHandlers are the handlers that the template has.
var ownHandlers = []string{
	"agent_auth", "cred_inject", "limits", "metrics", "refuse", "reverse_proxy", "rewrite", "static_response", "subroute", "unpack_fetch", "upstream_links", "vars", "write_guard",
}

// FuzzBottleFile fails when a bottle file that is accepted cannot be planned,
// rendered or read by Caddy, or when the sidecar's configuration has a handler
// that is not the template's, another number of credentials than the plan has
// routes, or dials an address that is no upstream's.
func FuzzBottleFile(f *testing.F) {
	for _, format := range fields {
		f.Add([]byte(fmt.Sprintf(format, "x")))
	}
	for _, seed := range []string{
		"tokens: [{kind: anthropic, token_ref: A}, {kind: github, token_ref: A}, {kind: gitea, token_ref: A, url: 'https://g.example:8443/sub'}, {kind: gitlab, token_ref: A}, {kind: npm, token_ref: A, write: allow}]\n",
		"routes: [{path: /x/, upstream: 'http://127.0.0.1:8080/a%20b', auth: {header: X-A, scheme: S, token_ref: A}}, {path: /x/y/, upstream: 'https://[::1]', auth: {basic: u, token_ref: B}, write: read-only}]\n",
		"tokens: [{kind: github, token_ref: A, url: 'https://ghe.example'}]\ngit: [{name: a, upstream: git@ghe.example:a/b}]\negress: {proxy_url: 'http://p:1', ca_file: /etc/ca.pem, passthrough: [ghe.example]}\nmetrics: {listen: '127.0.0.1:9100'}\n",
		`{"bottles":{"a":{"tokens":[{"Kind":"gitea","TokenRef":"A","Url":"https://g.example"}]}}}`, "tokens: [{kind: openai, token_ref: A}, {kind: gemini, token_ref: A}, {kind: huggingface, token_ref: A}, {kind: pypi, token_ref: A}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		b, err := bottle.Parse("dev.yaml", content, "")
		if err != nil || b.Egress.PipelockImage != "" { // the backend makes up its CA
			return
		}
		b.Backend = "process"
		p, err := plan.Prepare(b)
		if err != nil {
			t.Fatalf("%q is accepted and cannot be planned: %v", content, err)
		}
		o := processOptions
		o.MetricsListen = b.MetricsListen
		rendered, err := caddyfile.Render(p, o)
		if err != nil {
			t.Fatalf("%q is accepted and cannot be rendered: %v", content, err)
		}
		config, err := adapt(t, rendered)
		if err != nil {
			t.Fatalf("%q is accepted, and Caddy refuses %s: %v", content, rendered, err)
		}
		checkConfig(t, content, p, config)
	})
}

func checkConfig(t *testing.T, content []byte, p *plan.Plan, config string) {
	t.Helper()
	upstreams := map[string]bool{}
	for _, r := range p.Routes {
		scheme, rest, _ := strings.Cut(r.Upstream, "://")
		host, _, _ := strings.Cut(rest, "/")
		if !strings.Contains(host[strings.LastIndexByte(host, ']')+1:], ":") {
			host += map[string]string{"https": ":443", "http": ":80"}[scheme]
		}
		upstreams[host] = true
	}
	var v any
	if err := json.Unmarshal([]byte(config), &v); err != nil {
		t.Fatal(err)
	}
	injected := map[string]int{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			if handler, ok := v["handler"].(string); ok && !slices.Contains(ownHandlers, handler) {
				t.Errorf("%q brings in the handler %s", content, handler)
			}
			if v["handler"] == "cred_inject" {
				injected[v["route"].(string)]++
			}
			if dial, ok := v["dial"].(string); ok && !upstreams[dial] {
				t.Errorf("%q: the sidecar dials %s, no upstream of %v", content, dial, upstreams)
			}
			for _, member := range v {
				walk(member)
			}
		}
	}
	walk(v)
	for _, r := range p.Routes {
		if n := injected[r.Path]; n != 1 && (n != 2 || r.Kind != "github") { // gh's socket
			t.Errorf("%q: the route %s has %d credentials", content, r.Path, n)
		}
		delete(injected, r.Path)
	}
	if len(injected) > 0 {
		t.Errorf("%q: credentials of no route: %v", content, injected)
	}
}
