package writeguard_test

import (
	"strings"
	"testing"
)

// TestHostileAnthropic fails when an agent mints a credential, or has another
// agent elsewhere write what the git-gate never sees.
func TestHostileAnthropic(t *testing.T) {
	address, upstream := guard(t, "anthropic guarded")
	const a, w = "ambiguous_path", "write_refused"
	json := []string{jsonType}
	judge(t, address, upstream, []attempt{
		{"an API key", "POST", "/api/oauth/claude_cli/create_api_key", json, `{}`, w},
		{"an API key by another method", "GET", "/api/oauth/claude_cli/create_api_key", nil, "", w},
		{"an API key, encoded", "POST", "/api/oauth/claude_cli/create%5Fapi_key", json, `{}`, w},
		{"an API key behind what is allowed", "POST", "/v1/%2e%2e/api/oauth/claude_cli/create_api_key", json, `{}`, a},
		{"an API key behind an encoded slash", "POST", "/v1/messages%2f..%2f..%2fapi/oauth/claude_cli/create_api_key", json, `{}`, a},
		{"a token", "POST", "/v1/oauth/token", json, `{}`, w},
		{"a token in another case", "POST", "/v1/OAuth/token", json, `{}`, w},
		{"a token with an encoded slash", "POST", "/v1/oauth%2Ftoken", json, `{}`, w},
		{"a token with two slashes", "POST", "/v1//oauth/token", json, `{}`, w},
		{"a token with a parameter in the path", "POST", "/v1/oauth;x/token", json, `{}`, w},
		{"a token behind a backslash", "POST", "/v1/messages%5C..%5Coauth/token", json, `{}`, a},
		{"a token by a backslash", "POST", "/v1%5Coauth%5Ctoken", json, `{}`, w},
		{"the organization's keys", "GET", "/v1/organizations/api_keys", nil, "", w},
		{"the organization, encoded", "GET", "/v1/%6Frganizations/api_keys", nil, "", w},
		{"the organization in another version's case", "GET", "/V1/organizations/api_keys", nil, "", w},
		{"the organization itself", "GET", "/v1/organizations", nil, "", w},
		{"an invitation", "POST", "/v1/organizations/invites", json, `{}`, w},
		{"a vault", "POST", "/v1/vaults/v/credentials", json, `{}`, w},
		{"a tunnel's token", "POST", "/v1/tunnels/t/reveal_token", nil, "", w},
		{"a session on the web", "POST", "/v1/code/sessions", json, `{}`, w},
		{"a session's events", "POST", "/v1/code/sessions/s/events", json, `{}`, w},
		{"a signed commit", "POST", "/v1/code/sessions/s/sign-commit", json, `{}`, w},
		{"a trigger", "POST", "/v1/code/triggers", json, `{}`, w},
		{"the web's git proxy", "POST", "/v1/session_ingress/session/s/git_proxy/o/r.git/git-receive-pack", []string{"Content-Type: application/x-git-receive-pack-request"}, "0000", w},
		{"a managed agent", "POST", "/v1/sessions", json, `{}`, w},
		{"a deployment", "POST", "/v1/deployments/d/run", nil, "", w},
		{"a connector", "POST", "/v1/toolbox/shttp/mcp/x", json, `{}`, w},
		{"a connector's log-in", "POST", "/api/organizations/o/mcp/start-auth/x", json, `{}`, w},
		{"a transcript shared", "POST", "/api/claude_code_shared_session_transcripts", json, `{}`, w},
		{"GitHub's token", "POST", "/v1/code/github/import-token", json, `{}`, w},
		{"a device", "POST", "/api/auth/trusted_devices", json, `{}`, w},
		{"a frame", "POST", "/api/frame/deploy/direct", json, `{}`, w},
		{"what is not known", "GET", "/api/oauth/unheard_of", nil, "", w},
		{"a write where a read is allowed", "POST", "/api/oauth/profile", json, `{}`, w},
		{"the root", "GET", "/", nil, "", w},
		{"a header that changes the path", "POST", "/v1/messages", []string{jsonType, "X-Original-URL: /v1/oauth/token"}, `{}`, w},
	})
}

// TestEverydayAnthropic fails when what Claude Code and the client libraries
// send does not get through; the first ten are what Claude Code was seen to
// send.
func TestEverydayAnthropic(t *testing.T) {
	address, upstream := guard(t, "anthropic guarded")
	json := []string{jsonType}
	judge(t, address, upstream, []attempt{
		{"a large file", "POST", "/v1/files", []string{"Content-Type: multipart/form-data; boundary=b"}, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + strings.Repeat("x", 17<<20) + "\r\n--b--\r\n", ""},
		{"messages", "POST", "/v1/messages?beta=true", json, `{"model":"m"}`, ""},
		{"settings", "GET", "/api/claude_code/settings", nil, "", ""},
		{"limits", "GET", "/api/claude_code/policy_limits", nil, "", ""},
		{"bootstrap", "GET", "/api/claude_cli/bootstrap?entrypoint=sdk-cli&model=m", nil, "", ""},
		{"features", "POST", "/api/eval/sdk-x", json, `{}`, ""},
		{"servers", "GET", "/api/directory/server-urls", nil, "", ""},
		{"fast mode", "GET", "/api/claude_code_penguin_mode", nil, "", ""},
		{"metrics", "GET", "/api/claude_code/organizations/metrics_enabled", nil, "", ""},
		{"events", "POST", "/api/event_logging/v2/batch", json, `{}`, ""},
		{"the profile", "GET", "/api/oauth/profile", nil, "", ""},
		{"hello", "GET", "/api/hello", nil, "", ""},
		{"tokens counted", "POST", "/v1/messages/count_tokens", json, `{}`, ""},
		{"a batch", "POST", "/v1/messages/batches", json, `{}`, ""},
		{"the models", "GET", "/v1/models?limit=1000", nil, "", ""},
		{"a file", "DELETE", "/v1/files/f", nil, "", ""},
		{"an old model", "POST", "/v1/complete", json, `{}`, ""},
	})
}
