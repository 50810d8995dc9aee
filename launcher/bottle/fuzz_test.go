package bottle

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// bottleSeeds are files of every kind of content.
var bottleSeeds = []string{
	"tokens: [{kind: npm, token_ref: A}]", "routes: [{path: /x/, upstream: 'https://x.example', auth: {basic: u, token_ref: A}}]",
	`{"bottles":{"a":{"tokens":[{"Kind":"gitea","TokenRef":"A","Url":"https://g.example"}]}}}`, "a: &a [*a]", "tokens: [{kind: gitea, url: 'http://localhost', token_ref: A}]",
	"name: dev\nbackend: process\ntokens:\n  - kind: github\n    token_ref: GH\n    write: read-only\n    path: /gh-two/\ngit:\n  - {name: app, upstream: 'ssh://git@gitea.example.com:2222/team/app.git'}\negress: {proxy_url: 'http://p:1', ca_file: /etc/ca.pem, passthrough: [api.anthropic.com]}\n",
	"tokens: [{kind: anthropic, token_ref: A, auth: api_key}]\nagent: {image: a, command: [sh, -c, x], workdir: /src, mounts: ['.:/src:ro'], env: {LANG: C.UTF-8}, pass_env: [EDITOR]}\nhostnames: false\ncaddyfile: {template: t, snippets: []}\nmetrics: {listen: '127.0.0.1:9100'}\n",
	"egress: {pipelock: {image: a}, agent: pipelock}\ntokens: [{kind: gitlab, token_ref: A, url: https://gl.example/sub/}]", "routes: [{path: /x/, upstream: 'https://EXAMPLE.com:443/a%20b/', auth: {header: X-A, scheme: S, token_ref: A}, write: guarded}]",
	"routes: [{path: /x/, upstream: 'https://u:p@x.example/?q#f', auth: {scheme: S, token_ref: A}}]", "routes: [{path: /x/../y/, upstream: 'http://x', auth: {scheme: S}}]", "git: [{name: a, upstream: git@host:path}]\ntokens: [{kind: npm, token_ref: A}]",
	"routes: [{path: /-/x/, upstream: 'https://x.example', auth: {scheme: S, token_ref: A}}]", "routes: [{path: /x/, upstream: 'http://x.example', auth: {scheme: S, token_ref: A}}]",
	"\"a\\u001b[0m\\nb\": 1", "tokens: [{\"a\\u0085\": 1}]", "name: \"\\u202e\"\ntokens: []", "", "---", "null", "- a", "? [a]\n: b\n", "tokens: {}", "tokens: [1]", "name: \"a\\u0000\"", "tokens: [{kind: npm, token_ref: ghp_0123456789012345678901234567890123456789}]", "{\"bottles\": {}}", "{\"bottles\": {\"a\": 1}}", "bottles: {a: {name: b}, A: {}}", "%TAG ! x\n---\na: !b c", "tokens:\r\n- kind: npm\r\n  token_ref: A\r\n",
	"routes: [{path: /x/, upstream: 'https://[::1]:8/x', auth: {basic: u, token_ref: A}}]", "routes: [{path: /x/, upstream: 'https://x.example:0', auth: {basic: u, token_ref: A}}]", "tokens: [{kind: npm, token_ref: A}, {kind: npm, token_ref: B}]", "<<: {tokens: []}", "tokens: !!binary YQ==",
}

// FuzzBottle fails when a bottle file makes the parser panic, an error does
// not name a line of the file or breaks out of its own, or a value gets
// through that could steer a token elsewhere.
func FuzzBottle(f *testing.F) {
	for _, seed := range bottleSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		b, err := Parse("dev.yaml", content, "")
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("error %v is not a list of problems", err)
			}
			lines := len(lineEnds.FindAllString(string(content), -1)) + 2 // the end of the file is one to YAML
			for _, p := range problems {
				if !positioned.MatchString(p.Error()) || p.Line < 1 || p.Line > lines {
					t.Errorf("%q has %d lines, and a problem is in line %d: %v", content, lines, p.Line, p)
				}
				if strings.ContainsFunc(p.Error(), unicode.IsControl) {
					t.Errorf("%q: the message holds a control character: %q", content, p.Error())
				}
			}
			return
		}
		checkAccepted(t, content, b)
	})
}

var (
	lineEnds   = regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]")
	positioned = regexp.MustCompile(`^dev\.yaml:[1-9][0-9]*: `)
	plainPath  = regexp.MustCompile(`^(?:/[A-Za-z0-9._~:@+,=-]+)+/$`)
	posixName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// checkAccepted looks at what a token's way depends on.
func checkAccepted(t *testing.T, content []byte, b *Bottle) {
	t.Helper()
	taken := map[string]bool{}
	check := func(path, upstream, tokenRef string) {
		if !plainPath.MatchString(path) || strings.Contains(path, "/./") || strings.Contains(path, "/../") || strings.HasPrefix(path, "/-/") || taken[path] {
			t.Errorf("%q has the path %q", content, path)
		}
		taken[path] = true
		u, err := url.Parse(upstream)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Hostname() == "" || strings.Contains(upstream, "?") || strings.ContainsAny(upstream, "{}\"\\` \n#") || u.Host != strings.ToLower(u.Host) {
			t.Errorf("%q has the upstream %q", content, upstream)
		}
		if err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && !strings.HasPrefix(u.Hostname(), "127.") && u.Hostname() != "::1" && !strings.Contains(strings.ToLower(string(content)), "plaintext") {
			t.Errorf("%q sends a token in clear to %q", content, upstream)
		}
		if !posixName.MatchString(tokenRef) {
			t.Errorf("%q has the token_ref %q", content, tokenRef)
		}
	}
	for _, e := range b.Tokens {
		for _, x := range e.Expand() {
			check(x.Path, x.Upstream, e.TokenRef)
		}
	}
	for _, r := range b.Routes {
		check(r.Path, r.Upstream, r.Auth.TokenRef)
	}
	if b.Slug() == "" || len(b.Slug()) > 40 || strings.Trim(b.Slug(), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		t.Errorf("%q has the slug %q", content, b.Slug())
	}
}
