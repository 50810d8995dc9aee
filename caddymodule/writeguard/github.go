package writeguard

import "github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"

// github is the REST and the GraphQL API of github.com and of GitHub
// Enterprise Server, below whose host the former is at /api/v3 and uploads at
// /api/uploads. TestEveryOperationIsClassified compares both tables with GitHub's
// published descriptions.
//
// A branch's and a label's name may hold a slash, which clients send as %2F.
var github = api{
	name:  "github",
	title: "GitHub",
	about: "REST is at `/`, at a GitHub Enterprise Server at `/api/v3/` and `/api/uploads/`; GraphQL at `/graphql` and `/api/graphql`. " +
		"The names are those of GitHub's REST and GraphQL references. A `%2F` may be part of a label's name.",
	prefixes:   []string{"/api/v3", "/api/uploads"},
	repository: repository{segments: 2, notBelow: []string{"api", "raw", "repositories", "sessions", "settings"}},
	rows:       githubRows,
	graphql:    &githubGraphQL,
}

// onlyDrafts: a draft is seen by those who can push, and makes no tag.
var onlyDrafts = &check{
	says: "\"draft\" is true",
	holds: func(c *call) (bool, *refusal.Refusal) {
		value, ref := c.jsonAlone()
		release, _ := value.(map[string]any)
		isDraft, _ := release["draft"].(bool)
		return isDraft, ref
	},
}

var githubRows = []row{
	// Harmless.
	{verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues", area: "issues", docs: "issues/create"},
	{verdict: allow, methods: "PATCH", path: "/repos/{owner}/{repo}/issues/{issue_number}", area: "issues", docs: "issues/update"},
	{
		verdict: allow, methods: "PUT DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/lock", area: "issues",
		docs: "issues/unlock issues/lock",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/assignees", area: "issues",
		docs: "issues/remove-assignees issues/add-assignees",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues", area: "issues",
		docs: "issues/add-sub-issue",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/sub_issue", area: "issues",
		docs: "issues/remove-sub-issue",
	},
	{
		verdict: allow, methods: "PATCH", path: "/repos/{owner}/{repo}/issues/{issue_number}/sub_issues/priority", area: "issues",
		docs: "issues/reprioritize-sub-issue",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by", area: "issues",
		docs: "issues/add-blocked-by-dependency",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by/{issue_id}", area: "issues",
		docs: "issues/remove-dependency-blocked-by",
	},
	{
		verdict: allow, methods: "POST PUT", path: "/repos/{owner}/{repo}/issues/{issue_number}/issue-field-values", area: "issues",
		docs: "issues/add-issue-field-values issues/set-issue-field-values",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/issue-field-values/{issue_field_id}", area: "issues",
		docs: "issues/delete-issue-field-value",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/suggestions/{suggestion_id}/approve", area: "issues",
		docs: "issues/approve-suggestion",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/suggestions/{suggestion_id}/dismiss", area: "issues",
		docs: "issues/dismiss-suggestion",
	},

	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/comments", area: "comments",
		docs: "issues/create-comment",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}", area: "comments",
		docs: "issues/delete-comment issues/update-comment",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}/pin", area: "comments",
		docs: "issues/unpin-comment issues/pin-comment",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/commits/{commit_sha}/comments", area: "comments",
		docs: "repos/create-commit-comment",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/comments/{comment_id}", area: "comments",
		docs: "repos/delete-commit-comment repos/update-commit-comment",
	},

	{verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/labels", area: "labels", docs: "issues/create-label"},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/labels/{name%}", area: "labels",
		docs: "issues/delete-label issues/update-label",
	},
	{
		verdict: allow, methods: "POST PUT DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/labels", area: "labels",
		docs: "issues/remove-all-labels issues/add-labels issues/set-labels",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name%}", area: "labels",
		docs: "issues/remove-label",
	},

	{verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/milestones", area: "milestones", docs: "issues/create-milestone"},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/milestones/{milestone_number}", area: "milestones",
		docs: "issues/delete-milestone issues/update-milestone",
	},

	{verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/pulls", area: "pull requests", docs: "pulls/create"},
	{verdict: allow, methods: "PATCH", path: "/repos/{owner}/{repo}/pulls/{pull_number}", area: "pull requests", docs: "pulls/update"},
	{
		verdict: allow, methods: "POST DELETE", path: "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", area: "pull requests",
		docs: "pulls/remove-requested-reviewers pulls/request-reviewers",
	},

	{verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", area: "reviews", docs: "pulls/create-review"},
	{
		verdict: allow, methods: "PUT DELETE", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", area: "reviews",
		docs: "pulls/delete-pending-review pulls/update-review",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events", area: "reviews",
		docs: "pulls/submit-review",
	},
	{
		verdict: allow, methods: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals", area: "reviews",
		docs: "pulls/dismiss-review",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/comments", area: "reviews",
		docs: "pulls/create-review-comment",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies", area: "reviews",
		docs: "pulls/create-reply-for-review-comment",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}", area: "reviews",
		docs: "pulls/delete-review-comment pulls/update-review-comment",
	},

	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/{issue_number}/reactions", area: "reactions",
		docs: "reactions/create-for-issue",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}", area: "reactions",
		docs: "reactions/delete-for-issue",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", area: "reactions",
		docs: "reactions/create-for-issue-comment",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}", area: "reactions",
		docs: "reactions/delete-for-issue-comment",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", area: "reactions",
		docs: "reactions/create-for-pull-request-review-comment",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions/{reaction_id}", area: "reactions",
		docs: "reactions/delete-for-pull-request-comment",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/comments/{comment_id}/reactions", area: "reactions",
		docs: "reactions/create-for-commit-comment",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/comments/{comment_id}/reactions/{reaction_id}", area: "reactions",
		docs: "reactions/delete-for-commit-comment",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/releases/{release_id}/reactions", area: "reactions",
		docs: "reactions/create-for-release",
	},
	{
		verdict: allow, methods: "DELETE", path: "/repos/{owner}/{repo}/releases/{release_id}/reactions/{reaction_id}", area: "reactions",
		docs: "reactions/delete-for-release",
	},

	{verdict: allow, methods: "PUT", path: "/notifications", area: "notifications", docs: "activity/mark-notifications-as-read"},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/notifications/threads/{thread_id}", area: "notifications",
		docs: "activity/mark-thread-as-done activity/mark-thread-as-read",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/notifications/threads/{thread_id}/subscription", area: "notifications",
		docs: "activity/delete-thread-subscription activity/set-thread-subscription",
	},
	{
		verdict: allow, methods: "PUT", path: "/repos/{owner}/{repo}/notifications", area: "notifications",
		docs: "activity/mark-repo-notifications-as-read",
	},

	{
		verdict: allow, methods: "PUT DELETE", path: "/user/starred/{owner}/{repo}", area: "starring and watching",
		docs: "activity/unstar-repo-for-authenticated-user activity/star-repo-for-authenticated-user",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/repos/{owner}/{repo}/subscription", area: "starring and watching",
		docs: "activity/delete-repo-subscription activity/set-repo-subscription",
	},

	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/releases", area: "draft releases", check: onlyDrafts,
		docs: "repos/create-release",
	},
	{
		verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/releases/generate-notes", area: "draft releases",
		docs: "repos/generate-release-notes",
	},

	{verdict: allow, methods: "POST", path: "/repos/{owner}/{repo}/forks", area: "forks", docs: "repos/create-fork"},

	{
		verdict: allow, methods: "POST", path: "/orgs/{org}/projectsV2/{project_number}/items", area: "project items",
		docs: "projects/add-item-for-org",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/orgs/{org}/projectsV2/{project_number}/items/{item_id}", area: "project items",
		docs: "projects/delete-item-for-org projects/update-item-for-org",
	},
	{
		verdict: allow, methods: "POST", path: "/orgs/{org}/projectsV2/{project_number}/drafts", area: "project items",
		docs: "projects/create-draft-item-for-org",
	},
	{
		verdict: allow, methods: "POST", path: "/users/{username}/projectsV2/{project_number}/items", area: "project items",
		docs: "projects/add-item-for-user",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/users/{username}/projectsV2/{project_number}/items/{item_id}", area: "project items",
		docs: "projects/delete-item-for-user projects/update-item-for-user",
	},
	{
		verdict: allow, methods: "POST", path: "/user/{user_id}/projectsV2/{project_number}/drafts", area: "project items",
		docs: "projects/create-draft-item-for-authenticated-user",
	},

	{verdict: allow, methods: "POST", path: "/markdown", area: "rendering", docs: "markdown/render"},
	{verdict: allow, methods: "POST", path: "/markdown/raw", area: "rendering", docs: "markdown/render-raw"},

	// What changes code, or access to it.
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/contents/{path...}", area: "contents",
		docs: "repos/delete-file repos/create-or-update-file-contents",
	},
	{
		verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/code-scanning/alerts/{alert_number}/autofix/{rest*}", area: "contents",
		docs: "code-scanning/create-autofix code-scanning/commit-autofix",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/git/{rest...}", area: "git objects and refs",
		docs: "git/delete-ref git/update-ref git/create-blob git/create-commit git/create-ref git/create-tag git/create-tree",
	},

	{verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/branches/{branch%}/rename", area: "branches", docs: "repos/rename-branch"},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/tags/{rest*}", area: "tags",
		docs: "repos/delete-tag-protection repos/create-tag-protection",
	},

	{verdict: refuse, methods: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/merge", area: "merges", docs: "pulls/merge"},
	{verdict: refuse, methods: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/merge-async", area: "merges", docs: "pulls/merge-async"},
	{
		verdict: refuse, methods: "PUT", path: "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch", area: "merges",
		docs: "pulls/update-branch",
	},
	{verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/merges", area: "merges", docs: "repos/merge"},
	{verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/merge-upstream", area: "merges", docs: "repos/merge-upstream"},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/stacks/{rest*}", area: "merges",
		docs: "pull-request-stacks/create pull-request-stacks/add pull-request-stacks/unstack",
	},
	{verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/pulls/{pull_number}/auto-merge", area: "merges", note: "the GraphQL mutation's name, should it become a path"},
	{verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/pulls/{pull_number}/revert", area: "merges", note: "the GraphQL mutation's name, should it become a path"},
	{verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/merge-queue/{rest*}", area: "merges", note: "merge queues have GraphQL mutations only"},

	{
		verdict: refuse, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/releases/{release_id}", area: "releases and assets",
		docs: "repos/delete-release repos/update-release",
	},
	{
		verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/releases/{release_id}/assets", area: "releases and assets",
		docs: "repos/upload-release-asset",
	},
	{
		verdict: refuse, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}/releases/assets/{asset_id}", area: "releases and assets",
		docs: "repos/delete-release-asset repos/update-release-asset",
	},
	{
		verdict: refuse, methods: "PUT DELETE", path: "/repos/{owner}/{repo}/immutable-releases", area: "releases and assets",
		docs: "repos/disable-immutable-releases repos/enable-immutable-releases",
	},

	{
		verdict: refuse, methods: "*", path: "/gists/{rest*}", area: "gists",
		docs: "gists/delete gists/delete-comment gists/unstar gists/update gists/update-comment gists/create gists/create-comment " +
			"gists/fork gists/star",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/import/{rest*}", area: "imports and migrations",
		docs: "migrations/cancel-import migrations/update-import migrations/map-commit-author migrations/set-lfs-preference " +
			"migrations/start-import",
	},
	{
		verdict: refuse, methods: "*", path: "/user/migrations/{rest*}", area: "imports and migrations",
		docs: "migrations/delete-archive-for-authenticated-user migrations/unlock-repo-for-authenticated-user " +
			"migrations/start-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/migrations/{rest*}", area: "imports and migrations",
		docs: "migrations/delete-archive-for-org migrations/unlock-repo-for-org migrations/start-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprise/live-migrations/{rest*}", area: "imports and migrations",
		docs: "enterprise-admin/live-migration-create enterprise-admin/live-migration-cancel enterprise-admin/live-migration-cutover " +
			"enterprise-admin/live-migration-pause enterprise-admin/live-migration-resume " +
			"enterprise-admin/live-migration-revert-cutover enterprise-admin/live-migration-start",
	},
	{
		verdict: refuse, methods: "PUT DELETE", path: "/repos/{owner}/{repo}/lfs", area: "imports and migrations",
		docs: "repos/disable-lfs-for-repo repos/enable-lfs-for-repo",
	},

	{
		verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/dispatches", area: "dispatches and workflow runs",
		docs: "repos/create-dispatch-event",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/workflows/{rest...}", area: "dispatches and workflow runs",
		docs: "actions/create-workflow-dispatch actions/disable-workflow actions/enable-workflow",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/runs/{rest...}", area: "dispatches and workflow runs",
		docs: "actions/delete-workflow-run actions/delete-workflow-run-logs actions/approve-workflow-run actions/cancel-workflow-run " +
			"actions/review-custom-gates-for-run actions/force-cancel-workflow-run actions/review-pending-deployments-for-run " +
			"actions/re-run-workflow actions/re-run-workflow-failed-jobs",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/jobs/{rest...}", area: "dispatches and workflow runs",
		docs: "actions/re-run-job-for-workflow-run",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/artifacts/{rest...}", area: "workflow artifacts and caches",
		docs: "actions/delete-artifact",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/caches/{rest*}", area: "workflow artifacts and caches",
		docs: "actions/delete-actions-cache-by-key actions/delete-actions-cache-by-id",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/cache/{rest*}", area: "workflow artifacts and caches",
		docs: "actions/set-actions-cache-usage-policy actions/set-actions-cache-retention-limit-for-repository " +
			"actions/set-actions-cache-storage-limit-for-repository",
	},
	{
		verdict: refuse, methods: "*", path: "/organizations/{org}/actions/cache/{rest*}", area: "workflow artifacts and caches",
		docs: "actions/set-actions-cache-retention-limit-for-organization actions/set-actions-cache-storage-limit-for-organization",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/actions/cache/{rest*}", area: "workflow artifacts and caches",
		docs: "actions/set-actions-cache-usage-policy-for-enterprise actions/set-actions-cache-retention-limit-for-enterprise " +
			"actions/set-actions-cache-storage-limit-for-enterprise",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/permissions/{rest*}", area: "workflow settings",
		docs: "actions/set-github-actions-permissions-repository actions/set-workflow-access-to-repository " +
			"actions/set-artifact-and-log-retention-settings-repository " +
			"actions/set-fork-pr-contributor-approval-permissions-repository " +
			"actions/set-private-repo-fork-pr-workflows-settings-repository actions/set-allowed-actions-repository " +
			"actions/set-github-actions-default-workflow-permissions-repository",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/oidc/{rest*}", area: "workflow settings",
		docs: "actions/set-custom-oidc-sub-claim-for-repo",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/permissions/{rest*}", area: "workflow settings",
		docs: "actions/disable-selected-repository-github-actions-organization " +
			"actions/disable-selected-repository-self-hosted-runners-organization " +
			"actions/set-github-actions-permissions-organization actions/set-artifact-and-log-retention-settings-organization " +
			"actions/set-fork-pr-contributor-approval-permissions-organization " +
			"actions/set-private-repo-fork-pr-workflows-settings-organization " +
			"actions/set-selected-repositories-enabled-github-actions-organization " +
			"actions/enable-selected-repository-github-actions-organization actions/set-allowed-actions-organization " +
			"actions/set-self-hosted-runners-permissions-organization " +
			"actions/set-selected-repositories-self-hosted-runners-organization " +
			"actions/enable-selected-repository-self-hosted-runners-organization " +
			"actions/set-github-actions-default-workflow-permissions-organization",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/oidc/{rest*}", area: "workflow settings",
		docs: "oidc/delete-oidc-custom-property-inclusion-for-org oidc/create-oidc-custom-property-inclusion-for-org " +
			"oidc/update-oidc-custom-sub-template-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/actions/permissions/{rest*}", area: "workflow settings",
		docs: "enterprise-admin/disable-selected-organization-github-actions-enterprise " +
			"enterprise-admin/set-github-actions-permissions-enterprise enterprise-admin/set-artifact-and-log-retention-settings " +
			"enterprise-admin/set-fork-pr-contributor-approval-permissions " +
			"enterprise-admin/set-private-repo-fork-pr-workflows-settings " +
			"enterprise-admin/set-selected-organizations-enabled-github-actions-enterprise " +
			"enterprise-admin/enable-selected-organization-github-actions-enterprise " +
			"enterprise-admin/set-allowed-actions-enterprise enterprise-admin/set-self-hosted-runners-permissions " +
			"actions/set-github-actions-default-workflow-permissions-enterprise",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/actions/oidc/{rest*}", area: "workflow settings",
		docs: "oidc/delete-oidc-custom-property-inclusion-for-enterprise oidc/create-oidc-custom-property-inclusion-for-enterprise " +
			"actions/set-actions-oidc-custom-issuer-policy-for-enterprise",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/runners/{rest*}", area: "runners",
		docs: "actions/delete-self-hosted-runner-from-repo actions/remove-all-custom-labels-from-self-hosted-runner-for-repo " +
			"actions/remove-custom-label-from-self-hosted-runner-for-repo actions/generate-runner-jitconfig-for-repo " +
			"actions/create-registration-token-for-repo actions/create-remove-token-for-repo " +
			"actions/add-custom-labels-to-self-hosted-runner-for-repo actions/set-custom-labels-for-self-hosted-runner-for-repo",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/runners/{rest*}", area: "runners",
		docs: "actions/delete-self-hosted-runner-from-org actions/remove-all-custom-labels-from-self-hosted-runner-for-org " +
			"actions/remove-custom-label-from-self-hosted-runner-for-org actions/generate-runner-jitconfig-for-org " +
			"actions/create-registration-token-for-org actions/create-remove-token-for-org " +
			"actions/add-custom-labels-to-self-hosted-runner-for-org actions/set-custom-labels-for-self-hosted-runner-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/runner-groups/{rest*}", area: "runners",
		docs: "actions/delete-self-hosted-runner-group-from-org actions/remove-repo-access-to-self-hosted-runner-group-in-org " +
			"actions/remove-self-hosted-runner-from-group-for-org actions/update-self-hosted-runner-group-for-org " +
			"actions/create-self-hosted-runner-group-for-org actions/set-repo-access-to-self-hosted-runner-group-in-org " +
			"actions/add-repo-access-to-self-hosted-runner-group-in-org actions/set-self-hosted-runners-in-group-for-org " +
			"actions/add-self-hosted-runner-to-group-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/hosted-runners/{rest*}", area: "runners",
		docs: "actions/delete-custom-image-from-org actions/delete-custom-image-version-from-org actions/delete-hosted-runner-for-org " +
			"actions/update-hosted-runner-for-org actions/create-hosted-runner-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/actions/runners/{rest*}", area: "runners",
		docs: "enterprise-admin/delete-self-hosted-runner-from-enterprise " +
			"enterprise-admin/remove-all-custom-labels-from-self-hosted-runner-for-enterprise " +
			"enterprise-admin/remove-custom-label-from-self-hosted-runner-for-enterprise " +
			"actions/generate-runner-jitconfig-for-enterprise enterprise-admin/create-registration-token-for-enterprise " +
			"enterprise-admin/create-remove-token-for-enterprise " +
			"enterprise-admin/add-custom-labels-to-self-hosted-runner-for-enterprise " +
			"enterprise-admin/set-custom-labels-for-self-hosted-runner-for-enterprise",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/actions/runner-groups/{rest*}", area: "runners",
		docs: "enterprise-admin/delete-self-hosted-runner-group-from-enterprise " +
			"enterprise-admin/remove-org-access-to-self-hosted-runner-group-in-enterprise " +
			"enterprise-admin/remove-self-hosted-runner-from-group-for-enterprise " +
			"enterprise-admin/update-self-hosted-runner-group-for-enterprise " +
			"enterprise-admin/create-self-hosted-runner-group-for-enterprise " +
			"enterprise-admin/set-org-access-to-self-hosted-runner-group-in-enterprise " +
			"enterprise-admin/add-org-access-to-self-hosted-runner-group-in-enterprise " +
			"enterprise-admin/set-self-hosted-runners-in-group-for-enterprise " +
			"enterprise-admin/add-self-hosted-runner-to-group-for-enterprise",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/actions/hosted-runners/{rest*}", area: "runners",
		docs: "actions/delete-custom-image-from-enterprise actions/delete-custom-image-version-from-enterprise " +
			"actions/delete-hosted-runner-for-enterprise actions/update-hosted-runner-for-enterprise " +
			"actions/create-hosted-runner-for-enterprise",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/settings/network-configurations/{rest*}", area: "runners",
		docs: "hosted-compute/delete-network-configuration-from-org hosted-compute/update-network-configuration-for-org " +
			"hosted-compute/create-network-configuration-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/network-configurations/{rest*}", area: "runners",
		docs: "hosted-compute/delete-network-configuration-from-enterprise hosted-compute/update-network-configuration-for-enterprise " +
			"hosted-compute/create-network-configuration-for-enterprise",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/secrets/{rest*}", area: "secrets and variables",
		docs: "actions/delete-repo-secret actions/create-or-update-repo-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/actions/variables/{rest*}", area: "secrets and variables",
		docs: "actions/delete-repo-variable actions/update-repo-variable actions/create-repo-variable",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/agents/{rest*}", area: "secrets and variables",
		docs: "agents/delete-repo-secret agents/delete-repo-variable agents/update-repo-variable agents/create-repo-variable " +
			"agents/create-or-update-repo-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/codespaces/secrets/{rest*}", area: "secrets and variables",
		docs: "codespaces/delete-repo-secret codespaces/create-or-update-repo-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/dependabot/secrets/{rest*}", area: "secrets and variables",
		docs: "dependabot/delete-repo-secret dependabot/create-or-update-repo-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/secrets/{rest*}", area: "secrets and variables",
		docs: "actions/delete-org-secret actions/remove-selected-repo-from-org-secret actions/create-or-update-org-secret " +
			"actions/set-selected-repos-for-org-secret actions/add-selected-repo-to-org-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/actions/variables/{rest*}", area: "secrets and variables",
		docs: "actions/delete-org-variable actions/remove-selected-repo-from-org-variable actions/update-org-variable " +
			"actions/create-org-variable actions/set-selected-repos-for-org-variable actions/add-selected-repo-to-org-variable",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/agents/{rest*}", area: "secrets and variables",
		docs: "agents/delete-org-secret agents/remove-selected-repo-from-org-secret agents/delete-org-variable " +
			"agents/remove-selected-repo-from-org-variable agents/update-org-variable agents/create-org-variable " +
			"agents/create-or-update-org-secret agents/set-selected-repos-for-org-secret agents/add-selected-repo-to-org-secret " +
			"agents/set-selected-repos-for-org-variable agents/add-selected-repo-to-org-variable",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/codespaces/secrets/{rest*}", area: "secrets and variables",
		docs: "codespaces/delete-org-secret codespaces/remove-selected-repo-from-org-secret codespaces/create-or-update-org-secret " +
			"codespaces/set-selected-repos-for-org-secret codespaces/add-selected-repo-to-org-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/dependabot/secrets/{rest*}", area: "secrets and variables",
		docs: "dependabot/delete-org-secret dependabot/remove-selected-repo-from-org-secret dependabot/create-or-update-org-secret " +
			"dependabot/set-selected-repos-for-org-secret dependabot/add-selected-repo-to-org-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/user/codespaces/secrets/{rest*}", area: "secrets and variables",
		docs: "codespaces/delete-secret-for-authenticated-user codespaces/remove-repository-for-secret-for-authenticated-user " +
			"codespaces/create-or-update-secret-for-authenticated-user " +
			"codespaces/set-repositories-for-secret-for-authenticated-user " +
			"codespaces/add-repository-for-secret-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/private-registries/{rest*}", area: "secrets and variables",
		docs: "private-registries/delete-org-private-registry private-registries/update-org-private-registry " +
			"private-registries/create-org-private-registry",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/check-runs/{rest*}", area: "checks and statuses",
		docs: "checks/update checks/create checks/rerequest-run",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/check-suites/{rest*}", area: "checks and statuses",
		docs: "checks/set-suites-preferences checks/create-suite checks/rerequest-suite",
	},
	{
		verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/statuses/{sha}", area: "checks and statuses",
		docs: "repos/create-commit-status",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/deployments/{rest*}", area: "deployments and environments",
		docs: "repos/delete-deployment repos/create-deployment repos/create-deployment-status",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/environments/{rest*}", area: "deployments and environments",
		docs: "repos/delete-an-environment repos/delete-deployment-branch-policy repos/disable-deployment-protection-rule " +
			"actions/delete-environment-secret actions/delete-environment-variable actions/update-environment-variable " +
			"repos/create-deployment-branch-policy repos/create-deployment-protection-rule actions/create-environment-variable " +
			"repos/create-or-update-environment repos/update-deployment-branch-policy actions/create-or-update-environment-secret",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/artifacts/{rest*}", area: "deployments and environments",
		docs: "orgs/create-artifact-deployment-record orgs/set-cluster-deployment-records orgs/create-cluster-deployment-records-job " +
			"orgs/create-artifact-storage-record",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/pages/{rest*}", area: "pages",
		docs: "repos/delete-pages-site repos/create-pages-site repos/request-pages-build repos/create-pages-deployment " +
			"repos/cancel-pages-deployment repos/update-information-about-pages-site",
	},

	{
		verdict: refuse, methods: "*", path: "/app/installations/{rest...}", area: "access tokens",
		docs: "apps/delete-installation apps/unsuspend-installation apps/create-installation-access-token apps/suspend-installation",
	},
	{
		verdict: refuse, methods: "*", path: "/applications/{rest...}", area: "access tokens",
		docs: "oauth-authorizations/delete-grant apps/delete-authorization apps/delete-token apps/reset-token apps/check-token " +
			"apps/scope-token",
	},
	{
		verdict: refuse, methods: "*", path: "/authorizations/{rest*}", area: "access tokens",
		docs: "oauth-authorizations/delete-authorization oauth-authorizations/update-authorization " +
			"oauth-authorizations/create-authorization oauth-authorizations/get-or-create-authorization-for-app " +
			"oauth-authorizations/get-or-create-authorization-for-app-and-fingerprint",
	},
	{verdict: refuse, methods: "*", path: "/installation/{rest...}", area: "access tokens", docs: "apps/revoke-installation-access-token"},
	{verdict: refuse, methods: "*", path: "/credentials/{rest...}", area: "access tokens", docs: "credentials/revoke"},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/credential-authorizations/{rest*}", area: "access tokens",
		docs: "orgs/remove-saml-sso-authorization orgs/revoke-all-credential-authorizations orgs/revoke-credential-type " +
			"orgs/revoke-credential-authorizations-for-user orgs/revoke-credential-type-for-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/personal-access-tokens/{rest*}", area: "access tokens",
		docs: "orgs/update-pat-accesses orgs/update-pat-access",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/personal-access-token-requests/{rest*}", area: "access tokens",
		docs: "orgs/review-pat-grant-requests-in-bulk orgs/review-pat-grant-request",
	},
	{verdict: refuse, methods: "GET", path: "/feeds", area: "access tokens", note: "answers with addresses that hold a token which cannot be revoked"},
	{verdict: refuse, methods: "GET", path: "/copilot_internal/{rest...}", area: "access tokens", note: "what editors call; v2/token answers with a token for Copilot"},
	{verdict: refuse, methods: "*", path: "/login/{rest...}", area: "access tokens", note: "github.com's OAuth endpoints, which mint tokens"},

	{verdict: refuse, methods: "*", path: "/app-manifests/{rest...}", area: "apps and OAuth applications", docs: "apps/create-from-manifest"},
	{
		verdict: refuse, methods: "*", path: "/app/hook/{rest...}", area: "apps and OAuth applications",
		docs: "apps/update-webhook-config-for-app apps/redeliver-webhook-delivery",
	},
	{
		verdict: refuse, methods: "*", path: "/user/installations/{rest...}", area: "apps and OAuth applications",
		docs: "apps/remove-repo-from-installation-for-authenticated-user apps/add-repo-to-installation-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/apps/{rest...}", area: "apps and OAuth applications",
		docs: "enterprise-apps/delete-installation enterprise-apps/change-installation-repository-access-selection " +
			"enterprise-apps/grant-repository-access-to-installation enterprise-apps/remove-repository-access-to-installation " +
			"enterprise-apps/create-installation",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "repos/delete-deploy-key repos/create-deploy-key",
	},
	{
		verdict: refuse, methods: "*", path: "/user/keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "users/delete-public-ssh-key-for-authenticated-user users/create-public-ssh-key-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/user/gpg_keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "users/delete-gpg-key-for-authenticated-user users/create-gpg-key-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/user/ssh_signing_keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "users/delete-ssh-signing-key-for-authenticated-user users/create-ssh-signing-key-for-authenticated-user",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/hooks/{rest*}", area: "hooks",
		docs: "repos/delete-webhook repos/update-webhook repos/update-webhook-config-for-repo repos/create-webhook " +
			"repos/redeliver-webhook-delivery repos/ping-webhook repos/test-push-webhook",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/hooks/{rest*}", area: "hooks",
		docs: "orgs/delete-webhook orgs/update-webhook orgs/update-webhook-config-for-org orgs/create-webhook " +
			"orgs/redeliver-webhook-delivery orgs/ping-webhook",
	},
	{
		verdict: refuse, methods: "*", path: "/admin/hooks/{rest*}", area: "hooks",
		docs: "enterprise-admin/delete-global-webhook enterprise-admin/update-global-webhook enterprise-admin/create-global-webhook " +
			"enterprise-admin/ping-global-webhook",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/pre-receive-hooks/{rest*}", area: "hooks",
		docs: "enterprise-admin/remove-pre-receive-hook-enforcement-for-repo " +
			"enterprise-admin/update-pre-receive-hook-enforcement-for-repo",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/pre-receive-hooks/{rest*}", area: "hooks",
		docs: "enterprise-admin/remove-pre-receive-hook-enforcement-for-org " +
			"enterprise-admin/update-pre-receive-hook-enforcement-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/autolinks/{rest*}", area: "hooks",
		docs: "repos/delete-autolink repos/create-autolink",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/collaborators/{rest*}", area: "collaborators and invitations",
		docs: "repos/remove-collaborator repos/add-collaborator",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/invitations/{rest*}", area: "collaborators and invitations",
		docs: "repos/delete-invitation repos/update-invitation",
	},
	{
		verdict: refuse, methods: "*", path: "/user/repository_invitations/{rest*}", area: "collaborators and invitations",
		docs: "repos/decline-invitation-for-authenticated-user repos/accept-invitation-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/invitations/{rest*}", area: "collaborators and invitations",
		docs: "orgs/cancel-invitation orgs/create-invitation",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/outside_collaborators/{rest*}", area: "collaborators and invitations",
		docs: "orgs/remove-outside-collaborator orgs/convert-member-to-outside-collaborator",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/interaction-limits/{rest*}", area: "collaborators and invitations",
		docs: "interactions/remove-restrictions-for-repo interactions/remove-pull-request-bypass-list-for-repo " +
			"interactions/update-pull-request-creation-cap-for-repo interactions/set-restrictions-for-repo " +
			"interactions/set-pull-request-bypass-list-for-repo",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/interaction-limits/{rest*}", area: "collaborators and invitations",
		docs: "interactions/remove-restrictions-for-org interactions/update-pull-request-creation-cap-for-org " +
			"interactions/set-restrictions-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/user/interaction-limits/{rest*}", area: "collaborators and invitations",
		docs: "interactions/remove-restrictions-for-authenticated-user interactions/set-restrictions-for-authenticated-user",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/branches/{branch%}/protection/{rest*}", area: "branch protection and rulesets",
		docs: "repos/delete-branch-protection repos/delete-admin-branch-protection repos/delete-pull-request-review-protection " +
			"repos/delete-commit-signature-protection repos/remove-status-check-protection repos/remove-status-check-contexts " +
			"repos/delete-access-restrictions repos/remove-app-access-restrictions repos/remove-team-access-restrictions " +
			"repos/remove-user-access-restrictions repos/update-pull-request-review-protection repos/update-status-check-protection " +
			"repos/set-admin-branch-protection repos/create-commit-signature-protection repos/add-status-check-contexts " +
			"repos/add-app-access-restrictions repos/add-team-access-restrictions repos/add-user-access-restrictions " +
			"repos/update-branch-protection repos/set-status-check-contexts repos/set-app-access-restrictions " +
			"repos/set-team-access-restrictions repos/set-user-access-restrictions",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/rulesets/{rest*}", area: "branch protection and rulesets",
		docs: "repos/delete-repo-ruleset repos/create-repo-ruleset repos/update-repo-ruleset",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/rulesets/{rest*}", area: "branch protection and rulesets",
		docs: "repos/delete-org-ruleset repos/create-org-ruleset repos/update-org-ruleset",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/rulesets/{rest*}", area: "branch protection and rulesets",
		docs: "repos/delete-enterprise-ruleset repos/create-enterprise-ruleset repos/update-enterprise-ruleset",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/bypass-requests/{rest*}", area: "branch protection and rulesets",
		docs: "secret-scanning/review-bypass-request",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/bypass-responses/{rest*}", area: "branch protection and rulesets",
		docs: "secret-scanning/dismiss-bypass-response",
	},

	{verdict: refuse, methods: "PATCH DELETE", path: "/repos/{owner}/{repo}", area: "repositories", docs: "repos/delete repos/update"},
	{verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/transfer", area: "repositories", docs: "repos/transfer"},
	{
		verdict: refuse, methods: "POST", path: "/repos/{template_owner}/{template_repo}/generate", area: "repositories",
		docs: "repos/create-using-template",
	},
	{verdict: refuse, methods: "POST", path: "/user/repos", area: "repositories", docs: "repos/create-for-authenticated-user"},
	{verdict: refuse, methods: "POST", path: "/orgs/{org}/repos", area: "repositories", docs: "repos/create-in-org"},
	{verdict: refuse, methods: "PUT", path: "/repos/{owner}/{repo}/topics", area: "repositories", docs: "repos/replace-all-topics"},
	{
		verdict: refuse, methods: "PATCH", path: "/repos/{owner}/{repo}/properties/values", area: "repositories",
		docs: "repos/custom-properties-for-repos-create-or-update-repository-values",
	},

	{
		verdict: refuse, methods: "*", path: "/teams/{rest...}", area: "teams",
		docs: "teams/delete-legacy teams/remove-member-legacy teams/remove-membership-for-user-legacy teams/remove-repo-legacy " +
			"teams/update-legacy teams/create-or-update-idp-group-connections-legacy teams/add-member-legacy " +
			"teams/add-or-update-membership-for-user-legacy teams/add-or-update-repo-permissions-legacy",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/teams/{rest*}", area: "teams",
		docs: "teams/delete-in-org teams/unlink-external-idp-group-from-team-for-org teams/remove-membership-for-user-in-org " +
			"teams/remove-repo-in-org teams/update-in-org teams/link-external-idp-group-to-team-for-org " +
			"teams/create-or-update-idp-group-connections-in-org teams/create teams/add-or-update-membership-for-user-in-org " +
			"teams/add-or-update-repo-permissions-in-org",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/teams/{rest*}", area: "teams",
		docs: "enterprise-team-memberships/remove enterprise-team-organizations/delete enterprise-teams/delete " +
			"enterprise-teams/update enterprise-teams/create enterprise-team-memberships/bulk-add " +
			"enterprise-team-memberships/bulk-remove enterprise-team-organizations/bulk-add " +
			"enterprise-team-organizations/bulk-remove enterprise-team-memberships/add enterprise-team-organizations/add",
	},

	{verdict: refuse, methods: "PATCH DELETE", path: "/orgs/{org}", area: "organizations", docs: "orgs/delete orgs/update"},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/members/{rest...}", area: "organizations",
		docs: "orgs/remove-member codespaces/delete-from-organization codespaces/stop-in-organization",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/memberships/{rest...}", area: "organizations",
		docs: "orgs/remove-membership-for-user orgs/set-membership-for-user",
	},
	{
		verdict: refuse, methods: "*", path: "/user/memberships/{rest...}", area: "organizations",
		docs: "orgs/update-membership-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/public_members/{rest...}", area: "organizations",
		docs: "orgs/remove-public-membership-for-authenticated-user orgs/set-public-membership-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/organization-roles/{rest*}", area: "organizations",
		docs: "orgs/revoke-all-org-roles-team orgs/revoke-org-role-team orgs/revoke-all-org-roles-user orgs/revoke-org-role-user " +
			"orgs/delete-custom-organization-role orgs/patch-custom-organization-role orgs/create-custom-organization-role " +
			"orgs/assign-team-to-org-role orgs/assign-user-to-org-role",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/custom-repository-roles/{rest*}", area: "organizations",
		docs: "orgs/delete-custom-repo-role orgs/update-custom-repo-role orgs/create-custom-repo-role",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/custom_roles/{rest*}", area: "organizations",
		docs: "orgs/delete-custom-role orgs/update-custom-role orgs/create-custom-role",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/security-managers/{rest*}", area: "organizations",
		docs: "orgs/remove-security-manager-team orgs/add-security-manager-team",
	},
	{verdict: refuse, methods: "*", path: "/orgs/{org}/blocks/{rest*}", area: "organizations", docs: "orgs/unblock-user orgs/block-user"},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/issue-types/{rest*}", area: "organizations",
		docs: "orgs/delete-issue-type orgs/create-issue-type orgs/update-issue-type",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/issue-fields/{rest*}", area: "organizations",
		docs: "orgs/delete-issue-field orgs/update-issue-field orgs/create-issue-field",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/properties/{rest*}", area: "organizations",
		docs: "orgs/custom-properties-for-repos-delete-organization-definition " +
			"orgs/custom-properties-for-repos-create-or-update-organization-definitions " +
			"orgs/custom-properties-for-repos-create-or-update-organization-values " +
			"orgs/custom-properties-for-repos-create-or-update-organization-definition",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/announcement", area: "organizations",
		docs: "announcement-banners/remove-announcement-banner-for-org announcement-banners/set-announcement-banner-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/settings/immutable-releases/{rest*}", area: "organizations",
		docs: "orgs/disable-selected-repository-immutable-releases-organization orgs/set-immutable-releases-settings " +
			"orgs/set-immutable-releases-settings-repositories orgs/enable-selected-repository-immutable-releases-organization",
	},
	{
		verdict: refuse, methods: "*", path: "/organizations/{org}/org-properties/{rest*}", area: "organizations",
		docs: "orgs/custom-properties-for-orgs-create-or-update-organization-values",
	},
	{
		verdict: refuse, methods: "*", path: "/organizations/{org}/settings/{rest*}", area: "organizations",
		docs: "billing/delete-budget-org billing/update-budget-org billing/create-organization-budget",
	},

	{
		verdict: refuse, methods: "POST", path: "/orgs/{org}/projectsV2/{project_number}/fields", area: "project structure",
		docs: "projects/add-field-for-org",
	},
	{
		verdict: refuse, methods: "POST", path: "/orgs/{org}/projectsV2/{project_number}/views", area: "project structure",
		docs: "projects/create-view-for-org",
	},
	{
		verdict: refuse, methods: "POST", path: "/users/{username}/projectsV2/{project_number}/fields", area: "project structure",
		docs: "projects/add-field-for-user",
	},
	{
		verdict: refuse, methods: "POST", path: "/users/{user_id}/projectsV2/{project_number}/views", area: "project structure",
		docs: "projects/create-view-for-user",
	},

	{
		verdict: refuse, methods: "*", path: "/user/packages/{rest*}", area: "packages",
		docs: "packages/delete-package-for-authenticated-user packages/delete-package-version-for-authenticated-user " +
			"packages/restore-package-for-authenticated-user packages/restore-package-version-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/users/{username}/packages/{rest*}", area: "packages",
		docs: "packages/delete-package-for-user packages/delete-package-version-for-user packages/restore-package-for-user " +
			"packages/restore-package-version-for-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/packages/{rest*}", area: "packages",
		docs: "packages/delete-package-for-org packages/delete-package-version-for-org packages/restore-package-for-org " +
			"packages/restore-package-version-for-org",
	},
	{verdict: refuse, methods: "*", path: "/v2/{rest*}", area: "packages", note: "the container registry, at GitHub Enterprise Server below the same host"},

	{verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/attestations/{rest*}", area: "attestations", docs: "repos/create-attestation"},
	{
		verdict: refuse, methods: "*", path: "/users/{username}/attestations/{rest...}", area: "attestations",
		docs: "users/delete-attestations-by-subject-digest users/delete-attestations-by-id users/list-attestations-bulk " +
			"users/delete-attestations-bulk",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/attestations/{rest...}", area: "attestations",
		docs: "orgs/delete-attestations-by-subject-digest orgs/delete-attestations-by-id orgs/list-attestations-bulk " +
			"orgs/delete-attestations-bulk",
	},

	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/code-scanning/{rest*}", area: "security settings and alerts",
		docs: "code-scanning/delete-analysis code-scanning/delete-codeql-database code-scanning/update-alert " +
			"code-scanning/update-default-setup code-scanning/create-variant-analysis code-scanning/upload-sarif",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/code-quality/{rest*}", area: "security settings and alerts",
		docs: "code-quality/update-setup",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/secret-scanning/{rest*}", area: "security settings and alerts",
		docs: "secret-scanning/bulk-delete-repo-custom-patterns secret-scanning/update-alert " +
			"secret-scanning/update-repo-custom-pattern secret-scanning/bulk-create-repo-custom-patterns " +
			"secret-scanning/create-push-protection-bypass",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/security-advisories/{rest*}", area: "security settings and alerts",
		docs: "security-advisories/update-repository-advisory security-advisories/create-repository-advisory " +
			"security-advisories/create-private-vulnerability-report security-advisories/create-repository-advisory-cve-request " +
			"security-advisories/create-fork",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/dependabot/alerts/{rest*}", area: "security settings and alerts",
		docs: "dependabot/update-alert",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/dependency-graph/{rest*}", area: "security settings and alerts",
		docs: "dependency-graph/create-repository-snapshot",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/dismissal-requests/{rest*}", area: "security settings and alerts",
		docs: "dependabot/cancel-dismissal-request-for-repo code-scanning/review-dismissal-request-for-repo " +
			"dependabot/review-dismissal-request-for-repo secret-scanning/review-dismissal-request " +
			"dependabot/create-dismissal-request-for-repo",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/vulnerability-alerts", area: "security settings and alerts",
		docs: "repos/disable-vulnerability-alerts repos/enable-vulnerability-alerts",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/automated-security-fixes", area: "security settings and alerts",
		docs: "repos/disable-automated-security-fixes repos/enable-automated-security-fixes",
	},
	{
		verdict: refuse, methods: "*", path: "/repos/{owner}/{repo}/private-vulnerability-reporting", area: "security settings and alerts",
		docs: "repos/disable-private-vulnerability-reporting repos/enable-private-vulnerability-reporting",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/secret-scanning/{rest*}", area: "security settings and alerts",
		docs: "secret-scanning/bulk-delete-org-custom-patterns secret-scanning/update-org-custom-pattern " +
			"secret-scanning/update-org-pattern-configs secret-scanning/bulk-create-org-custom-patterns",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/code-security/{rest*}", area: "security settings and alerts",
		docs: "code-security/detach-configuration code-security/delete-configuration code-security/update-configuration " +
			"code-security/create-configuration code-security/attach-configuration code-security/set-configuration-as-default",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/campaigns/{rest*}", area: "security settings and alerts",
		docs: "campaigns/delete-campaign campaigns/update-campaign campaigns/create-campaign",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/dependabot/repository-access/{rest*}", area: "security settings and alerts",
		docs: "dependabot/update-repository-access-for-org dependabot/set-repository-access-default-level",
	},
	{
		verdict: refuse, methods: "POST", path: "/orgs/{org}/{security_product}/{enablement}", area: "security settings and alerts",
		docs: "orgs/enable-or-disable-security-product-on-all-org-repos",
	},

	{
		verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/codespaces", area: "codespaces",
		docs: "codespaces/create-with-repo-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/codespaces", area: "codespaces",
		docs: "codespaces/create-with-pr-for-authenticated-user",
	},
	{verdict: refuse, methods: "GET", path: "/user/codespaces/{codespace_name}", area: "codespaces", note: "with internal=true it answers with tokens to connect to a shell"},
	{verdict: refuse, methods: "GET", path: "/vscs_internal/{rest...}", area: "codespaces", note: "what gh and editors call"},
	{verdict: refuse, methods: "POST", path: "/user/codespaces", area: "codespaces", docs: "codespaces/create-for-authenticated-user"},
	{
		verdict: refuse, methods: "PATCH DELETE", path: "/user/codespaces/{codespace_name}", area: "codespaces",
		docs: "codespaces/delete-for-authenticated-user codespaces/update-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "POST", path: "/user/codespaces/{codespace_name}/{action}", area: "codespaces",
		docs: "codespaces/export-for-authenticated-user codespaces/publish-for-authenticated-user " +
			"codespaces/start-for-authenticated-user codespaces/stop-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/codespaces/access/{rest*}", area: "codespaces",
		docs: "codespaces/delete-codespaces-access-users codespaces/set-codespaces-access-users codespaces/set-codespaces-access",
	},

	{verdict: refuse, methods: "*", path: "/agents/{rest...}", area: "Copilot and agents", docs: "agent-tasks/create-task-in-repo"},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/copilot/{rest...}", area: "Copilot and agents",
		docs: "copilot/cancel-copilot-seat-assignment-for-teams copilot/cancel-copilot-seat-assignment-for-users " +
			"copilot/disable-copilot-coding-agent-for-repository-in-organization copilot/add-copilot-seats-for-teams " +
			"copilot/add-copilot-seats-for-users copilot/set-copilot-coding-agent-permissions-organization " +
			"copilot/set-copilot-coding-agent-selected-repositories-for-organization " +
			"copilot/enable-copilot-coding-agent-for-repository-in-organization " +
			"copilot/set-copilot-content-exclusion-for-organization",
	},
	{
		verdict: refuse, methods: "*", path: "/orgs/{org}/copilot-spaces/{rest*}", area: "Copilot and agents",
		docs: "copilot-spaces/delete-for-org copilot-spaces/remove-collaborator-for-org copilot-spaces/delete-resource-for-org " +
			"copilot-spaces/create-for-org copilot-spaces/add-collaborator-for-org copilot-spaces/create-resource-for-org " +
			"copilot-spaces/update-for-org copilot-spaces/update-collaborator-for-org copilot-spaces/update-resource-for-org",
	},
	{
		verdict: refuse, methods: "*", path: "/users/{username}/copilot-spaces/{rest*}", area: "Copilot and agents",
		docs: "copilot-spaces/delete-for-user copilot-spaces/remove-collaborator-for-user copilot-spaces/delete-resource-for-user " +
			"copilot-spaces/create-for-user copilot-spaces/add-collaborator-for-user copilot-spaces/create-resource-for-user " +
			"copilot-spaces/update-for-user copilot-spaces/update-collaborator-for-user copilot-spaces/update-resource-for-user",
	},

	{verdict: refuse, methods: "PATCH", path: "/user", area: "the user's account", docs: "users/update-authenticated"},
	{verdict: refuse, methods: "*", path: "/user/blocks/{rest...}", area: "the user's account", docs: "users/unblock users/block"},
	{verdict: refuse, methods: "*", path: "/user/following/{rest...}", area: "the user's account", docs: "users/unfollow users/follow"},
	{
		verdict: refuse, methods: "*", path: "/user/email/{rest...}", area: "the user's account",
		docs: "users/set-primary-email-visibility-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/user/emails/{rest*}", area: "the user's account",
		docs: "users/delete-email-for-authenticated-user users/add-email-for-authenticated-user",
	},
	{
		verdict: refuse, methods: "*", path: "/user/social_accounts/{rest*}", area: "the user's account",
		docs: "users/delete-social-account-for-authenticated-user users/add-social-account-for-authenticated-user",
	},

	{
		verdict: refuse, methods: "*", path: "/admin/{rest...}", area: "administration",
		docs: "enterprise-admin/delete-public-key enterprise-admin/delete-pre-receive-environment " +
			"enterprise-admin/delete-pre-receive-hook enterprise-admin/delete-personal-access-token enterprise-admin/delete-user " +
			"enterprise-admin/delete-impersonation-o-auth-token enterprise-admin/update-ldap-mapping-for-team " +
			"enterprise-admin/update-ldap-mapping-for-user enterprise-admin/update-org-name " +
			"enterprise-admin/update-pre-receive-environment enterprise-admin/update-pre-receive-hook " +
			"enterprise-admin/update-username-for-user enterprise-admin/sync-ldap-mapping-for-team " +
			"enterprise-admin/sync-ldap-mapping-for-user enterprise-admin/create-org " +
			"enterprise-admin/create-pre-receive-environment enterprise-admin/start-pre-receive-environment-download " +
			"enterprise-admin/create-pre-receive-hook enterprise-admin/create-user " +
			"enterprise-admin/create-impersonation-o-auth-token",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprise/announcement", area: "administration",
		docs: "enterprise-admin/remove-announcement enterprise-admin/set-announcement",
	},
	{
		verdict: refuse, methods: "*", path: "/enterprises/{enterprise}/{rest...}", area: "administration",
		docs: "announcement-banners/remove-announcement-banner-for-enterprise enterprise-admin/delete-audit-log-stream " +
			"code-security/delete-configuration-for-enterprise copilot/cancel-copilot-seats-for-enterprise-teams " +
			"copilot/cancel-copilot-seats-for-enterprise-users copilot/delete-copilot-custom-agents-source-for-enterprise " +
			"copilot/remove-organizations-from-enterprise-coding-agent-policy enterprise-admin/revoke-all-enterprise-roles-team " +
			"enterprise-admin/revoke-enterprise-role-team enterprise-admin/remove-all-enterprise-roles-from-user " +
			"enterprise-admin/remove-enterprise-user-role-assignment " +
			"enterprise-admin/custom-properties-for-orgs-delete-enterprise-definition " +
			"enterprise-admin/custom-properties-for-repos-delete-enterprise-definition " +
			"secret-scanning/bulk-delete-enterprise-custom-patterns billing/delete-budget billing/delete-cost-center " +
			"billing/remove-resource-from-cost-center enterprise-admin/delete-vss-manual-match " +
			"announcement-banners/set-announcement-banner-for-enterprise code-security/update-enterprise-configuration " +
			"secret-scanning/patch-security-analysis-settings-for-enterprise dependabot/update-repository-access-for-enterprise " +
			"enterprise-admin/custom-properties-for-orgs-create-or-update-enterprise-definitions " +
			"enterprise-admin/custom-properties-for-orgs-create-or-update-enterprise-values " +
			"enterprise-admin/custom-properties-for-repos-create-or-update-enterprise-definitions " +
			"secret-scanning/update-enterprise-custom-pattern secret-scanning/update-enterprise-pattern-configs " +
			"billing/update-budget billing/update-cost-center enterprise-admin/disable-access-restrictions " +
			"enterprise-admin/enable-access-restrictions enterprise-admin/create-audit-log-stream " +
			"code-security/create-configuration-for-enterprise code-security/attach-enterprise-configuration " +
			"copilot/add-copilot-seats-for-enterprise-teams copilot/add-copilot-seats-for-enterprise-users " +
			"copilot/add-organizations-to-enterprise-coding-agent-policy enterprise-admin/revoke-all-credential-authorizations " +
			"enterprise-admin/revoke-credential-type-for-enterprise enterprise-admin/revoke-credential-authorizations-for-user " +
			"enterprise-admin/revoke-credential-type-for-user enterprise-admin/sync-enterprise-innersource-vulnerabilities " +
			"secret-scanning/bulk-create-enterprise-custom-patterns billing/create-budget billing/create-cost-center " +
			"billing/add-resource-to-cost-center billing/create-usage-report-export " +
			"secret-scanning/post-security-product-enablement-for-enterprise enterprise-admin/update-audit-log-stream " +
			"code-security/set-configuration-as-default-for-enterprise copilot/set-copilot-content-exclusion-for-enterprise " +
			"copilot/set-copilot-custom-agents-source-for-enterprise copilot/set-enterprise-coding-agent-policy " +
			"dependabot/set-repository-access-default-level-for-enterprise enterprise-admin/assign-team-to-enterprise-role " +
			"enterprise-admin/assign-enterprise-role-to-user " +
			"enterprise-admin/custom-properties-for-orgs-create-or-update-enterprise-definition " +
			"enterprise-admin/custom-properties-for-repos-promote-definition-to-enterprise " +
			"enterprise-admin/custom-properties-for-repos-create-or-update-enterprise-definition " +
			"enterprise-admin/update-vss-manual-match",
	},
	{
		verdict: refuse, methods: "*", path: "/scim/{rest...}", area: "administration",
		docs: "enterprise-admin/delete-scim-group-from-enterprise enterprise-admin/delete-user-from-enterprise " +
			"scim/delete-user-from-org enterprise-admin/update-attribute-for-enterprise-group " +
			"enterprise-admin/update-attribute-for-enterprise-user scim/update-attribute-for-user " +
			"enterprise-admin/provision-enterprise-group enterprise-admin/provision-enterprise-user scim/provision-and-invite-user " +
			"enterprise-admin/set-information-for-provisioned-enterprise-group " +
			"enterprise-admin/set-information-for-provisioned-enterprise-user scim/set-information-for-provisioned-user",
	},
	{
		verdict: refuse, methods: "*", path: "/manage/{rest...}", area: "administration",
		docs: "enterprise-admin/delete-manage-ssh enterprise-admin/set-manage-ssh enterprise-admin/post-manage-run-config-apply " +
			"enterprise-admin/initialize-instance-configuration enterprise-admin/set-manage-maintenance " +
			"enterprise-admin/license-upload enterprise-admin/set-manage-settings",
	},
	{verdict: refuse, methods: "*", path: "/setup/{rest...}", area: "administration", note: "the management console of older GitHub Enterprise Servers"},
	{
		verdict: refuse, methods: "*", path: "/users/{username}/site_admin", area: "administration",
		docs: "enterprise-admin/demote-site-administrator enterprise-admin/promote-user-to-be-site-administrator",
	},
	{
		verdict: refuse, methods: "*", path: "/users/{username}/suspended", area: "administration",
		docs: "enterprise-admin/unsuspend-user enterprise-admin/suspend-user",
	},
}
