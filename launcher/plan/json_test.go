package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestPipelockJSON fails when a tool cannot tell a proxy that is started with
// the bottle from one that has to be there.
func TestPipelockJSON(t *testing.T) {
	got, err := json.Marshal(prepare(t, "backend: docker\ntokens: [{kind: npm, token_ref: T}]\negress: {pipelock: {image: p:1}}").Egress)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"proxy_url":"http://pipelock:8888","pipelock":{"image":"p:1"}}`, string(got)); diff != "" {
		t.Errorf("JSON differs (-want +got):\n%s", diff)
	}
}

// TestAgentPipelockJSON fails when a tool cannot tell whether the agent has
// egress of its own.
func TestAgentPipelockJSON(t *testing.T) {
	got, err := json.Marshal(prepare(t, "backend: docker\ntokens: [{kind: npm, token_ref: T}]\negress: {pipelock: {image: p:1}, agent: pipelock}").Egress)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"proxy_url":"http://pipelock:8888","pipelock":{"image":"p:1"},"agent":"pipelock"}`, string(got)); diff != "" {
		t.Errorf("JSON differs (-want +got):\n%s", diff)
	}
}

// TestPrepareJSON fails when the JSON form that other tools read changes: its
// schema number has to change with it.
func TestPrepareJSON(t *testing.T) {
	p := prepare(t, `
backend: docker
tokens: [{kind: gitea, url: "https://git.example.com/", token_ref: T}]
routes: [{path: /x/, upstream: "https://x.example.com", auth: {header: X-Key, scheme: Key, token_ref: X}}]
egress: {proxy_url: "http://pipelock:8888", ca_file: /ca.pem}
`)
	p.Agent = plan.Agent{Env: map[string]string{"A": "b"}, Files: map[string]string{"~/f": "g"}}
	p.Caddyfile = "…"
	got, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "schema": 1,
  "bottle": "dev",
  "slug": "dev",
  "backend": "docker",
  "routes": [
    {
      "path": "/gitea/git.example.com/api/v1/",
      "upstream": "https://git.example.com/api/v1",
      "host": "git.example.com",
      "auth": {
        "scheme": "token"
      },
      "token_env": "CRED_PROXY_TOKEN_0",
      "kind": "gitea",
      "write": "guarded"
    },
    {
      "path": "/gitea/git.example.com/",
      "upstream": "https://git.example.com",
      "host": "git.example.com",
      "auth": {
        "basic": "oauth2"
      },
      "token_env": "CRED_PROXY_TOKEN_0",
      "kind": "gitea",
      "write": "guarded"
    },
    {
      "path": "/x/",
      "upstream": "https://x.example.com",
      "host": "x.example.com",
      "auth": {
        "scheme": "Key",
        "header": "X-Key"
      },
      "token_env": "CRED_PROXY_TOKEN_1",
      "kind": "",
      "write": "allow"
    }
  ],
  "requires": [
    {
      "token_env": "CRED_PROXY_TOKEN_0",
      "token_ref": "T"
    },
    {
      "token_env": "CRED_PROXY_TOKEN_1",
      "token_ref": "X"
    }
  ],
  "egress": {
    "proxy_url": "http://pipelock:8888",
    "ca_file": "/ca.pem"
  },
  "networks": [
    {
      "name": "cred-proxy-dev-internal"
    },
    {
      "name": "cred-proxy-dev-egress"
    }
  ],
  "agent": {
    "env": {
      "A": "b"
    },
    "files": {
      "~/f": "g"
    }
  },
  "caddyfile": "…"
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON differs (-want +got):\n%s", diff)
	}
}
