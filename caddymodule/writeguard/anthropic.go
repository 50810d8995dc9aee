package writeguard

// anthropic is the Anthropic API, and what else api.anthropic.com serves: an
// OAuth token is good for claude.ai and Claude Code on the web too, which can
// mint an API key, or push to the user's repositories. So reads are listed.
var anthropic = api{
	name:  "anthropic",
	title: "Anthropic",
	about: "An OAuth token of Claude Code's is good for more than the API: it can create an API key, and run Claude Code on the web, which " +
		"pushes to the user's repositories. `/v1/` is open but for what the second list has; of the rest only what Claude Code was seen to send.",
	byPath:      true,
	readsListed: true,
	uploads:     true, // files are hundreds of megabytes
	repository:  repository{segments: -1},
	rows:        anthropicRows,
}

var anthropicRows = []row{
	// The API, without what the rows below refuse.
	{
		verdict: allow, methods: "GET POST PUT PATCH DELETE", path: "/v1/{rest...}", area: "API",
		docs: "claude-code api/dreams api/files api/memory_stores api/messages api/messages/batches " +
			"api/messages/count_tokens api/models api/skills api/user_profiles",
	},

	// Seen in what Claude Code sends.
	{verdict: allow, methods: "GET", path: "/api/hello", area: "Claude Code's settings", docs: "claude-code"},
	{verdict: allow, methods: "GET", path: "/api/oauth/profile", area: "Claude Code's settings", docs: "claude-code"},
	{verdict: allow, methods: "GET", path: "/api/oauth/usage", area: "Claude Code's settings", docs: "claude-code"},
	{
		verdict: allow, methods: "GET", path: "/api/oauth/account/settings", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/oauth/claude_cli/roles", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_cli/bootstrap", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_cli_profile", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_code/settings", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_code/policy_limits", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_code/organizations/metrics_enabled", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_code_grove", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/claude_code_penguin_mode", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/directory/server-urls", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/organization/claude_code_first_token_date", area: "Claude Code's settings",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "GET", path: "/api/web/domain_info", area: "Claude Code's settings", note: "the web fetch tool asks it before it fetches",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "POST", path: "/api/claude_code/metrics", area: "Claude Code's telemetry",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "POST", path: "/api/event_logging/v2/batch", area: "Claude Code's telemetry",
		docs: "claude-code",
	},
	{
		verdict: allow, methods: "POST", path: "/api/eval/{client_key}", area: "Claude Code's telemetry",
		docs: "claude-code",
	},

	// What creates or holds credentials, reads too.
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/organizations/{rest*}", area: "organizations",
		docs: "api/organizations/analytics api/organizations/api_keys api/organizations/claude_code " +
			"api/organizations/claude_tag api/organizations/compliance_settings api/organizations/external_keys " +
			"api/organizations/federation_issuers api/organizations/federation_rules api/organizations/invites " +
			"api/organizations/me api/organizations/plugin_marketplaces api/organizations/plugins " +
			"api/organizations/rate_limits api/organizations/rbac_groups api/organizations/rbac_roles " +
			"api/organizations/service_accounts api/organizations/spend_limit_increase_requests " +
			"api/organizations/spend_limits api/organizations/telemetry_destinations api/organizations/users " +
			"api/organizations/webhooks api/organizations/workspaces",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/oauth/{rest*}", area: "access tokens",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/vaults/{rest*}", area: "vaults of credentials",
		docs: "api/vaults",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/tunnels/{rest*}", area: "tunnels and their tokens",
		docs: "api/tunnels",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/user_profiles/{user_profile_id}/enrollment_url", area: "access tokens",
		docs: "api/user_profiles",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/user_profiles/{user_profile_id}/action_urls", area: "access tokens",
		docs: "api/user_profiles",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/design/{rest*}", area: "grants to other programs",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/privacy-consents/{rest*}", area: "grants to other programs",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/desktop/{rest*}", area: "grants to other programs",
		docs: "claude-code",
	},

	// What runs agents elsewhere, with the user's forges and connectors at hand.
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/code/{rest*}", area: "Claude Code on the web, which pushes",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/session_ingress/{rest*}", area: "Claude Code on the web, which pushes",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/ultrareview/{rest*}", area: "Claude Code on the web, which pushes",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/environment_providers/{rest*}", area: "Claude Code on the web, which pushes",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/environments/{rest*}", area: "managed agents",
		docs: "api/environments claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/agents/{rest*}", area: "managed agents",
		docs: "api/agents",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/sessions/{rest*}", area: "managed agents",
		docs: "api/sessions",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/deployments/{rest*}", area: "managed agents",
		docs: "api/deployments",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/deployment_runs/{rest*}", area: "managed agents",
		docs: "api/deployment_runs",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/filestore/{rest*}", area: "managed agents",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/mcp/{rest*}", area: "the user's connectors",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/mcp_servers/{rest*}", area: "the user's connectors",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/toolbox/{rest*}", area: "the user's connectors",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/pages/{rest*}", area: "the user's connectors",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/v1/claudeai-agents/{rest*}", area: "the user's connectors",
		docs: "claude-code",
	},

	// claude.ai, on the same host.
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/oauth/claude_cli/create_api_key", area: "access tokens",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/oauth/validate", area: "access tokens",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/oauth/local_pairing/{rest*}", area: "access tokens",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/oauth/organizations/{rest*}", area: "organizations",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/oauth/file_upload/{rest*}", area: "claude.ai",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/oauth/files/{rest*}", area: "claude.ai",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "POST PUT PATCH DELETE", path: "/api/oauth/account/{rest*}", area: "the user's account",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/auth/{rest*}", area: "access tokens",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/organizations/{rest*}", area: "organizations",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/claude_cli_feedback", area: "transcripts and feedback",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/claude_code_shared_session_transcripts/{rest*}", area: "transcripts and feedback",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/claude_code/notification/{rest*}", area: "the user's account",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/claude_code/skills/{rest*}", area: "claude.ai",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/directory/servers/{rest*}", area: "claude.ai",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/eval-authed/{client_key}", area: "claude.ai",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/frame/{rest*}", area: "claude.ai",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/mcp/{rest*}", area: "the user's connectors",
		docs: "claude-code",
	},
	{
		verdict: refuse, methods: "GET POST PUT PATCH DELETE", path: "/api/ws/{rest*}", area: "claude.ai",
		docs: "claude-code",
	},
}
