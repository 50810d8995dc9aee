package writeguard_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestWhereWriteGuardStands fails when the directive, wherever it is written,
// comes after the handler that forwards, or judges another path than the one
// it is told about.
func TestWhereWriteGuardStands(t *testing.T) {
	upstream := sidecartest.NewUpstream(t, nil)
	const base = "write_guard github guarded {\nbase /gh/\n}\n"
	for name, site := range map[string]string{
		"at site level":                   base + "handle /gh/* {\nreverse_proxy UP\n}",
		"at site level, after the handle": "handle /gh/* {\nreverse_proxy UP\n}\n" + base,
		"at site level with a matcher":    strings.Replace(base, "guard", "guard /gh/*", 1) + "reverse_proxy UP",
		"in handle":                       "handle /gh/* {\nreverse_proxy UP\n" + base + "}",
		"in handle, behind a rewrite":     "handle /gh/* {\nwrite_guard github guarded\nuri path_regexp ^/gh/ /\nreverse_proxy UP\n}",
		"in handle_path":                  "handle_path /gh/* {\nreverse_proxy UP\nwrite_guard github guarded\n}",
		"in route":                        "route {\n" + base + "reverse_proxy UP\n}",
		"in route, behind a rewrite":      "route {\nuri strip_prefix /gh\nwrite_guard github guarded\nreverse_proxy UP\n}",
	} {
		t.Run(name, func(t *testing.T) {
			address := sidecartest.Run(t, strings.ReplaceAll(site, "UP", upstream.URL))
			for _, a := range []attempt{
				{"an issue", "POST", "/gh/repos/o/r/issues", []string{jsonType}, "{}", ""},
				{"a merge", "PUT", "/gh/repos/o/r/pulls/1/merge", []string{jsonType}, "{}", "write_refused"},
				{"a mutation", "POST", "/gh/graphql", []string{jsonType}, `{"query":"mutation{mergePullRequest(input:{}){x}}"}`, "write_refused"},
				{"a query", "POST", "/gh/graphql", []string{jsonType}, `{"query":"{a}"}`, ""},
				{"an encoded slash", "PUT", "/gh/repos/o/r%2Fcontents%2Fd/issues/1/labels", []string{jsonType}, "{}", "write_refused"},
			} {
				response := sidecartest.Raw(t, address, a.String())
				received := upstream.Take()
				if code := response.Header.Get("Cred-Proxy-Error"); code != a.code || len(received) != map[bool]int{true: 1, false: 0}[a.code == ""] {
					t.Errorf("%s: code %q, want %q; the upstream got %d", a.name, code, a.code, len(received))
				}
				if len(received) == 1 && received[0].Body != a.body {
					t.Errorf("%s: the body arrived as %q", a.name, received[0].Body)
				}
			}
		})
	}
}

// TestTheOrder fails when a web page's or an unauthenticated caller's request
// is judged, or judged before it is known whose it is.
func TestTheOrder(t *testing.T) {
	config, err := sidecartest.Adapt("http://:1 {\nreverse_proxy x:1\ncred_inject Bearer T\nwrite_guard http guarded\nagent_auth A\nrefuse /x no_route\nbasic_auth {\nu $2a$14$x\n}\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, handler := range []string{"authentication", "refuse", "agent_auth", "write_guard", "cred_inject", "reverse_proxy"} {
		i := strings.Index(string(config)[at:], `"handler":"`+handler+`"`)
		if i < 0 {
			t.Fatalf("%s is not where it should be: %s", handler, config)
		}
		at += i
	}
}

// TestBase fails when a write passes that is not below base, or whose path
// spells base in another way.
func TestBase(t *testing.T) {
	address, upstream := guard(t, "github guarded {\nbase /Git/Hub/\n}")
	var attempts []attempt
	add := func(method, code string, targets ...string) {
		for _, target := range targets {
			attempts = append(attempts, attempt{method + " " + target, method, target, []string{jsonType}, "{}", code})
		}
	}
	add("POST", "", "/Git/Hub/repos/o/r/issues", "/Git/Hub//repos/o/r/issues")
	add("POST", "write_refused", "/Git/Hub/repos/o/r/merges", "/repos/o/r/issues", "/other/repos/o/r/issues", "/Git/Hubs/repos/o/r/issues", "/", "/Git/")
	add("POST", "ambiguous_path", "/git/hub/repos/o/r/issues", "/Git%2FHub/repos/o/r/issues", "//Git/Hub/repos/o/r/issues", "/Git/Hub", "/Git;x/Hub/repos/o/r/issues", "/Git/H%75b/repos/o/r/issues",
		"/Git/Hub/../repos/o/r/issues", "/Git/Hub%2f..%2frepos/o/r/issues", "/Git%252FHub/repos/o/r/issues")
	judge(t, address, upstream, attempts)
	judge(t, address, upstream, []attempt{
		{"a read elsewhere", "GET", "/other", nil, "", ""},
		{"a read that mints elsewhere", "GET", "/v2/token?scope=repository:o/r:push", nil, "", "write_refused"},
		{"a read that mints", "GET", "/Git/Hub/feeds", nil, "", "write_refused"},
		{"a read below another spelling", "GET", "/git/hub/feeds", nil, "", "ambiguous_path"},
		{"an override elsewhere", "GET", "/other?_method=PUT", nil, "", "write_refused"},
	})
}

// TestExceptions fails when an operator cannot except a request with a
// matcher, as docs/write-policy.md shows it.
func TestExceptions(t *testing.T) {
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, `@guarded not {
	method PUT
	path_regexp ^/repos/team/app/pulls/[0-9]+/merge$
}
write_guard @guarded github guarded
reverse_proxy `+upstream.URL)
	judge(t, address, upstream, []attempt{
		{"the exception", "PUT", "/repos/team/app/pulls/1/merge", []string{jsonType}, "{}", ""},
		{"another repository", "PUT", "/repos/team/other/pulls/1/merge", []string{jsonType}, "{}", "write_refused"},
		{"another method", "POST", "/repos/team/app/pulls/1/merge", []string{jsonType}, "{}", "write_refused"},
	})
}

// TestTheRefusal fails when a refusal does not say what was refused, or says
// what it should not: the query, a header, the body.
func TestTheRefusal(t *testing.T) {
	const secret = "TEST-SECRET-in-a-query"
	address, _ := guard(t, "github guarded")
	a := attempt{"", "PUT", "/repos/o/r/contents/a%20b?token=" + secret, []string{"Authorization: Bearer " + secret, jsonType}, `{"a":"` + secret + `"}`, ""}
	response := sidecartest.Raw(t, address, a.String())
	var refusal struct{ Message, Hint, Code string }
	if err := json.Unmarshal([]byte(response.Body), &refusal); err != nil {
		t.Fatal(err)
	}
	if want := "write policy github/guarded refuses contents: PUT /repos/o/r/contents/a%20b (only the operator can allow it, with write: allow)"; refusal.Message != want {
		t.Errorf("message %q, want %q", refusal.Message, want)
	}
	for _, want := range []string{"git-gate", "write: allow", "matcher"} {
		if !strings.Contains(refusal.Hint, want) {
			t.Errorf("the hint %q does not mention %s", refusal.Hint, want)
		}
	}
	if strings.Contains(response.Body, secret) {
		t.Errorf("the refusal holds the secret: %s", response.Body)
	}
	for request, want := range map[string]string{
		"PUT /nothing/known":                "refuses what it does not know: PUT /nothing/known",
		"PUT /" + strings.Repeat("a", 1000): strings.Repeat("a", 299) + "…",
	} {
		method, target, _ := strings.Cut(request, " ")
		response := sidecartest.Raw(t, address, attempt{"", method, target, nil, "", ""}.String())
		if !strings.Contains(response.Body, want) {
			t.Errorf("%.40s: %s", request, response.Body)
		}
	}
	mutation := attempt{"", "POST", "/graphql", []string{jsonType}, `{"query":"mutation{mergePullRequest(input:{id:\"` + secret + `\"}){x}}"}`, ""}
	if body := sidecartest.Raw(t, address, mutation.String()).Body; !strings.Contains(body, "refuses merges, mutation mergePullRequest: POST /graphql") || strings.Contains(body, secret) {
		t.Errorf("a mutation: %s", body)
	}
}

// TestBadWriteGuardsSayWhere fails when an operator is not led to the line.
func TestBadWriteGuardsSayWhere(t *testing.T) {
	for directive, want := range map[string]string{
		"write_guard":                                         "Caddyfile:3",
		"write_guard github":                                  "Caddyfile:3",
		"write_guard github guarded extra":                    "Caddyfile:3",
		"write_guard githab guarded":                          `unknown api "githab"; there are `,
		"write_guard GitHub guarded":                          `at Caddyfile:3`,
		"write_guard github allow":                            `the policy is guarded or read-only, not "allow", at Caddyfile:3`,
		"write_guard github readonly":                         `not "readonly", at Caddyfile:3`,
		"write_guard github guarded {\nbase\n}":               "Caddyfile:4",
		"write_guard github guarded {\nbase a/\n}":            `base "a/" must start and end with a slash, at Caddyfile:4`,
		"write_guard github guarded {\nbase /a\n}":            `base "/a" must start and end with a slash, at Caddyfile:4`,
		"write_guard github guarded {\nbase /a/ /b/\n}":       "Caddyfile:4",
		"write_guard github guarded {\nbase /a/\nbase /b/\n}": "base is given twice, at Caddyfile:5",
		"write_guard github guarded {\nbase /a%2Fb/\n}":       "base must be a plain path, without escapes, dot segments and empty segments, at Caddyfile:4",
		"write_guard github guarded {\nbase /a/../b/\n}":      "plain path",
		"write_guard github guarded {\nbase //\n}":            "plain path",
		"write_guard github guarded {\nbase {env.X}/\n}":      "must start",
		"write_guard github guarded {\nroot /a/\n}":           `unknown option "root", at Caddyfile:4`,
		"write_guard github guarded {\nbase \"\"\n}":          "Caddyfile:4",
	} {
		if _, err := sidecartest.Adapt("http://:1 {\n\n" + directive + "\n}\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", directive, err, want)
		}
	}
	config, err := sidecartest.Adapt("http://:1 {\nwrite_guard github read-only {\nbase /a/\n}\n}\n")
	if want := `{"api":"github","base":"/a/","handler":"write_guard","policy":"read-only"}`; err != nil || !strings.Contains(string(config), want) {
		t.Errorf("JSON %s, %v; want %s in it", config, err, want)
	}
}

// TestBadJSONIsRefused fails when a configuration in JSON gets around what
// the Caddyfile's parser checks.
func TestBadJSONIsRefused(t *testing.T) {
	for handler, want := range map[string]string{
		`{"handler":"write_guard"}`:                                                   "unknown api",
		`{"handler":"write_guard","api":"http"}`:                                      "the policy is",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/a"}`:       "slash",
		`{"handler":"write_guard","api":"http","policy":"guarded","prefix":"/a/"}`:    "unknown field",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/{x}/"}`:    "plain path",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/a//b/"}`:   "plain path",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/./b/"}`:    "plain path",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/a;b/"}`:    "plain path",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/a?b/"}`:    "plain path",
		`{"handler":"write_guard","api":"http","policy":"guarded","base":"/a\\\\b/"}`: "plain path",
	} {
		config := `{"admin":{"disabled":true,"config":{"persist":false}},"apps":{"http":{"servers":{"s":{"listen":["` + sidecartest.FreeAddress(t) +
			`"],"automatic_https":{"disable":true},"routes":[{"handle":[` + handler + `]}]}}}}}`
		if err := caddy.Load([]byte(config), true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", handler, err, want)
		}
	}
}
