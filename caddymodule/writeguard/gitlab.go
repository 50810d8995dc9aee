package writeguard

// gitlab is a GitLab server: its API below /api/v4, GraphQL, its container
// registry's tokens, its web pages, whose forms take no token, and git
// elsewhere, in repositories below any number of groups.
//
// A project's or group's path, a file's path and the name of a branch or tag
// are one segment in which a slash is %2F
// (https://docs.gitlab.com/api/rest/#namespaced-paths).
var gitlab = api{
	name:  "gitlab",
	title: "GitLab",
	about: "The API is below `/api/v4`, GraphQL at `/api/graphql`; `base` is the server's root, not the API's. A slash in a project's or " +
		"group's path, a file's path, a branch's or a tag's name is `%2F`. GitLab runs quick actions in texts, so every string of a " +
		"request that brings one is looked at, in the query, a form or JSON, in GraphQL's variables and documents, and in code blocks " +
		"too: a line that starts with a slash and a word, and then a space or nothing, must be one of `/label`, `/assign`, `/close` and " +
		"the like. `/merge`, `/ship`, `/rebase`, `/tag`, `/move` and all that is not known are refused. A multipart form is not read; " +
		"send JSON. There are no draft releases.",
	byPath:     true,
	repository: repository{notBelow: []string{"-", "admin", "dashboard", "explore", "groups", "help", "import", "profile", "users"}},
	rows:       gitlabRows,
	graphql:    &gitlabGraphQL,
}

var gitlabRows = []row{
	// Harmless.
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues", area: "issues", check: gitlabText,
		docs: "projects",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/issues/{issue_iid}", area: "issues", check: gitlabText,
		docs: "projects",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/issues/{issue_iid}/reorder", area: "issues", check: gitlabCaller,
		docs: "projects",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/links", area: "issues", check: gitlabCaller,
		docs: "issue_links",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/projects/{id%}/issues/{issue_iid}/links/{issue_link_id}", area: "issues", check: gitlabCaller,
		docs: "issue_links",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics", area: "issues", check: gitlabText,
		docs: "epics",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/groups/{id%}/epics/{epic_iid}", area: "issues", check: gitlabText,
		docs: "epics",
	},
	{
		verdict: allow, methods: "POST PUT DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/issues/{issue_id}", area: "issues", check: gitlabCaller,
		docs: "epic_issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/epics", area: "issues", check: gitlabText,
		docs: "epic_links",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/epics/{child_epic_id}", area: "issues", check: gitlabCaller,
		docs: "epic_links",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/related_epics", area: "issues", check: gitlabCaller,
		docs: "linked_epics",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/related_epics/{related_epic_link_id}", area: "issues", check: gitlabCaller,
		docs: "linked_epics",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/notes", area: "comments", check: gitlabText,
		docs: "notes",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/issues/{issue_iid}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "notes",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/discussions", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/discussions/{discussion_id}/notes", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/issues/{issue_iid}/discussions/{discussion_id}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/notes", area: "comments", check: gitlabText,
		docs: "notes",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "notes",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/discussions", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/discussions/{discussion_id}", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/discussions/{discussion_id}/notes", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/discussions/{discussion_id}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/notes", area: "comments", check: gitlabText,
		docs: "notes",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "notes",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/discussions", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/discussions/{discussion_id}/notes", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/discussions/{discussion_id}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/repository/commits/{sha}/comments", area: "comments", check: gitlabText,
		docs: "commits",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/repository/commits/{sha}/discussions", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/repository/commits/{sha}/discussions/{discussion_id}/notes", area: "comments", check: gitlabText,
		docs: "discussions",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/repository/commits/{sha}/discussions/{discussion_id}/notes/{note_id}", area: "comments", check: gitlabText,
		docs: "discussions",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/award_emoji", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/projects/{id%}/issues/{issue_iid}/award_emoji/{award_id}", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/notes/{note_id}/award_emoji", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/projects/{id%}/issues/{issue_iid}/notes/{note_id}/award_emoji/{award_id}", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/award_emoji", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/award_emoji/{award_id}", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/notes/{note_id}/award_emoji", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/notes/{note_id}/award_emoji/{award_id}", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/award_emoji", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/award_emoji/{award_id}", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/epics/{epic_iid}/notes/{note_id}/award_emoji", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}/notes/{note_id}/award_emoji/{award_id}", area: "reactions", check: gitlabCaller,
		docs: "award_emoji",
	},

	{verdict: allow, methods: "POST PUT DELETE", path: "/api/v4/projects/{id%}/labels", area: "labels", check: gitlabCaller, docs: "labels"},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/labels/{label_id}", area: "labels", check: gitlabCaller,
		docs: "labels",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/labels/{label_id}/subscribe", area: "notifications", check: gitlabCaller,
		docs: "labels",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/labels/{label_id}/unsubscribe", area: "notifications", check: gitlabCaller,
		docs: "labels",
	},
	{
		verdict: allow, methods: "POST PUT DELETE", path: "/api/v4/groups/{id%}/labels", area: "labels", check: gitlabCaller,
		docs: "group_labels",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/labels/{label_id}", area: "labels", check: gitlabCaller,
		docs: "group_labels",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/labels/{label_id}/subscribe", area: "notifications", check: gitlabCaller,
		docs: "group_labels",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/labels/{label_id}/unsubscribe", area: "notifications", check: gitlabCaller,
		docs: "group_labels",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/labels/{label_id}/promote", area: "labels", check: gitlabCaller,
		docs: "labels",
	},

	{verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/milestones", area: "milestones", check: gitlabCaller, docs: "milestones"},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/milestones/{milestone_id}", area: "milestones", check: gitlabCaller,
		docs: "milestones",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/milestones", area: "milestones", check: gitlabCaller,
		docs: "group_milestones",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/milestones/{milestone_id}", area: "milestones", check: gitlabCaller,
		docs: "group_milestones",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/milestones/{milestone_id}/promote", area: "milestones", check: gitlabCaller,
		docs: "milestones",
	},

	{verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/boards", area: "issue boards", check: gitlabCaller, docs: "issue_boards"},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/boards/{board_id}", area: "issue boards", check: gitlabCaller,
		docs: "issue_boards",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/boards/{board_id}/lists", area: "issue boards", check: gitlabCaller,
		docs: "issue_boards",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/boards/{board_id}/lists/{list_id}", area: "issue boards", check: gitlabCaller,
		docs: "issue_boards",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/boards", area: "issue boards", check: gitlabCaller,
		docs: "group_issue_boards",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/boards/{board_id}", area: "issue boards", check: gitlabCaller,
		docs: "group_issue_boards",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/boards/{board_id}/lists", area: "issue boards", check: gitlabCaller,
		docs: "group_issue_boards",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/groups/{id%}/boards/{board_id}/lists/{list_id}", area: "issue boards", check: gitlabCaller,
		docs: "group_issue_boards",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/add_spent_time", area: "time tracking", check: gitlabText,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/reset_spent_time", area: "time tracking", check: gitlabCaller,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/time_estimate", area: "time tracking", check: gitlabCaller,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/reset_time_estimate", area: "time tracking", check: gitlabCaller,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/subscribe", area: "notifications", check: gitlabCaller,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/unsubscribe", area: "notifications", check: gitlabCaller,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/issues/{issue_iid}/todo", area: "notifications", check: gitlabCaller,
		docs: "issues",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/add_spent_time", area: "time tracking", check: gitlabText,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/reset_spent_time", area: "time tracking", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/time_estimate", area: "time tracking", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/reset_time_estimate", area: "time tracking", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/subscribe", area: "notifications", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/unsubscribe", area: "notifications", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/todo", area: "notifications", check: gitlabCaller,
		docs: "merge_requests",
	},
	{verdict: allow, methods: "POST", path: "/api/v4/todos/mark_as_done", area: "notifications", check: gitlabCaller, docs: "todos"},
	{
		verdict: allow, methods: "POST", path: "/api/v4/todos/{todo_id}/mark_as_done", area: "notifications", check: gitlabCaller,
		docs: "todos",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/notification_settings", area: "notifications", check: gitlabCaller,
		docs: "notification_settings",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/notification_settings", area: "notifications", check: gitlabCaller,
		docs: "notification_settings",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/groups/{id%}/notification_settings", area: "notifications", check: gitlabCaller,
		docs: "notification_settings",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests", area: "merge requests", check: gitlabMergeRequest,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}", area: "merge requests", check: gitlabMergeRequest,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/blocks", area: "merge requests", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/blocks/{block_id}", area: "merge requests", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/approve", area: "reviews", check: gitlabCaller,
		docs: "projects",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/unapprove", area: "reviews", check: gitlabCaller,
		docs: "projects",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/reset_approvals", area: "reviews", check: gitlabCaller,
		docs: "merge_requests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/draft_notes", area: "reviews", check: gitlabText,
		docs: "projects",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/draft_notes/bulk_publish", area: "reviews", check: gitlabText,
		docs: "projects",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/draft_notes/{draft_note_id}", area: "reviews", check: gitlabText,
		docs: "projects",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/draft_notes/{draft_note_id}/publish", area: "reviews", check: gitlabText,
		docs: "projects",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/fork", area: "forks", check: gitlabFork,
		docs: "projects",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/star", area: "starring and watching", check: gitlabCaller,
		docs: "projects",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/unstar", area: "starring and watching", check: gitlabCaller,
		docs: "projects",
	},
	{verdict: allow, methods: "POST", path: "/api/v4/markdown", area: "rendering", check: gitlabCaller, docs: "markdown"},
	{
		verdict: allow, methods: "POST", path: "/api/v4/packages/npm/-/npm/v1/security/advisories/bulk", area: "audits",
		docs: "npm_packages",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/packages/npm/-/npm/v1/security/audits/quick", area: "audits",
		docs: "npm_packages",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/packages/npm/-/npm/v1/security/advisories/bulk", area: "audits",
		docs: "npm_packages",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/packages/npm/-/npm/v1/security/audits", area: "audits",
		docs: "packages/npm",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/projects/{id%}/packages/npm/-/npm/v1/security/audits/quick", area: "audits",
		docs: "npm_packages",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/-/packages/npm/-/npm/v1/security/advisories/bulk", area: "audits",
		docs: "npm_packages",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v4/groups/{id%}/-/packages/npm/-/npm/v1/security/audits/quick", area: "audits",
		docs: "npm_packages",
	},

	// Code.
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/commits", area: "contents",
		docs: "commits",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/files/{file_path%}", area: "contents",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/files/{file_path...}", area: "contents", note: "a path with plain slashes"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/submodules/{submodule%}", area: "contents",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/submodules/{submodule...}", area: "contents", note: "a path with plain slashes"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/changelog", area: "contents",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/create_ci_config", area: "contents", docs: "projects"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/catalog/publish", area: "releases and assets",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/branches", area: "branches",
		docs: "branches",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/branches/{branch%}", area: "branches",
		docs: "branches",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/branches/{branch%}/protect", area: "branch protection and rulesets",
		docs: "branches",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/branches/{branch%}/unprotect", area: "branch protection and rulesets",
		docs: "branches",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/merged_branches", area: "branches",
		docs: "branches",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/tags", area: "tags", docs: "tags"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/tags/{tag_name%}", area: "tags",
		docs: "tags",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/commits/{sha}/cherry_pick", area: "merges",
		docs: "commits",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository/commits/{sha}/revert", area: "merges",
		docs: "commits",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/merge", area: "merges",
		docs: "merge_requests",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/rebase", area: "merges",
		docs: "merge_requests",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/cancel_merge_when_pipeline_succeeds", area: "merges",
		docs: "merge_requests",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_trains/{rest...}", area: "merges",
		docs: "merge_trains",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/context_commits", area: "merges",
		docs: "merge_requests",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/suggestions/{rest...}", area: "merges", docs: "suggestions"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/releases/{rest*}", area: "releases and assets",
		docs: "releases release_links",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/wikis/{rest*}", area: "wiki", docs: "wikis"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/wikis/{rest*}", area: "wiki", docs: "wikis"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/snippets/{rest*}", area: "snippets",
		docs: "project_snippets award_emoji discussions notes",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/snippets/{rest*}", area: "snippets",
		docs: "snippets snippet_repository_storage_moves",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/uploads/{rest*}", area: "attachments",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/uploads/{rest*}", area: "attachments", docs: "groups"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/issues/{issue_iid}/metric_images/{rest*}", area: "attachments",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/alert_management_alerts/{rest...}", area: "attachments",
		docs: "alert_management",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/remote_mirrors/{rest*}", area: "mirrors",
		docs: "remote_mirrors",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/mirror/pull", area: "mirrors", docs: "projects"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/statuses/{sha}", area: "checks and statuses",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/status_check_responses", area: "checks and statuses",
		docs: "status_checks",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/status_checks/{rest...}", area: "checks and statuses",
		docs: "status_checks",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/external_status_checks/{rest*}", area: "checks and statuses",
		docs: "external_status_checks status_checks",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/cargo/{rest*}", area: "packages", note: "planned"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/composer/{rest*}", area: "packages",
		docs: "composer_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/conan/{rest*}", area: "packages",
		docs: "conan_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/debian/{rest*}", area: "packages",
		docs: "debian_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/generic/{rest*}", area: "packages",
		docs: "generic_packages",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/go/{rest*}", area: "packages", note: "a proxy, only read so far"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/helm/{rest*}", area: "packages",
		docs: "helm_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/maven/{rest*}", area: "packages",
		docs: "maven_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/ml_models/{rest*}", area: "packages",
		docs: "ml_model_registry",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/nuget/{rest*}", area: "packages",
		docs: "nuget_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/protection/{rest*}", area: "packages",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/pypi/{rest*}", area: "packages",
		docs: "pypi_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/rpm/{rest*}", area: "packages",
		docs: "rpm_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/rubygems/{rest*}", area: "packages",
		docs: "rubygem_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/terraform/{rest*}", area: "packages",
		docs: "terraform_registry",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/npm/{package%}", area: "packages",
		docs: "npm_packages",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/npm/{scope}/{package}", area: "packages", note: "a scoped name in two segments"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/npm/-/package/{rest...}", area: "packages",
		docs: "npm_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/-/packages/npm/-/package/{rest...}", area: "packages",
		docs: "npm_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/packages/npm/-/package/{rest...}", area: "packages",
		docs: "npm_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/{package_id}", area: "packages",
		docs: "project_packages",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/packages/{package_id}/package_files/{package_file_id}", area: "packages",
		docs: "package_files",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/packages/conan/{rest...}", area: "packages", docs: "conan_packages"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/debian_distributions/{rest*}", area: "packages",
		docs: "debian_distribution",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/-/debian_distributions/{rest*}", area: "packages",
		docs: "debian_distribution",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/-/virtual_registries/{rest...}", area: "packages",
		docs: "virtual_registries",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/virtual_registries/{rest...}", area: "packages",
		docs: "virtual_registries",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/dependency_proxy/cache", area: "packages",
		docs: "dependency_proxy",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/dependency_firewall/{rest...}", area: "packages",
		docs: "dependency_firewall",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/registry/{rest...}", area: "container registry",
		docs: "projects container_registry_protection_tag_rules container_registry",
	},
	{verdict: refuse, methods: "*", path: "/v2/{rest*}", area: "container registry", docs: "container_registry"},
	{verdict: refuse, methods: "*", path: "/jwt/auth", area: "container registry", docs: "container_registry"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/container_registry_event/events", area: "container registry",
		docs: "container_registry_event",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/terraform/{rest...}", area: "deployments and environments",
		docs: "terraform_state",
	},

	// What runs code.
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/pipeline", area: "pipelines and jobs",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/pipelines/{rest...}", area: "pipelines and jobs",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/pipeline_schedules/{rest*}", area: "pipelines and jobs",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/trigger/pipeline", area: "pipelines and jobs",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/ref/{ref%}/trigger/pipeline", area: "pipelines and jobs",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/pipelines", area: "pipelines and jobs",
		docs: "merge_requests",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/jobs/{rest...}", area: "pipelines and jobs",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/jobs/{rest...}", area: "pipelines and jobs", docs: "jobs"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/artifacts", area: "workflow artifacts and caches",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/pipelines/{rest...}", area: "security settings and alerts",
		docs: "dependency_list_export",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/resource_groups/{key%}", area: "pipelines and jobs",
		docs: "ci_resource_groups",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/ci/lint", area: "pipelines and jobs", docs: "ci_lint"},
	{verdict: refuse, methods: "*", path: "/api/v4/ci/lint", area: "pipelines and jobs", note: "up to GitLab 15"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/environments/{rest*}", area: "deployments and environments",
		docs: "environments",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/deployments/{rest*}", area: "deployments and environments",
		docs: "deployments",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/freeze_periods/{rest*}", area: "deployments and environments",
		docs: "freeze_periods",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/protected_environments/{rest*}", area: "deployments and environments",
		docs: "protected_environments",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/protected_environments/{rest*}", area: "deployments and environments",
		docs: "group_protected_environments",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/pages/{rest*}", area: "pages", docs: "pages projects"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/feature_flags/{rest*}", area: "feature flags",
		docs: "feature_flags",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/feature_flags_user_lists/{rest*}", area: "feature flags",
		docs: "feature_flags_user_lists",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/feature_flags/{rest...}", area: "feature flags",
		docs: "feature_flags",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/integrations/{rest...}", area: "hooks",
		docs: "jira_connect_subscriptions integrations",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/import_project_members/{project_id%}", area: "collaborators and invitations",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/hooks/{rest*}", area: "hooks",
		docs: "project_hooks projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/hooks/{rest*}", area: "hooks", docs: "group_webhooks"},
	{verdict: refuse, methods: "*", path: "/api/v4/hooks/{rest*}", area: "hooks", docs: "system_hooks hooks"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/integrations/{rest...}", area: "hooks",
		docs: "integrations project_integrations",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/services/{rest...}", area: "hooks",
		docs: "integrations project_integrations",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/integrations/{rest...}", area: "hooks",
		docs: "integrations group_integrations",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/slack/trigger", area: "hooks", docs: "slack"},
	{verdict: refuse, methods: "*", path: "/api/v4/ai/{rest*}", area: "agents", docs: "duo_workflows"},
	{verdict: refuse, methods: "*", path: "/api/v4/code_suggestions/{rest*}", area: "agents", docs: "code_suggestions"},
	{verdict: refuse, methods: "*", path: "/api/v4/chat/{rest*}", area: "agents", docs: "chat"},
	{verdict: refuse, methods: "*", path: "/api/v4/mcp/{rest*}", area: "agents", docs: "model_context_protocol"},
	{verdict: refuse, methods: "*", path: "/api/v4/orbit/{rest*}", area: "agents", docs: "orbit"},

	// Access.
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/access_tokens/{rest*}", area: "access tokens",
		docs: "project_access_tokens personal_access_tokens",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/access_tokens/{rest*}", area: "access tokens",
		docs: "group_access_tokens personal_access_tokens",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/personal_access_tokens/{rest*}", area: "access tokens",
		docs: "personal_access_tokens",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/user/personal_access_tokens", area: "access tokens", docs: "users"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/personal_access_tokens", area: "access tokens",
		docs: "users",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/impersonation_tokens/{rest*}", area: "access tokens",
		docs: "users",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/manage/{rest...}", area: "access tokens",
		docs: "group_credentials",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/tokens/revoke", area: "access tokens", docs: "groups"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/triggers/{rest*}", area: "access tokens",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/job_token_scope/{rest*}", area: "access tokens",
		docs: "projects_job_token_scope",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/user/support_pin", area: "access tokens", docs: "user_support_pin"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/deploy_tokens/{rest*}", area: "access tokens",
		docs: "deploy_tokens",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/deploy_tokens/{rest*}", area: "access tokens",
		docs: "deploy_tokens",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/service_accounts/{rest*}", area: "access tokens", docs: "users"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/service_accounts/{rest*}", area: "access tokens",
		docs: "service_accounts",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/service_accounts/{rest*}", area: "access tokens",
		docs: "service_accounts",
	},
	{verdict: refuse, methods: "*", path: "/oauth/{rest...}", area: "apps and OAuth applications", docs: "oauth2"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/applications/{rest*}", area: "apps and OAuth applications",
		docs: "applications",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/user/keys/{rest*}", area: "SSH, GPG and deploy keys", docs: "users"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/user/gpg_keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "users",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "users",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/gpg_keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "users",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/deploy_keys", area: "SSH, GPG and deploy keys", docs: "deploy_keys"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/deploy_keys/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "deploy_keys",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/ssh_certificates/{rest*}", area: "SSH, GPG and deploy keys",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/error_tracking/{rest...}", area: "access tokens",
		docs: "error_tracking_client_keys error_tracking_project_settings",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/variables/{rest*}", area: "secrets and variables",
		docs: "ci_variables",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/variables/{rest*}", area: "secrets and variables",
		docs: "ci_variables",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/secure_files/{rest*}", area: "secrets and variables",
		docs: "secure_files",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/runners/{rest*}", area: "runners", docs: "runners"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/runners/{rest*}", area: "runners", docs: "runners"},
	{verdict: refuse, methods: "*", path: "/api/v4/runners/{rest*}", area: "runners", docs: "runners"},
	{verdict: refuse, methods: "*", path: "/api/v4/user/runners", area: "runners", docs: "user"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/runner_controllers/{rest*}", area: "runners",
		docs: "runner_controllers runner_controller_scopes runner_controller_tokens",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/cluster_agents/{rest*}", area: "clusters",
		docs: "cluster_agents",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/clusters/{rest*}", area: "clusters", docs: "clusters"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/clusters/{rest*}", area: "clusters", docs: "clusters"},
	{verdict: refuse, methods: "*", path: "/-/kubernetes-agent/{rest*}", area: "clusters", note: "the agents' proxy to the API of Kubernetes"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/members/{rest*}", area: "collaborators and invitations",
		docs: "members",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/invitations/{rest*}", area: "collaborators and invitations",
		docs: "invitations",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/access_requests/{rest*}", area: "collaborators and invitations",
		docs: "access_requests",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/share/{rest*}", area: "collaborators and invitations",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/push_rule", area: "branch protection and rulesets",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/protected_branches/{name%}", area: "branch protection and rulesets",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/protected_branches", area: "branch protection and rulesets",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_request_approval_setting", area: "branch protection and rulesets",
		docs: "merge_request_approval_settings",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/security_settings", area: "security settings and alerts",
		docs: "project_security_settings",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/members/{rest*}", area: "collaborators and invitations",
		docs: "members groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/invitations/{rest*}", area: "collaborators and invitations",
		docs: "invitations",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/access_requests/{rest*}", area: "collaborators and invitations",
		docs: "access_requests",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/share/{rest*}", area: "collaborators and invitations",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/push_rule", area: "branch protection and rulesets",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/protected_branches/{name%}", area: "branch protection and rulesets",
		docs: "group_protected_branches",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/protected_branches", area: "branch protection and rulesets",
		docs: "group_protected_branches",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/merge_request_approval_setting", area: "branch protection and rulesets",
		docs: "merge_request_approval_settings",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/security_settings", area: "security settings and alerts",
		docs: "group_security_settings",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/billable_members/{rest*}", area: "collaborators and invitations",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/enterprise_users/{rest*}", area: "collaborators and invitations",
		docs: "group_enterprise_users",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/ldap_group_links/{rest*}", area: "collaborators and invitations",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/ldap_sync/{rest*}", area: "collaborators and invitations",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/member_roles/{rest*}", area: "collaborators and invitations",
		docs: "member_roles",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/placeholder_reassignments/{rest*}", area: "collaborators and invitations",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/saml_group_links/{rest*}", area: "collaborators and invitations",
		docs: "groups",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/scim/{rest*}", area: "collaborators and invitations",
		docs: "scim",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/member_roles/{rest*}", area: "collaborators and invitations",
		docs: "member_roles",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/scim/{rest...}", area: "collaborators and invitations", docs: "scim"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/protected_tags", area: "branch protection and rulesets",
		docs: "protected_tags",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/protected_tags/{name%}", area: "branch protection and rulesets",
		docs: "protected_tags",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/approval_rules/{rest*}", area: "branch protection and rulesets",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/approvals", area: "branch protection and rulesets",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/approval_rules/{rest*}", area: "branch protection and rulesets",
		docs: "merge_request_approvals",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}/approvals", area: "branch protection and rulesets",
		docs: "projects",
	},

	// Projects, groups, accounts and the instance.
	{verdict: refuse, methods: "*", path: "/api/v4/projects", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/user/{user_id}", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "PUT DELETE", path: "/api/v4/projects/{id%}", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/archive", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/unarchive", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/restore", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/transfer", area: "repositories", docs: "projects"},
	{verdict: refuse, methods: "DELETE", path: "/api/v4/projects/{id%}/fork", area: "repositories", docs: "projects"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/fork/{forked_from_id}", area: "repositories",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/badges/{rest*}", area: "repositories", docs: "badges"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository_size", area: "repositories",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/repository_storage_moves/{rest*}", area: "repositories",
		docs: "project_repository_storage_move",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/custom_attributes/{key}", area: "repositories",
		docs: "projects",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/iterations", area: "repositories", docs: "iterations"},
	{verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/housekeeping", area: "repositories", docs: "projects"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/import/{rest*}", area: "imports and migrations",
		docs: "project_import",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/import-relation/{rest*}", area: "imports and migrations",
		docs: "project_import",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/remote-import", area: "imports and migrations",
		docs: "project_import",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/remote-import-s3", area: "imports and migrations",
		docs: "project_import",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/export", area: "imports and migrations",
		docs: "project_export",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/export_relations", area: "imports and migrations",
		docs: "project_export",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/export", area: "imports and migrations",
		docs: "group_export",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/export_relations", area: "imports and migrations",
		docs: "group_export",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/import/{rest*}", area: "imports and migrations",
		docs: "group_import",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/import/{rest...}", area: "imports and migrations",
		docs: "project_import_bitbucket project_import_github import",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/bulk_imports/{rest*}", area: "imports and migrations",
		docs: "bulk_imports",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/vulnerabilities", area: "security settings and alerts",
		docs: "project_vulnerabilities",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/vulnerabilities/{rest...}", area: "security settings and alerts",
		docs: "vulnerabilities",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/security/{rest...}", area: "security settings and alerts",
		docs: "vulnerability_exports",
	},
	{
		verdict: refuse, methods: "DELETE", path: "/api/v4/projects/{id%}/issues/{issue_iid}", area: "deletion and transfer of issues",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/issues/{issue_iid}/move", area: "deletion and transfer of issues",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/issues/{issue_iid}/clone", area: "deletion and transfer of issues",
		docs: "projects",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/projects/{id%}/issues/{issue_iid}/promote", area: "deletion and transfer of issues",
		docs: "issues",
	},
	{
		verdict: refuse, methods: "DELETE", path: "/api/v4/projects/{id%}/merge_requests/{merge_request_iid}", area: "deletion and transfer of issues",
		docs: "merge_requests",
	},
	{
		verdict: refuse, methods: "DELETE", path: "/api/v4/groups/{id%}/epics/{epic_iid}", area: "deletion and transfer of issues",
		docs: "epics",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/groups", area: "organizations", docs: "groups"},
	{verdict: refuse, methods: "PUT DELETE", path: "/api/v4/groups/{id%}", area: "organizations", docs: "groups"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/archive", area: "organizations", docs: "groups"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/unarchive", area: "organizations", docs: "groups"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/restore", area: "organizations", docs: "groups"},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/transfer", area: "organizations", docs: "groups"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/projects/{project_id%}", area: "organizations",
		docs: "groups",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/badges/{rest*}", area: "organizations", docs: "badges"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/repository_storage_moves/{rest*}", area: "organizations",
		docs: "group_repository_storage_moves",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/groups/{id%}/custom_attributes/{key}", area: "organizations",
		docs: "groups",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/organizations", area: "organizations", docs: "organizations"},
	{verdict: refuse, methods: "*", path: "/api/v4/namespaces/{rest...}", area: "organizations", docs: "namespaces"},
	{verdict: refuse, methods: "*", path: "/api/v4/user/avatar", area: "the user's account", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/user/emails/{rest*}", area: "the user's account", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/user/status", area: "the user's account", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/user/preferences", area: "the user's account", docs: "users"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/user/credit_card_validation", area: "the user's account",
		docs: "users",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/users", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/activate", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/approve", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/ban", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/block", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/deactivate", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/reject", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/unban", area: "administration", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/unblock", area: "administration", docs: "users"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/disable_two_factor", area: "administration",
		docs: "users",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/emails/{rest*}", area: "administration", docs: "users"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/identities/{rest*}", area: "administration",
		docs: "users",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/users/{id}/custom_attributes/{key}", area: "administration",
		docs: "custom_attributes",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/follow", area: "the user's account", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/unfollow", area: "the user's account", docs: "users"},
	{verdict: refuse, methods: "*", path: "/api/v4/users/{id}/credit_card_validation", area: "administration", note: "for GitLab.com itself"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/admin/{rest*}", area: "administration",
		docs: "batched_background_migrations ci_variables clusters migrations admin_compliance_policy_settings " +
			"admin_sidekiq_queues",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/application/{rest*}", area: "administration",
		docs: "application plan_limits settings",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/broadcast_messages/{rest*}", area: "administration",
		docs: "broadcast_messages",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/features/{rest*}", area: "administration", docs: "features"},
	{verdict: refuse, methods: "*", path: "/api/v4/geo/{rest*}", area: "administration", docs: "geo"},
	{verdict: refuse, methods: "*", path: "/api/v4/geo_nodes/{rest*}", area: "administration", docs: "geo_nodes"},
	{verdict: refuse, methods: "*", path: "/api/v4/geo_sites/{rest*}", area: "administration", docs: "geo_sites"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/group_repository_storage_moves/{rest*}", area: "administration",
		docs: "group_repository_storage_moves",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/project_repository_storage_moves/{rest*}", area: "administration",
		docs: "project_repository_storage_move",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v4/snippet_repository_storage_moves/{rest*}", area: "administration",
		docs: "snippet_repository_storage_moves",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/license/{rest*}", area: "administration", docs: "license"},
	{
		verdict: refuse, methods: "*", path: "/api/v4/project_aliases/{rest*}", area: "administration",
		docs: "project_aliases",
	},
	{verdict: refuse, methods: "*", path: "/api/v4/topics/{rest*}", area: "administration", docs: "topics"},
	{verdict: refuse, methods: "*", path: "/api/v4/usage_data/{rest*}", area: "administration", docs: "usage_data"},
	{verdict: refuse, methods: "*", path: "/api/v4/internal/{rest*}", area: "administration", docs: "internal_api"},

	// Reads that mint, or act.
	{
		verdict: refuse, methods: "GET", path: "/api/v4/packages/conan/{version}/users/{rest...}", area: "packages",
		docs: "packages/conan_v1",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v4/projects/{id%}/packages/conan/{version}/users/{rest...}", area: "packages",
		docs: "packages/conan_v1 packages/conan_v2",
	},
	{verdict: refuse, methods: "GET", path: "/api/v4/ai/duo_workflows/{rest...}", area: "agents", docs: "duo_workflows"},
	{
		verdict: refuse, methods: "GET", path: "/api/v4/projects/{id%}/triggers", area: "access tokens",
		note: "answers with the tokens of the user's triggers, which start pipelines without any other credential",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v4/projects/{id%}/triggers/{trigger_id}", area: "access tokens",
		note: "likewise",
	},
	{verdict: refuse, methods: "GET POST", path: "/api/glql", area: "GraphQL in another place", note: "executes what /api/graphql does"},
	{verdict: refuse, methods: "GET", path: "/-/cable/{rest*}", area: "GraphQL over a WebSocket", docs: "graphql"},
	{verdict: refuse, methods: "GET", path: "/-/kubernetes-agent/{rest*}", area: "clusters", docs: "cluster_agents"},
}
