package bottle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// ignorePositions leaves out where in the file an entry was.
var ignorePositions = cmpopts.IgnoreUnexported(Entry{}, Route{}, Agent{})

// complete uses every key that a bottle file can have in this version.
const complete = `name: Dev Box
backend: process
tokens:
  - {kind: anthropic, token_ref: ANTHROPIC_KEY, auth: api_key}
  - {kind: github, token_ref: GH_PAT, write: allow}
  - {kind: gitea, url: "https://Git.Example.com:443/sub/", token_ref: GITEA_PAT}
  - {kind: npm, token_ref: NPM_TOKEN, path: /npm-two/, url: "http://npm.lan:4873", allow_plaintext: true, write: read-only}
routes:
  - path: /openai/
    upstream: https://api.openai.com/v1/
    auth: {scheme: Bearer, token_ref: OPENAI_API_KEY}
  - {path: /x/, upstream: "http://127.0.0.1:8080", auth: {header: X-Key, scheme: Key, token_ref: X_KEY}, write: guarded}
  - {path: /y/, upstream: "https://[::1]:8443", auth: {basic: me, token_ref: X_KEY}}
git:
  - {name: app, upstream: "ssh://git@Git.example.com:2222/team/app.git"}
  - {name: lib, upstream: "git@github.com:team/lib.git"}
egress: {proxy_url: "http://pipelock:8888", ca_file: ~/ca.pem, passthrough: [api.anthropic.com], agent: none}
agent:
  image: my-agent:latest
  command: [claude, --continue]
  workdir: /src
  mounts: [".:/src"]
  env: {LANG: C.UTF-8, DEBUG: 1}
  pass_env: [EDITOR]
hostnames: false
caddyfile: {template: my.tmpl}
metrics: {listen: "127.0.0.1:9110"}
`

// TestParseReadsEveryKey fails when a key of the bottle file is lost or an
// upstream is not brought into its canonical form: the plan would then differ
// from what the user wrote.
func TestParseReadsEveryKey(t *testing.T) {
	got, err := Parse("/b/file.yaml", []byte(complete), "")
	if err != nil {
		t.Fatal(err)
	}
	want := &Bottle{
		Name: "Dev Box", File: "/b/file.yaml", Backend: "process",
		Tokens: []Entry{
			{Kind: "anthropic", TokenRef: "ANTHROPIC_KEY", APIKey: true, Write: Guarded},
			{Kind: "github", TokenRef: "GH_PAT", Write: Allow},
			{Kind: "gitea", TokenRef: "GITEA_PAT", URL: "https://git.example.com/sub", Write: Guarded},
			{Kind: "npm", TokenRef: "NPM_TOKEN", URL: "http://npm.lan:4873", Path: "/npm-two/", Write: ReadOnly},
		},
		Routes: []Route{
			{Path: "/openai/", Upstream: "https://api.openai.com/v1", Auth: Auth{Scheme: "Bearer", TokenRef: "OPENAI_API_KEY"}, Write: Allow},
			{Path: "/x/", Upstream: "http://127.0.0.1:8080", Auth: Auth{Scheme: "Key", Header: "X-Key", TokenRef: "X_KEY"}, Write: Guarded},
			{Path: "/y/", Upstream: "https://[::1]:8443", Auth: Auth{Basic: "me", TokenRef: "X_KEY"}, Write: Allow},
		},
		Git: []GitServer{
			{Name: "app", Upstream: "ssh://git@Git.example.com:2222/team/app.git", Host: "git.example.com"},
			{Name: "lib", Upstream: "git@github.com:team/lib.git", Host: "github.com"},
		},
		Egress: Egress{ProxyURL: "http://pipelock:8888", CAFile: "~/ca.pem", Passthrough: []string{"api.anthropic.com"}},
		Agent: Agent{
			Image: "my-agent:latest", Command: []string{"claude", "--continue"}, Workdir: "/src",
			Mounts: []Mount{{Source: ".", Target: "/src"}}, Env: map[string]string{"LANG": "C.UTF-8", "DEBUG": "1"}, PassEnv: []string{"EDITOR"},
		},
		Template: "my.tmpl", MetricsListen: "127.0.0.1:9110",
	}
	if diff := cmp.Diff(want, got, ignorePositions); diff != "" {
		t.Errorf("bottle differs (-want +got):\n%s", diff)
	}
	if got.Slug() != "dev-box" {
		t.Errorf("slug is %q, want dev-box", got.Slug())
	}
}

// TestParseReadsPipelock fails when an image in the file is not the one that
// is started.
func TestParseReadsPipelock(t *testing.T) {
	const image = "registry.example.com:5000/a/pipelock:v2@sha256:00ff"
	b, err := Parse("f.yaml", []byte("tokens: [{kind: npm, token_ref: T}]\negress: {pipelock: {image: '"+image+"'}}"), "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Egress{PipelockImage: image}, b.Egress); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestParseReadsTheOlderSpelling fails when bottle files written for the
// older JSON spelling are no longer read as the same bottle.
func TestParseReadsTheOlderSpelling(t *testing.T) {
	const older = `{"bottles":{
		"dev":{"tokens":[{"Kind":"gitea","TokenRef":"T","Url":"https://git.example.com"}],
		       "git":[{"Name":"app","Upstream":"git@git.example.com:a/b.git"}]},
		"other":{"tokens":[{"Kind":"npm","TokenRef":"N"}]}}}`
	for name, want := range map[string]*Bottle{
		"dev": {
			Name: "dev", File: "f.json",
			Tokens: []Entry{{Kind: "gitea", TokenRef: "T", URL: "https://git.example.com", Write: Guarded}},
			Git:    []GitServer{{Name: "app", Upstream: "git@git.example.com:a/b.git", Host: "git.example.com"}},
		},
		"other": {Name: "other", File: "f.json", Tokens: []Entry{{Kind: "npm", TokenRef: "N", Write: Guarded}}},
	} {
		got, err := Parse("f.json", []byte(older), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, ignorePositions); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", name, diff)
		}
	}
}

// TestKindsStripQueryCredentials fails when a forge that prefers a query
// parameter to the header would again let the agent choose the credential.
func TestKindsStripQueryCredentials(t *testing.T) {
	for kind, want := range map[string][]string{
		"gitea":  {"access_token", "token", "sudo"},
		"gitlab": {"private_token", "access_token", "job_token", "sudo"},
		"gemini": {"key"},
	} {
		k, _ := KindNamed(kind)
		if diff := cmp.Diff(want, k.StripQuery); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

// TestKindsWritePolicies fails when a kind lets an agent write by default
// that should not, or when it is judged by another API's table.
func TestKindsWritePolicies(t *testing.T) {
	want := map[string]string{
		"anthropic": "anthropic guarded", "github": "github guarded", "gitea": "gitea guarded", "gitlab": "gitlab guarded", "npm": "npm guarded",
		"openai": "http allow", "gemini": "http allow", "huggingface": "http allow", "pypi": "http guarded",
	}
	got := map[string]string{}
	for _, k := range Kinds {
		got[k.Name] = k.WriteAPI + " " + string(k.Write)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSlug fails when two launches would disagree on the name of a bottle's
// directory, or a name could leave it.
func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"dev": "dev", "Dev Box": "dev-box", "--a--b--": "a-b", "../../etc": "etc", "Ünï": "n",
		"---": "", "": "", strings.Repeat("a", 60): strings.Repeat("a", 40),
		strings.Repeat("a", 39) + "-b": strings.Repeat("a", 39),
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}
