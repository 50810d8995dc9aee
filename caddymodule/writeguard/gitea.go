package writeguard

import (
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// gitea is a Gitea server: its API below /api/v1, its package registries below
// /api/packages and /v2, its web pages, whose forms take no token, and git
// elsewhere. Forgejo differs by what the notes say.
var gitea = api{
	name:  "gitea",
	title: "Gitea",
	about: "The API is below `/api/v1`, package registries below `/api/packages` and `/v2`; `base` is the server's root, not the API's. " +
		"The names are those of Gitea's API reference (`/api/swagger`), or the pages of its documentation on packages. Forgejo is judged " +
		"by the same table. A pull request from a fork has to say `\"allow_maintainer_edit\": false`: left out, the base repository's " +
		"settings decide whether whoever may push there may push to the fork's branch as well.",
	repository: repository{segments: 2, notBelow: []string{"-", "admin", "assets", "attachments", "avatars", "login", "metrics", "org", "user"}},
	rows:       giteaRows,
}

// giteaNewPull: with allow_maintainer_edit, whoever may push to the base may
// push to the head as well. Left out, the base repository's settings decide,
// and the base may be an attacker's fork of the head.
var giteaNewPull = &check{
	says: "\"head\" is a branch of the same repository, or \"allow_maintainer_edit\" is false",
	holds: func(c *call) (bool, *refusal.Refusal) {
		value, ref := c.jsonAlone()
		pull, _ := value.(map[string]any)
		head, isString := pull["head"].(string)
		return isString && (!strings.Contains(head, ":") || isFalse(pull["allow_maintainer_edit"])), ref
	},
}

// giteaEditPull: a new base would take a merge that somebody has scheduled to
// another branch. Gitea's clients always send the empty one.
var giteaEditPull = &check{
	says: "it sets neither \"allow_maintainer_edit\" nor \"base\"",
	holds: func(c *call) (bool, *refusal.Refusal) {
		value, ref := c.jsonAlone()
		pull, isObject := value.(map[string]any)
		for key, value := range pull {
			switch body.Fold(key) {
			case body.Fold("allow_maintainer_edit"):
				isObject = isObject && (value == nil || isFalse(value))
			case body.Fold("base"):
				isObject = isObject && (value == nil || value == "")
			}
		}
		return isObject, ref
	},
}

func isFalse(value any) bool {
	b, isBool := value.(bool)
	return isBool && !b
}

var giteaRows = []row{
	// Harmless.
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/issues", area: "issues",
		docs: "issueCreateIssue",
	},
	{
		verdict: allow, methods: "PATCH", path: "/api/v1/repos/{owner}/{repo}/issues/{index}", area: "issues",
		docs: "issueEditIssue",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/assignees", area: "issues",
		docs: "issueAddAssignees issueRemoveAssignees",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/blocks", area: "issues",
		docs: "issueCreateIssueBlocking issueRemoveIssueBlocking",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/dependencies", area: "issues",
		docs: "issueCreateIssueDependencies issueRemoveIssueDependencies",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/deadline", area: "issues",
		docs: "issueEditIssueDeadline",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/lock", area: "issues",
		docs: "issueLockIssue issueUnlockIssue",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/pin", area: "issues",
		docs: "pinIssue unpinIssue",
	},
	{
		verdict: allow, methods: "PATCH", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/pin/{position}", area: "issues",
		docs: "moveIssuePin",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/subscriptions/{user}", area: "notifications",
		docs: "issueAddSubscription issueDeleteSubscription",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/comments", area: "comments",
		docs: "issueCreateComment",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/comments/{id}", area: "comments",
		docs: "issueEditCommentDeprecated issueDeleteCommentDeprecated",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/comments/{id}", area: "comments",
		docs: "issueEditComment issueDeleteComment",
	},

	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/reactions", area: "reactions",
		docs: "issuePostIssueReaction issueDeleteIssueReaction",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/comments/{id}/reactions", area: "reactions",
		docs: "issuePostCommentReaction issueDeleteCommentReaction",
	},

	{
		verdict: allow, methods: "POST PUT DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/labels", area: "labels",
		docs: "issueAddLabel issueReplaceLabels issueClearLabels",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/labels/{id}", area: "labels",
		docs: "issueRemoveLabel",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/labels", area: "labels",
		docs: "issueCreateLabel",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/api/v1/repos/{owner}/{repo}/labels/{id}", area: "labels",
		docs: "issueEditLabel issueDeleteLabel",
	},
	{verdict: allow, methods: "POST", path: "/api/v1/orgs/{org}/labels", area: "labels", docs: "orgCreateLabel"},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/api/v1/orgs/{org}/labels/{id}", area: "labels",
		docs: "orgEditLabel orgDeleteLabel",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/milestones", area: "milestones",
		docs: "issueCreateMilestone",
	},
	{
		verdict: allow, methods: "PATCH DELETE", path: "/api/v1/repos/{owner}/{repo}/milestones/{id}", area: "milestones",
		docs: "issueEditMilestone issueDeleteMilestone",
	},

	{
		verdict: allow, methods: "DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/stopwatch/delete", area: "time tracking",
		docs: "issueDeleteStopWatch",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/stopwatch/start", area: "time tracking",
		docs: "issueStartStopWatch",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/stopwatch/stop", area: "time tracking",
		docs: "issueStopStopWatch",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/times", area: "time tracking",
		docs: "issueAddTime issueResetTime",
	},
	{
		verdict: allow, methods: "DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/times/{id}", area: "time tracking",
		docs: "issueDeleteTime",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls", area: "pull requests", check: giteaNewPull,
		docs: "repoCreatePullRequest",
	},
	{
		verdict: allow, methods: "PATCH", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}", area: "pull requests", check: giteaEditPull,
		docs: "repoEditPullRequest",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/requested_reviewers", area: "reviews",
		docs: "repoCreatePullReviewRequests repoDeletePullReviewRequests",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/reviews", area: "reviews",
		docs: "repoCreatePullReview",
	},
	{
		verdict: allow, methods: "POST DELETE", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/reviews/{id}", area: "reviews",
		docs: "repoSubmitPullReview repoDeletePullReview",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/reviews/{id}/dismissals", area: "reviews",
		docs: "repoDismissPullReview",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/reviews/{id}/undismissals", area: "reviews",
		docs: "repoUnDismissPullReview",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/comments/{id}/replies", area: "reviews",
		docs: "repoCreatePullReviewCommentReply",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls/comments/{id}/resolve", area: "reviews",
		docs: "repoResolvePullReviewComment",
	},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/pulls/comments/{id}/unresolve", area: "reviews",
		docs: "repoUnresolvePullReviewComment",
	},

	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/releases", area: "draft releases", check: onlyDrafts,
		docs: "repoCreateRelease",
	},
	{verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/forks", area: "forks", docs: "createFork"},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v1/repos/{owner}/{repo}/subscription", area: "starring and watching",
		docs: "userCurrentPutSubscription userCurrentDeleteSubscription",
	},
	{
		verdict: allow, methods: "PUT DELETE", path: "/api/v1/user/starred/{owner}/{repo}", area: "starring and watching",
		docs: "userCurrentPutStar userCurrentDeleteStar",
	},
	{
		verdict: allow, methods: "PUT", path: "/api/v1/repos/{owner}/{repo}/notifications", area: "notifications",
		docs: "notifyReadRepoList",
	},
	{verdict: allow, methods: "PUT", path: "/api/v1/notifications", area: "notifications", docs: "notifyReadList"},
	{
		verdict: allow, methods: "PATCH", path: "/api/v1/notifications/threads/{id}", area: "notifications",
		docs: "notifyReadThread",
	},

	{verdict: allow, methods: "POST", path: "/api/v1/markdown", area: "rendering", docs: "renderMarkdown"},
	{verdict: allow, methods: "POST", path: "/api/v1/markdown/raw", area: "rendering", docs: "renderMarkdownRaw"},
	{verdict: allow, methods: "POST", path: "/api/v1/markup", area: "rendering", docs: "renderMarkup"},
	{
		verdict: allow, methods: "POST", path: "/api/v1/repos/{owner}/{repo}/file-contents", area: "reading",
		docs: "repoGetFileContentsPost",
	},

	// Code.
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/contents/{filepath*}", area: "contents",
		docs: "repoChangeFiles repoCreateFile repoUpdateFile repoDeleteFile",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/diffpatch", area: "contents",
		docs: "repoApplyDiffPatch",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/git/{rest*}", area: "git objects and refs", note: "Gitea has none yet; Forgejo writes notes here"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/branches/{branch*}", area: "branches",
		docs: "repoCreateBranch repoUpdateBranch repoRenameBranch repoDeleteBranch",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/tags/{tag*}", area: "tags",
		docs: "repoCreateTag repoDeleteTag",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/merge", area: "merges",
		docs: "repoMergePullRequest repoCancelScheduledAutoMerge",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/pulls/{index}/update", area: "merges",
		docs: "repoUpdatePullRequest",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/merge-upstream", area: "merges",
		docs: "repoMergeUpstream",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/sync_fork/{branch*}", area: "merges", note: "Forgejo"},
	{
		verdict: refuse, methods: "PATCH DELETE", path: "/api/v1/repos/{owner}/{repo}/releases/{id}", area: "releases and assets",
		docs: "repoEditRelease repoDeleteRelease",
	},
	{
		verdict: refuse, methods: "DELETE", path: "/api/v1/repos/{owner}/{repo}/releases/tags/{tag}", area: "releases and assets",
		docs: "repoDeleteReleaseByTag",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/releases/{id}/assets/{attachment_id*}", area: "releases and assets",
		docs: "repoCreateReleaseAttachment repoEditReleaseAttachment repoDeleteReleaseAttachment",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/issues/{index}/assets/{attachment_id*}", area: "attachments",
		docs: "issueCreateIssueAttachment issueEditIssueAttachment issueDeleteIssueAttachment",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/issues/comments/{id}/assets/{attachment_id*}", area: "attachments",
		docs: "issueCreateIssueCommentAttachment issueEditIssueCommentAttachment " +
			"issueDeleteIssueCommentAttachment",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/wiki/{rest...}", area: "wiki",
		docs: "repoCreateWikiPage repoEditWikiPage repoDeleteWikiPage",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/mirror-sync", area: "mirrors",
		docs: "repoMirrorSync",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/push_mirrors/{name*}", area: "mirrors",
		docs: "repoAddPushMirror repoDeletePushMirror",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/push_mirrors-sync", area: "mirrors",
		docs: "repoPushMirrorSync",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/statuses/{sha}", area: "checks and statuses",
		docs: "repoCreateStatus",
	},
	{
		verdict: refuse, methods: "*", path: "/api/packages/{owner}/{rest*}", area: "packages",
		docs: "packages/alpine packages/arch packages/cargo packages/chef packages/composer packages/conan " +
			"packages/conda packages/cran packages/debian packages/generic packages/go packages/helm " +
			"packages/maven packages/npm packages/nuget packages/pub packages/pypi packages/rpm " +
			"packages/rubygems packages/swift packages/terraform packages/vagrant",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/packages/{owner}/{rest...}", area: "packages",
		docs: "deletePackage linkPackage unlinkPackage deletePackageVersion",
	},
	{verdict: refuse, methods: "*", path: "/v2/{rest*}", area: "container registry", docs: "packages/container"},

	// What runs code.
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/runs/{rest...}", area: "dispatches and workflow runs",
		docs: "deleteActionRun rerunWorkflowJob rerunWorkflowRun rerunFailedWorkflowRun",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/workflows/{rest...}", area: "dispatches and workflow runs",
		docs: "ActionsDisableWorkflow ActionsDispatchWorkflow ActionsEnableWorkflow",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/artifacts/{artifact_id}", area: "workflow artifacts and caches",
		docs: "deleteArtifact",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/tasks/{rest*}", area: "dispatches and workflow runs", note: "only read so far"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/hooks/{rest*}", area: "hooks",
		docs: "repoCreateHook repoEditGitHook repoDeleteGitHook repoEditHook repoDeleteHook repoTestHook",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/hooks/{id*}", area: "hooks",
		docs: "orgCreateHook orgEditHook orgDeleteHook",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/hooks/{id*}", area: "hooks",
		docs: "userCreateHook userEditHook userDeleteHook",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/admin/{rest...}", area: "administration",
		docs: "adminCreateRunnerRegistrationToken updateAdminRunner deleteAdminRunner adminCronRun " +
			"adminCreateHook adminEditHook adminDeleteHook adminAdoptRepository adminDeleteUnadoptedRepository " +
			"adminCreateUser adminEditUser adminDeleteUser adminAddUserBadges adminDeleteUserBadges " +
			"adminCreatePublicKey adminDeleteUserPublicKey adminCreateOrg adminRenameUser adminCreateRepo",
	},

	// Access.
	{
		verdict: refuse, methods: "*", path: "/api/v1/users/{username}/tokens/{token*}", area: "access tokens",
		docs: "userCreateToken userDeleteAccessToken",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/token", area: "access tokens", docs: "deleteCurrentToken"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/applications/{rest...}", area: "apps and OAuth applications",
		docs: "userCreateOAuth2Application userUpdateOAuth2Application userDeleteOAuth2Application",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/keys/{id*}", area: "SSH, GPG and deploy keys",
		docs: "userCurrentPostKey userCurrentDeleteKey",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/gpg_keys/{id*}", area: "SSH, GPG and deploy keys",
		docs: "userCurrentPostGPGKey userCurrentDeleteGPGKey",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/gpg_key_verify", area: "SSH, GPG and deploy keys",
		docs: "userVerifyGPGKey",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/keys/{id*}", area: "SSH, GPG and deploy keys",
		docs: "repoCreateKey repoDeleteKey",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/secrets/{secretname*}", area: "secrets and variables",
		docs: "updateRepoSecret deleteRepoSecret",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/variables/{variablename*}", area: "secrets and variables",
		docs: "createRepoVariable updateRepoVariable deleteRepoVariable",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/actions/secrets/{secretname*}", area: "secrets and variables",
		docs: "updateOrgSecret deleteOrgSecret",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/actions/variables/{variablename*}", area: "secrets and variables",
		docs: "createOrgVariable updateOrgVariable deleteOrgVariable",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/actions/secrets/{secretname*}", area: "secrets and variables",
		docs: "updateUserSecret deleteUserSecret",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/actions/variables/{variablename*}", area: "secrets and variables",
		docs: "createUserVariable updateUserVariable deleteUserVariable",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/actions/runners/{rest...}", area: "runners",
		docs: "repoCreateRunnerRegistrationToken updateRepoRunner deleteRepoRunner",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/actions/runners/{rest...}", area: "runners",
		docs: "orgCreateRunnerRegistrationToken updateOrgRunner deleteOrgRunner",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/actions/runners/{rest...}", area: "runners",
		docs: "userCreateRunnerRegistrationToken updateUserRunner deleteUserRunner",
	},
	{verdict: refuse, methods: "*", path: "/api/actions/{rest*}", area: "runners", note: "the runners' own protocol, with which anybody who registered could take jobs"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/collaborators/{collaborator*}", area: "collaborators and invitations",
		docs: "repoAddCollaborator repoDeleteCollaborator",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/teams/{team*}", area: "collaborators and invitations",
		docs: "repoAddTeam repoDeleteTeam",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/teams/{rest...}", area: "teams",
		docs: "orgEditTeam orgDeleteTeam orgAddTeamMember orgRemoveTeamMember orgAddTeamRepository " +
			"orgRemoveTeamRepository",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/teams", area: "teams", docs: "orgCreateTeam"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/branch_protections/{rest*}", area: "branch protection and rulesets",
		docs: "repoCreateBranchProtection repoUpdateBranchProtectionPriories repoEditBranchProtection " +
			"repoDeleteBranchProtection",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/tag_protections/{rest*}", area: "branch protection and rulesets",
		docs: "repoCreateTagProtection repoEditTagProtection repoDeleteTagProtection",
	},

	// Repositories, organizations and accounts.
	{
		verdict: refuse, methods: "PATCH DELETE", path: "/api/v1/repos/{owner}/{repo}", area: "repositories",
		docs: "repoEdit repoDelete",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/repos/migrate", area: "imports and migrations", docs: "repoMigrate"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/generate", area: "repositories",
		docs: "generateRepo",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/transfer/{rest*}", area: "repositories",
		docs: "repoTransfer acceptRepoTransfer rejectRepoTransfer",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/avatar", area: "repositories",
		docs: "repoUpdateAvatar repoDeleteAvatar",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/repos/{owner}/{repo}/topics/{topic*}", area: "repositories",
		docs: "repoUpdateTopics repoAddTopic repoDeleteTopic",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/org/{org}/repos", area: "repositories",
		docs: "createOrgRepoDeprecated",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/repos", area: "repositories",
		docs: "createOrgRepo orgDeleteRepos",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/user/repos", area: "repositories", docs: "createCurrentUserRepo"},
	{
		verdict: refuse, methods: "DELETE", path: "/api/v1/repos/{owner}/{repo}/issues/{index}", area: "deletion and transfer of issues",
		docs: "issueDelete",
	},
	{verdict: refuse, methods: "POST", path: "/api/v1/orgs", area: "organizations", docs: "orgCreate"},
	{
		verdict: refuse, methods: "PATCH DELETE", path: "/api/v1/orgs/{org}", area: "organizations",
		docs: "orgEdit orgDelete",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/avatar", area: "organizations",
		docs: "orgUpdateAvatar orgDeleteAvatar",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/blocks/{username}", area: "organizations",
		docs: "organizationBlockUser organizationUnblockUser",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/members/{username}", area: "organizations",
		docs: "orgDeleteMember",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/public_members/{username}", area: "organizations",
		docs: "orgPublicizeMember orgConcealMember",
	},
	{verdict: refuse, methods: "*", path: "/api/v1/orgs/{org}/rename", area: "organizations", docs: "renameOrg"},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/avatar", area: "the user's account",
		docs: "userUpdateAvatar userDeleteAvatar",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/blocks/{username}", area: "the user's account",
		docs: "userBlockUser userUnblockUser",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/emails", area: "the user's account",
		docs: "userAddEmail userDeleteEmail",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/following/{username}", area: "the user's account",
		docs: "userCurrentPutFollow userCurrentDeleteFollow",
	},
	{
		verdict: refuse, methods: "*", path: "/api/v1/user/settings", area: "the user's account",
		docs: "updateUserSettings",
	},
	{verdict: refuse, methods: "*", path: "/api/internal/{rest*}", area: "administration", note: "what Gitea's hooks and SSH server tell Gitea itself"},

	// Reads that mint.
	{
		verdict: refuse, methods: "GET", path: "/v2/token", area: "container registry", note: "the answer pushes wherever the token may, whatever the scope asked for",
		docs: "packages/container",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/packages/{owner}/conan/v1/users/authenticate", area: "packages", note: "the answer is a token to upload with",
		docs: "packages/conan",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/packages/{owner}/conan/v2/users/authenticate", area: "packages", note: "the answer is a token to upload with",
		docs: "packages/conan",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/packages/{owner}/pub/api/packages/versions/new", area: "packages", note: "the answer is a place to upload to",
		docs: "packages/pub",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v1/admin/actions/runners/registration-token", area: "runners", note: "up to Gitea 1.26",
		docs: "getRunnerRegistrationToken",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v1/orgs/{org}/actions/runners/registration-token", area: "runners", note: "up to Gitea 1.26",
		docs: "getRunnerRegistrationToken",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v1/repos/{owner}/{repo}/actions/runners/registration-token", area: "runners", note: "up to Gitea 1.26",
		docs: "getRunnerRegistrationToken",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v1/user/actions/runners/registration-token", area: "runners", note: "up to Gitea 1.26",
		docs: "getRunnerRegistrationToken",
	},
	{
		verdict: refuse, methods: "GET", path: "/api/v1/{scope}/runners/registration-token", area: "runners", note: "Forgejo",
		docs: "getRunnerRegistrationToken",
	},
	{verdict: refuse, methods: "GET", path: "/api/v1/orgs/{org}/runners/registration-token", area: "runners", note: "older spellings"},
	{verdict: refuse, methods: "GET", path: "/api/v1/repos/{owner}/{repo}/runners/registration-token", area: "runners", note: "older spellings"},
}
