package writeguard

// githubGraphQL is at /graphql, and below a GitHub Enterprise Server's host
// at /api/graphql.
var githubGraphQL = graphQL{
	paths: []string{"/graphql", "/api/graphql"},
	// What these fields of queries answer with is a credential.
	credentials: []string{"tempCloneToken", "recoveryCodes"},
	mutations:   githubMutations,
}

// githubMutations are fields of the root type Mutation
// (https://docs.github.com/graphql/reference/mutations).
var githubMutations = []mutation{
	{
		verdict: allow, area: "issues",
		names: "createIssue updateIssue closeIssue reopenIssue lockLockable unlockLockable pinIssue unpinIssue " +
			"unmarkIssueAsDuplicate addSubIssue removeSubIssue reprioritizeSubIssue addAssigneesToAssignable " +
			"removeAssigneesFromAssignable",
	},
	{
		verdict: allow, area: "comments",
		names: "addComment updateIssueComment deleteIssueComment minimizeComment unminimizeComment",
	},
	{
		verdict: allow, area: "labels",
		names: "createLabel updateLabel deleteLabel addLabelsToLabelable removeLabelsFromLabelable clearLabelsFromLabelable",
	},
	{
		verdict: allow, area: "pull requests",
		names: "createPullRequest updatePullRequest closePullRequest reopenPullRequest convertPullRequestToDraft " +
			"markPullRequestReadyForReview requestReviews",
	},
	{
		verdict: allow, area: "reviews",
		names: "addPullRequestReview updatePullRequestReview submitPullRequestReview dismissPullRequestReview " +
			"deletePullRequestReview addPullRequestReviewComment updatePullRequestReviewComment " +
			"deletePullRequestReviewComment addPullRequestReviewThread addPullRequestReviewThreadReply resolveReviewThread " +
			"unresolveReviewThread markFileAsViewed unmarkFileAsViewed",
	},
	{
		verdict: allow, area: "reactions",
		names: "addReaction removeReaction addUpvote removeUpvote",
	},
	{
		verdict: allow, area: "discussions",
		names: "createDiscussion updateDiscussion closeDiscussion reopenDiscussion addDiscussionComment updateDiscussionComment " +
			"deleteDiscussionComment markDiscussionCommentAsAnswer unmarkDiscussionCommentAsAnswer addDiscussionPollVote",
	},
	{
		verdict: allow, area: "starring and watching",
		names: "addStar removeStar updateSubscription",
	},
	{
		verdict: allow, area: "notifications",
		names: "markNotificationAsDone unsubscribeFromNotifications",
	},
	{
		verdict: allow, area: "project items",
		names: "addProjectV2DraftIssue addProjectV2ItemById archiveProjectV2Item unarchiveProjectV2Item " +
			"clearProjectV2ItemFieldValue convertProjectV2DraftIssueItemToIssue deleteProjectV2Item updateProjectV2DraftIssue " +
			"updateProjectV2ItemFieldValue updateProjectV2ItemPosition createProjectV2StatusUpdate " +
			"updateProjectV2StatusUpdate deleteProjectV2StatusUpdate addProjectCard moveProjectCard updateProjectCard " +
			"deleteProjectCard convertProjectCardNoteToIssue",
	},
	{
		verdict: allow, area: "issues", note: "gh sends them; the published schema lacks them",
		names: "replaceActorsForAssignable updateIssueIssueType addBlockedBy removeBlockedBy",
	},
	{
		verdict: allow, area: "pull requests", note: "gh sends it; the published schema lacks it",
		names: "requestReviewsByLogin",
	},

	{
		verdict: refuse, area: "contents",
		names: "createCommitOnBranch",
	},
	{
		verdict: refuse, area: "git objects and refs",
		names: "createRef updateRef updateRefs deleteRef",
	},
	{
		verdict: refuse, area: "branches",
		names: "createLinkedBranch deleteLinkedBranch",
	},
	{
		verdict: refuse, area: "merges",
		names: "mergePullRequest mergeBranch updatePullRequestBranch enablePullRequestAutoMerge disablePullRequestAutoMerge " +
			"enqueuePullRequest dequeuePullRequest revertPullRequest",
	},
	{
		verdict: refuse, area: "deletion and transfer of issues",
		names: "deleteIssue transferIssue deleteDiscussion",
	},
	{
		verdict: refuse, area: "repositories",
		names: "createRepository cloneTemplateRepository updateRepository archiveRepository unarchiveRepository " +
			"updateRepositoryWebCommitSignoffSetting updateTopics acceptTopicSuggestion declineTopicSuggestion",
	},
	{
		verdict: refuse, area: "branch protection and rulesets",
		names: "createBranchProtectionRule updateBranchProtectionRule deleteBranchProtectionRule createRepositoryRuleset " +
			"updateRepositoryRuleset deleteRepositoryRuleset",
	},
	{
		verdict: refuse, area: "checks and statuses",
		names: "createCheckRun updateCheckRun createCheckSuite rerequestCheckSuite updateCheckSuitePreferences",
	},
	{
		verdict: refuse, area: "deployments and environments",
		names: "createDeployment createDeploymentStatus deleteDeployment approveDeployments rejectDeployments createEnvironment " +
			"updateEnvironment deleteEnvironment pinEnvironment reorderEnvironment",
	},
	{
		verdict: refuse, area: "packages",
		names: "deletePackageVersion",
	},
	{
		verdict: refuse, area: "security settings and alerts",
		names: "dismissRepositoryVulnerabilityAlert",
	},
	{
		verdict: refuse, area: "collaborators and invitations",
		names: "removeOutsideCollaborator setRepositoryInteractionLimit setOrganizationInteractionLimit setUserInteractionLimit",
	},
	{
		verdict: refuse, area: "teams",
		names: "createTeamDiscussion updateTeamDiscussion deleteTeamDiscussion createTeamDiscussionComment " +
			"updateTeamDiscussionComment deleteTeamDiscussionComment updateTeamReviewAssignment updateTeamsRepository",
	},
	{
		verdict: refuse, area: "project structure",
		names: "createProjectV2 updateProjectV2 deleteProjectV2 copyProjectV2 createProjectV2Field updateProjectV2Field " +
			"deleteProjectV2Field deleteProjectV2Workflow linkProjectV2ToRepository linkProjectV2ToTeam " +
			"unlinkProjectV2FromRepository unlinkProjectV2FromTeam markProjectV2AsTemplate unmarkProjectV2AsTemplate " +
			"updateProjectV2Collaborators createProject updateProject deleteProject cloneProject importProject " +
			"linkRepositoryToProject unlinkRepositoryFromProject addProjectColumn moveProjectColumn updateProjectColumn " +
			"deleteProjectColumn",
	},
	{
		verdict: refuse, area: "imports and migrations",
		names: "abortQueuedMigrations abortRepositoryMigration createMigrationSource startOrganizationMigration " +
			"startRepositoryMigration grantMigratorRole revokeMigratorRole grantEnterpriseOrganizationsMigratorRole " +
			"revokeEnterpriseOrganizationsMigratorRole createAttributionInvitation",
	},
	{
		verdict: refuse, area: "the user's account",
		names: "changeUserStatus followUser unfollowUser followOrganization unfollowOrganization createUserList updateUserList " +
			"deleteUserList updateUserListsForItem",
	},
	{
		verdict: refuse, area: "sponsorships",
		names: "cancelSponsorship createSponsorsListing createSponsorsTier createSponsorship createSponsorships " +
			"publishSponsorsTier retireSponsorsTier updatePatreonSponsorability updateSponsorshipPreferences",
	},
	{
		verdict: refuse, area: "administration",
		names: "acceptEnterpriseAdministratorInvitation acceptEnterpriseMemberInvitation accessUserNamespaceRepository " +
			"addEnterpriseOrganizationMember addEnterpriseSupportEntitlement addVerifiableDomain approveVerifiableDomain " +
			"cancelEnterpriseAdminInvitation cancelEnterpriseMemberInvitation createEnterpriseOrganization " +
			"createIpAllowListEntry deleteIpAllowListEntry deleteVerifiableDomain inviteEnterpriseAdmin " +
			"inviteEnterpriseMember regenerateEnterpriseIdentityProviderRecoveryCodes regenerateVerifiableDomainToken " +
			"removeEnterpriseAdmin removeEnterpriseIdentityProvider removeEnterpriseMember removeEnterpriseOrganization " +
			"removeEnterpriseSupportEntitlement setEnterpriseIdentityProvider transferEnterpriseOrganization " +
			"updateEnterpriseAdministratorRole updateEnterpriseAllowPrivateRepositoryForkingSetting " +
			"updateEnterpriseDefaultRepositoryPermissionSetting updateEnterpriseDeployKeySetting " +
			"updateEnterpriseMembersCanChangeRepositoryVisibilitySetting updateEnterpriseMembersCanCreateRepositoriesSetting " +
			"updateEnterpriseMembersCanDeleteIssuesSetting updateEnterpriseMembersCanDeleteRepositoriesSetting " +
			"updateEnterpriseMembersCanInviteCollaboratorsSetting updateEnterpriseMembersCanMakePurchasesSetting " +
			"updateEnterpriseMembersCanUpdateProtectedBranchesSetting updateEnterpriseMembersCanViewDependencyInsightsSetting " +
			"updateEnterpriseOrganizationProjectsSetting updateEnterpriseOwnerOrganizationRole updateEnterpriseProfile " +
			"updateEnterpriseRepositoryProjectsSetting updateEnterpriseTeamDiscussionsSetting " +
			"updateEnterpriseTwoFactorAuthenticationDisallowedMethodsSetting " +
			"updateEnterpriseTwoFactorAuthenticationRequiredSetting updateIpAllowListEnabledSetting updateIpAllowListEntry " +
			"updateIpAllowListForInstalledAppsEnabledSetting updateNotificationRestrictionSetting " +
			"updateOrganizationAllowPrivateRepositoryForkingSetting updateOrganizationWebCommitSignoffSetting " +
			"verifyVerifiableDomain",
	},
}
