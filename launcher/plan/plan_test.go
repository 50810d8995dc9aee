package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/internal/goldentest"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

func prepare(t *testing.T, source string) *plan.Plan {
	t.Helper()
	_, p := goldentest.Prepare(t, source)
	return p
}

// TestSlots fails when two variables share a slot, or one has two.
func TestSlots(t *testing.T) {
	p := prepare(t, `
tokens:
  - {kind: github, token_ref: GH_PAT}
  - {kind: npm, token_ref: NPM_TOKEN}
routes:
  - {path: /x/, upstream: "https://x.example", auth: {scheme: Bearer, token_ref: GH_PAT}}
`)
	want := []plan.Requirement{{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "GH_PAT"}, {TokenEnv: "CRED_PROXY_TOKEN_1", TokenRef: "NPM_TOKEN"}}
	if diff := cmp.Diff(want, p.Requires); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var slots []string
	for _, r := range p.Routes {
		slots = append(slots, r.Path+" "+r.TokenEnv)
	}
	if diff := cmp.Diff([]string{"/gh-api/ CRED_PROXY_TOKEN_0", "/gh-git/ CRED_PROXY_TOKEN_0", "/npm/ CRED_PROXY_TOKEN_1", "/x/ CRED_PROXY_TOKEN_0"}, slots); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOneSlotWithTwoSources fails when a plan can send one variable's token to
// another's upstream.
func TestOneSlotWithTwoSources(t *testing.T) {
	p := prepare(t, "tokens: [{kind: npm, token_ref: A}]")
	p.Requires = append(p.Requires, plan.Requirement{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "B"})
	err := p.Validate()
	if err == nil || !strings.Contains(err.Error(), "two sources, A and B") {
		t.Errorf("got %v", err)
	}
	p.Requires = nil
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "no token fills") {
		t.Errorf("without a source: %v", err)
	}
}

// TestKinds fails when a kind's routes, upstreams or ways to authenticate are
// not what the vendors ask for.
func TestKinds(t *testing.T) {
	tests := []struct {
		entry string
		want  []string
	}{
		{"kind: anthropic", []string{"/anthropic/ https://api.anthropic.com Bearer"}},
		{"kind: anthropic, auth: api_key", []string{"/anthropic/ https://api.anthropic.com x-api-key:"}},
		{"kind: github", []string{"/gh-api/ https://api.github.com Bearer", "/gh-git/ https://github.com Basic x-access-token"}},
		{"kind: github, url: 'https://ghe.example.com'", []string{"/gh-api/ https://ghe.example.com/api/v3 Bearer", "/gh-git/ https://ghe.example.com Basic x-access-token"}},
		{"kind: github, path: /gh-two/", []string{"/gh-two/api/ https://api.github.com Bearer", "/gh-two/git/ https://github.com Basic x-access-token"}},
		{"kind: gitea, url: 'https://Gitea.example.com:443/'", []string{"/gitea/gitea.example.com/api/v1/ https://gitea.example.com/api/v1 token", "/gitea/gitea.example.com/ https://gitea.example.com Basic oauth2"}},
		{"kind: gitea, url: 'https://g.example:3000/sub'", []string{"/gitea/g.example:3000/api/v1/ https://g.example:3000/sub/api/v1 token", "/gitea/g.example:3000/ https://g.example:3000/sub Basic oauth2"}},
		{"kind: npm", []string{"/npm/ https://registry.npmjs.org Bearer"}},
		{"kind: npm, url: 'https://n.example/api/npm/'", []string{"/npm/ https://n.example/api/npm Bearer"}},
		{"kind: openai", []string{"/openai/ https://api.openai.com Bearer"}},
		{"kind: gemini", []string{"/gemini/ https://generativelanguage.googleapis.com x-goog-api-key:"}},
		{"kind: gitlab", []string{"/gitlab/gitlab.com/api/v4/ https://gitlab.com/api/v4 PRIVATE-TOKEN:", "/gitlab/gitlab.com/ https://gitlab.com Basic oauth2"}},
		{"kind: huggingface", []string{"/huggingface/ https://huggingface.co Bearer"}},
		{"kind: pypi", []string{"/pypi/ https://upload.pypi.org Basic __token__"}},
	}
	for _, test := range tests {
		t.Run(test.entry, func(t *testing.T) {
			var got []string
			for _, r := range prepare(t, "tokens: [{"+test.entry+", token_ref: A}]").Routes {
				auth := r.Auth.Scheme
				if r.Auth.Basic != "" {
					auth = "Basic " + r.Auth.Basic
				} else if r.Auth.Header != "" {
					auth = r.Auth.Header + ":"
				}
				got = append(got, r.Path+" "+r.Upstream+" "+auth)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWritePolicies fails when a route is not guarded as its entry says, by
// another API's table, or with the API looked for at another path than it is.
func TestWritePolicies(t *testing.T) {
	tests := []struct {
		source string
		want   []string
	}{
		{"tokens: [{kind: anthropic, token_ref: A}]", []string{"/anthropic/ guarded anthropic /"}},
		{"tokens: [{kind: anthropic, url: 'https://llm.example.com/claude', token_ref: A}]", []string{"/anthropic/ guarded anthropic /claude/"}},
		{"tokens: [{kind: github, token_ref: A}]", []string{"/gh-api/ guarded github /", "/gh-git/ guarded github /"}},
		{"tokens: [{kind: github, write: allow, token_ref: A}]", []string{"/gh-api/ allow github /", "/gh-git/ allow github /"}},
		// GitHub Enterprise: the table knows /api/v3 and /api/graphql itself.
		{"tokens: [{kind: github, url: 'https://ghe.example.com', path: /ghe/, token_ref: A}]", []string{"/ghe/api/ guarded github /", "/ghe/git/ guarded github /"}},
		{"tokens: [{kind: gitea, url: 'https://git.example.com', token_ref: A}]", []string{"/gitea/git.example.com/api/v1/ guarded gitea /", "/gitea/git.example.com/ guarded gitea /"}},
		{"tokens: [{kind: gitea, url: 'https://example.com/gitea/', write: read-only, token_ref: A}]", []string{"/gitea/example.com/api/v1/ read-only gitea /gitea/", "/gitea/example.com/ read-only gitea /gitea/"}},
		{"tokens: [{kind: gitlab, url: 'https://example.com/lab', token_ref: A}]", []string{"/gitlab/example.com/api/v4/ guarded gitlab /lab/", "/gitlab/example.com/ guarded gitlab /lab/"}},
		{"tokens: [{kind: npm, token_ref: A}]", []string{"/npm/ guarded npm /"}},
		{"tokens: [{kind: npm, url: 'https://n.example/api/npm/', token_ref: A}]", []string{"/npm/ guarded npm /api/npm/"}},
		{"tokens: [{kind: openai, token_ref: A}, {kind: gemini, token_ref: A}, {kind: huggingface, token_ref: A}]", []string{"/openai/ allow http /", "/gemini/ allow http /", "/huggingface/ allow http /"}},
		{"tokens: [{kind: openai, write: guarded, token_ref: A}]", []string{"/openai/ guarded http /"}},
		{"tokens: [{kind: pypi, token_ref: A}]", []string{"/pypi/ guarded http /"}},
		{"routes: [{path: /x/, upstream: 'https://x.example/v2', auth: {scheme: S, token_ref: A}}]", []string{"/x/ allow http /v2/"}},
		{"routes: [{path: /x/, upstream: 'https://x.example/v2', write: read-only, auth: {scheme: S, token_ref: A}}]", []string{"/x/ read-only http /v2/"}},
	}
	for _, test := range tests {
		t.Run(test.source, func(t *testing.T) {
			var got []string
			for _, r := range prepare(t, test.source).Routes {
				got = append(got, fmt.Sprint(r.Path, " ", r.Write, " ", r.WriteAPI, " ", r.WriteBase))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestValidateRefusesUnknownPolicies fails when a plan whose write policy is
// lost or misspelt starts, and with no policy at all.
func TestValidateRefusesUnknownPolicies(t *testing.T) {
	for _, change := range []func(r *plan.Route){
		func(r *plan.Route) { r.Write = "" },
		func(r *plan.Route) { r.Write = "readonly" },
		func(r *plan.Route) { r.WriteAPI = "" },
	} {
		p := prepare(t, "tokens: [{kind: npm, token_ref: A}]")
		change(&p.Routes[0])
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "/npm/ has write policy") {
			t.Errorf("%q for %q: %v", p.Routes[0].Write, p.Routes[0].WriteAPI, err)
		}
	}
}

// TestGitHints fails when a refused push does not say where to push instead.
func TestGitHints(t *testing.T) {
	p := prepare(t, `
tokens:
  - {kind: gitea, url: "https://gitea.example.com", token_ref: A}
  - {kind: github, token_ref: B}
git:
  - {name: app, upstream: "ssh://git@gitea.example.com:2222/team/app.git"}
  - {name: lib, upstream: "git@gitea.example.com:team/lib.git"}
`)
	hints := map[string]string{}
	for _, r := range p.Routes {
		hints[r.Path] = r.GitHint
	}
	if want := "Push over SSH through the bottle's git-gate instead: ssh://git@gitea.example.com:2222/team/app.git or git@gitea.example.com:team/lib.git"; hints["/gitea/gitea.example.com/"] != want {
		t.Errorf("gitea: %q", hints["/gitea/gitea.example.com/"])
	}
	if want := "Push over SSH through the bottle's git-gate; the bottle file lists its repositories under git."; hints["/gh-git/"] != want {
		t.Errorf("github: %q", hints["/gh-git/"])
	}
}
