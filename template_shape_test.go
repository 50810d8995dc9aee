package credproxy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
	_ "github.com/caddyserver/caddy/v2/modules/metrics"
	"github.com/google/go-cmp/cmp"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/caddyfile"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// processOptions are those of the process backend.
var processOptions = caddyfile.Options{Bind: "fd/3", Hosts: []string{"127.0.0.1", "localhost"}, GitHubSocket: "fd/4", AgentTokenEnv: "CRED_PROXY_AGENT_TOKEN"}

// adapt turns a Caddyfile into Caddy's JSON with Caddy's own adapter.
func adapt(t *testing.T, text string) (string, error) {
	t.Helper()
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	return string(config), err
}

// injections are texts that try to leave their place in a Caddyfile, or to have
// Caddy put something else there.
var injections = []string{
	`"`, `x" }`, "`", "x` }", `\`, `x\`, `\"`, `x\" }`, `x\\" }`, "x\n}\nrespond leak", "x\r\n}", "{$HOME}", "{$X:y}", "{env.HOME}",
	"{http.request.header.Authorization}", "{file./etc/hostname}", "{args[0]}", "{block}", "{", "}", "{ }", "x {", "#", "# x", "x # y",
	"<<EOF", "x\x00y", "x\u2028}", "x\u2029}", "x\u0085}", "\ufeffx", "x\u00a0y", "import upstream x", "(snippet)", "&(x)", "$1", "${1}", "*", "@agents",
	"x\ty", "x y", "'x'", "%7b", "é",
}

// sentinel stands in the template plan where the hostile text goes.
const sentinel = "sentinelvalue"

// fields put a text into each place of a bottle file that takes one.
var fields = map[string]string{
	"name":               "name: %s\ntokens: [{kind: npm, token_ref: A}]\n",
	"tokens.url":         "tokens: [{kind: gitea, token_ref: A, url: %s}]\n",
	"tokens.path":        "tokens: [{kind: npm, token_ref: A, path: %s}]\n",
	"tokens.token_ref":   "tokens: [{kind: npm, token_ref: %s}]\n",
	"tokens.kind":        "tokens: [{kind: %s, token_ref: A}]\n",
	"tokens.write":       "tokens: [{kind: npm, token_ref: A, write: %s}]\n",
	"routes.path":        "routes: [{path: %s, upstream: 'https://x.example.com', auth: {scheme: S, token_ref: A}}]\n",
	"routes.upstream":    "routes: [{path: /x/, upstream: %s, auth: {scheme: S, token_ref: A}}]\n",
	"routes.write":       "routes: [{path: /x/, upstream: 'https://x.example.com', auth: {scheme: S, token_ref: A}, write: %s}]\n",
	"routes.auth.scheme": "routes: [{path: /x/, upstream: 'https://x.example.com', auth: {scheme: %s, token_ref: A}}]\n",
	"routes.auth.basic":  "routes: [{path: /x/, upstream: 'https://x.example.com', auth: {basic: %s, token_ref: A}}]\n",
	"routes.auth.header": "routes: [{path: /x/, upstream: 'https://x.example.com', auth: {header: %s, token_ref: A}}]\n",
	"git.upstream":       "tokens: [{kind: github, token_ref: A}]\ngit: [{name: a, upstream: %s}]\n",
	"egress.proxy_url":   "tokens: [{kind: npm, token_ref: A}]\negress: {proxy_url: %s}\n",
	"egress.ca_file":     "tokens: [{kind: npm, token_ref: A}]\negress: {proxy_url: 'http://p:1', ca_file: %s}\n",
	"metrics.listen":     "tokens: [{kind: npm, token_ref: A}]\nmetrics: {listen: %s}\n",
}

// shapes put a hostile text where a valid value of the field would have
// something harmless: alone, within a URL, a path and a remote.
var shapes = []string{"%s", "https://x.example.com/%s", "https://%s.example.com", "/%s/", "git@github.com:a/%s.git", "ssh://git@github.com/%s", "/etc/%s", "http://p:1/%s", "127.0.0.1:%s"}

// TestNoBottleFileInjects puts hostile texts into every field of a bottle
// file. Each has to be refused, or to stand in the resulting configuration as
// the text it is: with the same structure as for a harmless text, and with
// nothing of the environment in it. A failure means that a bottle file can
// configure the sidecar.
func TestNoBottleFileInjects(t *testing.T) {
	t.Setenv("HOME", "EXPANDED-"+sentinel)
	for field, format := range fields {
		t.Run(field, func(t *testing.T) {
			for _, text := range injections {
				for _, shape := range shapes {
					checkField(t, format, fmt.Sprintf(shape, text), fmt.Sprintf(shape, harmlessFor(text)))
				}
			}
		})
	}
}

// harmlessFor is as long as text: Caddy sorts routes by the length of their path.
func harmlessFor(text string) string { return strings.Repeat("s", len(text)) }

func checkField(t *testing.T, format, value, harmless string) {
	t.Helper()
	p, o := planOf(format, value)
	if p == nil {
		return // refused
	}
	rendered, err := caddyfile.Render(p, o)
	if err != nil {
		return // refused
	}
	got, err := adapt(t, rendered)
	if err != nil {
		t.Errorf("%q: rendered what Caddy refuses: %v", value, err)
		return
	}
	if strings.Contains(got, "EXPANDED-") {
		t.Errorf("%q: Caddy put the environment in:\n%s", value, got)
	}
	w := harmlessShape(t, format, harmless)
	if w == "" {
		return // no harmless text has this form in this field
	}
	if g := shapeOf(t, got); g != w {
		t.Errorf("%q changes the structure:\n%s\nwant\n%s", value, g, w)
	}
}

// harmlessShapes remembers the structures of harmless texts.
var harmlessShapes = map[[2]string]string{}

func harmlessShape(t *testing.T, format, harmless string) string {
	t.Helper()
	key := [2]string{format, harmless}
	if shape, known := harmlessShapes[key]; known {
		return shape
	}
	p, o := planOf(format, harmless)
	if p == nil {
		harmlessShapes[key] = ""
		return ""
	}
	rendered, err := caddyfile.Render(p, o)
	if err != nil {
		t.Fatalf("%q: %v", harmless, err)
	}
	config, err := adapt(t, rendered)
	if err != nil {
		t.Fatalf("%q: %v", harmless, err)
	}
	harmlessShapes[key] = shapeOf(t, config)
	return harmlessShapes[key]
}

func planOf(format, value string) (*plan.Plan, caddyfile.Options) {
	quoted, err := json.Marshal(value) // a JSON string is a YAML string
	if err != nil {
		return nil, processOptions
	}
	b, err := bottle.Parse("dev.yaml", fmt.Appendf(nil, format, quoted), "")
	if err != nil {
		return nil, processOptions
	}
	b.Backend = "process"
	p, err := plan.Prepare(b)
	if err != nil {
		return nil, processOptions
	}
	o := processOptions
	o.MetricsListen = b.MetricsListen
	return p, o
}

// shapeOf is a configuration with every string value left out: objects' keys
// and the order and number of everything else.
func shapeOf(t *testing.T, config string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(config), &v); err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(blank(v, ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// blank replaces strings, except those that choose a handler or a module.
func blank(v any, key string) any {
	switch v := v.(type) {
	case string:
		switch key {
		case "handler", "protocol", "output", "format", "provider", "from", "module":
			return v
		}
		return ""
	case []any:
		for i := range v {
			v[i] = blank(v[i], key)
		}
	case map[string]any:
		for k := range v {
			v[k] = blank(v[k], k)
		}
	}
	return v
}

// TestNoPlanInjects puts hostile texts into plans directly, past the bottle
// file's validation: rendering alone has to keep them in their place. A
// failure means that a mistake in validation would be enough to configure the
// sidecar.
func TestNoPlanInjects(t *testing.T) {
	t.Setenv("HOME", "EXPANDED-"+sentinel)
	makePlan := func(value string) *plan.Plan {
		return &plan.Plan{
			Routes: []plan.Route{{
				Path: "/x/", Upstream: "https://x.example.com", TokenEnv: "CRED_PROXY_TOKEN_0", GitHint: value,
				Auth: plan.Auth{Basic: value}, StripQuery: []string{"a" + value}, Append: []plan.HeaderValue{{Name: "X-A", Value: value}},
				Write: bottle.Guarded, WriteAPI: "http", WriteBase: "/", // write_guard takes plain paths only
			}},
			Egress: plan.Egress{ProxyURL: "http://p:1", CAFile: "/etc/" + value},
		}
	}
	rendered, err := caddyfile.Render(makePlan(sentinel), processOptions)
	if err != nil {
		t.Fatal(err)
	}
	benign, err := adapt(t, rendered)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, value := range injections {
		rendered, err := caddyfile.Render(makePlan(value), processOptions)
		if err != nil {
			continue
		}
		accepted++
		got, err := adapt(t, rendered)
		if err != nil {
			t.Errorf("%q: rendered what Caddy refuses: %v\n%s", value, err, rendered)
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		// Exactly the sentinel's places hold the value, byte for byte.
		want := strings.ReplaceAll(benign, sentinel, strings.Trim(string(quoted), `"`))
		if got != want {
			t.Errorf("%q comes out changed:\n%s\nwant\n%s", value, got, want)
		}
	}
	if accepted == 0 {
		t.Error("every text was refused; the comparison never ran")
	}
}

// TestEveryPolicyHasItsGuard fails when a route's credential can be had
// without the route's write policy: each cred_inject, gh's socket included,
// has exactly one write_guard in front of it, behind what rewrites the path,
// and none if the policy is allow.
func TestEveryPolicyHasItsGuard(t *testing.T) {
	source, _, _ := strings.Cut(readFile(t, "launcher/caddyfile/testdata/everything.golden"), "----------\n")
	b, err := bottle.Parse("everything.yaml", []byte(source), "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Prepare(b)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := caddyfile.Render(p, processOptions)
	if err != nil {
		t.Fatal(err)
	}
	config, err := adapt(t, rendered)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, r := range p.Routes {
		chain := "cred_inject"
		if r.Write != bottle.Allow {
			chain = fmt.Sprintf("write_guard %s %s %s, cred_inject", r.WriteAPI, r.Write, strings.TrimSuffix(r.WriteBase, "/"))
		}
		want[r.Path] = append(want[r.Path], "rewrite, "+chain)
		if r.Path == "/gh-api/" {
			want[r.Path] = append(want[r.Path], chain) // gh's socket
		}
	}
	var v any
	if err := json.Unmarshal([]byte(config), &v); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	collectChains(v, nil, got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// collectChains finds, by route, the handlers that a request passes on its way
// to each cred_inject within the same handle.
func collectChains(v any, before []string, into map[string][]string) []string {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			before = collectChains(element, before, into)
		}
	case map[string]any:
		switch v["handler"] {
		case "rewrite":
			return append(before, "rewrite")
		case "write_guard":
			base, _ := v["base"].(string)
			return append(before, fmt.Sprintf("write_guard %s %s %s", v["api"], v["policy"], strings.TrimSuffix(base, "/")))
		case "cred_inject":
			path := v["route"].(string)
			into[path] = append(into[path], strings.Join(append(before, "cred_inject"), ", "))
			return before
		case "subroute":
			collectChains(v["routes"], nil, into)
			return before
		}
		keys := slices.Sorted(maps.Keys(v)) // "handle" holds the chain, the rest none
		for _, key := range keys {
			before = collectChains(v[key], before, into)
		}
	}
	return before
}

// TestForeignRequestsAreRefusedFirst fails when a web page's request gets as
// far as the agent token or a route, or a backend's listener has another name
// than the agent's environment gives it. The container's own address is no
// such name: a browser on the host reaches it, and does not say of an image
// there what page it is for.
func TestForeignRequestsAreRefusedFirst(t *testing.T) {
	backends := map[string]struct{ listen, hosts, order string }{
		"process": {"fd/3", `"not":[{"host":["127.0.0.1","localhost"]}`, "limits git_push_refused host_refused origin_refused origin_refused method_refused agent_auth"},
		"docker":  {"10.213.0.2:9099", `"not":[{"host":["cred-proxy"]}`, "limits host_refused origin_refused origin_refused method_refused"},
	}
	t.Setenv(launcher.BindEnv, "10.213.0.2")
	for backend, want := range backends {
		b, err := bottle.Parse("dev.yaml", []byte("backend: "+backend+"\ntokens: [{kind: github, token_ref: A}]\n"), "")
		if err != nil {
			t.Fatal(err)
		}
		p, err := launcher.Prepare(b)
		if err != nil {
			t.Fatal(err)
		}
		config, err := adapt(t, p.Caddyfile)
		if err != nil {
			t.Fatal(err)
		}
		if got := beforeTheRoutes(t, config, want.listen); got != want.order {
			t.Errorf("%s: before the routes come %s, want %s", backend, got, want.order)
		}
		if !strings.Contains(config, want.hosts) {
			t.Errorf("%s: no %s in\n%s", backend, want.hosts, config)
		}
	}
}

// siteRoute is a route of Caddy's configuration.
type siteRoute struct {
	Handle []struct {
		Handler, Code string
		Routes        []siteRoute
	}
}

// beforeTheRoutes names the handlers, refusals by their code, that a request
// to the listener passes on its way to a route.
func beforeTheRoutes(t *testing.T, config, listen string) string {
	t.Helper()
	var c struct {
		Apps struct {
			HTTP struct {
				Servers map[string]struct {
					Listen []string
					Routes []siteRoute
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, server := range c.Apps.HTTP.Servers {
		if !strings.HasSuffix(server.Listen[0], listen) {
			continue
		}
		routes := server.Routes
		if len(routes) == 1 { // beside another site it is a route of its own
			routes = routes[0].Handle[0].Routes
		}
		for _, route := range routes {
			for _, handler := range route.Handle {
				switch handler.Handler {
				case "subroute":
					return strings.Join(names, " ")
				case "refuse":
					names = append(names, handler.Code)
				case "vars": // log_skip
				default:
					names = append(names, handler.Handler)
				}
			}
		}
	}
	return strings.Join(names, " ")
}

// TestGoldenCaddyfilesAdapt has Caddy read the reviewed Caddyfiles; a failure
// means that a sidecar could not start with one.
func TestGoldenCaddyfilesAdapt(t *testing.T) {
	files, err := filepath.Glob("launcher/caddyfile/testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no golden files: %v", err)
	}
	for _, file := range files {
		text := readGolden(t, file)
		if _, err := adapt(t, text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func readGolden(t *testing.T, file string) string {
	t.Helper()
	_, text, ok := strings.Cut(readFile(t, file), "----------\n")
	if !ok {
		t.Fatalf("%s has no separator", file)
	}
	return text
}
