package writeguard

var gitlabGraphQL = graphQL{
	paths: []string{"/api/graphql"},
	// A runner's token; addresses with a token by which mail becomes the user's
	// issues, comments and, with patches attached, merge requests; the tokens
	// of triggers, which start pipelines as the user; addresses of feeds, with
	// the token that reads them. ciConfig fetches from addresses that it makes
	// of CI variables, as the mutation ciLint does.
	credentials: []string{
		"ephemeralAuthenticationToken", "newWorkItemEmailAddress", "createNoteEmail", "pipelineTriggers", "rssPath", "calendarPath",
		"ciConfig",
	},
	mutations:   gitlabMutations,
	judgeInputs: judgeGitlabInputs,
}

// gitlabMutations are fields of the root type Mutation
// (https://docs.gitlab.com/api/graphql/reference/#mutation-type).
var gitlabMutations = []mutation{
	{
		verdict: allow, area: "issues",
		names: "createIssue updateIssue issueSetAssignees issueSetConfidential issueSetCrmContacts issueSetDueDate " +
			"issueSetEpic issueSetEscalationPolicy issueSetEscalationStatus issueSetIteration issueSetLocked " +
			"issueSetSeverity issueSetWeight issueMoveList issueLinkAlerts issueUnlinkAlert createEpic " +
			"updateEpic epicAddIssue epicMoveList epicTreeReorder workItemCreate workItemCreateFromTask " +
			"workItemUpdate workItemBulkUpdate workItemAddLinkedItems workItemRemoveLinkedItems " +
			"workItemHierarchyAddChildrenItems workItemsHierarchyReorder workItemsReorder " +
			"workItemAddClosingMergeRequest createAlertIssue createTestCase createRequirement updateRequirement " +
			"createIteration updateIteration iterationCreate",
	},
	{
		verdict: allow, area: "comments",
		names: "createNote updateNote destroyNote createDiscussion discussionToggleResolve createDiffNote " +
			"createImageDiffNote createLatestDiffNote updateImageDiffNote repositionImageDiffNote " +
			"noteConvertToThread",
	},
	{
		verdict: allow, area: "reactions",
		names: "awardEmojiAdd awardEmojiRemove awardEmojiToggle",
	},
	{
		verdict: allow, area: "labels",
		names: "labelCreate labelUpdate",
	},
	{
		verdict: allow, area: "issue boards",
		names: "createBoard updateBoard destroyBoard boardListCreate updateBoardList destroyBoardList " +
			"boardListUpdateLimitMetrics epicBoardCreate epicBoardUpdate destroyEpicBoard epicBoardListCreate " +
			"updateEpicBoardList epicBoardListDestroy boardEpicCreate updateBoardEpicUserPreferences",
	},
	{
		verdict: allow, area: "merge requests",
		names: "mergeRequestCreate mergeRequestUpdate mergeRequestSetAssignees " +
			"mergeRequestSetBlockingMergeRequests mergeRequestSetDraft mergeRequestSetLabels " +
			"mergeRequestSetLocked mergeRequestSetMilestone",
	},
	{
		verdict: allow, area: "reviews",
		names: "mergeRequestSetReviewers mergeRequestReviewerRereview mergeRequestRequestChanges " +
			"mergeRequestDestroyRequestedChanges mergeRequestRemoveAttentionRequest " +
			"mergeRequestRequestAttention mergeRequestToggleAttentionRequested",
	},
	{
		verdict: allow, area: "notifications",
		names: "mergeRequestSetSubscription issueSetSubscription epicSetSubscription workItemSubscribe " +
			"wikiPageSubscribe todoCreate todoMarkDone todoRestore todoRestoreMany todoResolveMany " +
			"todosMarkAllDone todoSnooze todoSnoozeMany todoUnSnooze todoUnsnoozeMany todoDeleteMany " +
			"todoDeleteAllDone alertTodoCreate",
	},
	{
		verdict: allow, area: "time tracking",
		names: "timelogCreate timelogDelete",
	},
	{
		verdict: allow, area: "starring and watching",
		names: "starProject",
	},
	{
		verdict: allow, area: "reading",
		names: "echoCreate devfileValidate",
	},

	{
		verdict: refuse, area: "contents",
		names: "apiFuzzingCiConfigurationCreate commitCreate configureContainerScanning " +
			"configureDependencyScanning configureSast configureSastIac configureSecretDetection " +
			"projectBlobsRemove projectTextReplace scanExecutionPolicyCommit securityFindingCreateMergeRequest",
	},
	{
		verdict: refuse, area: "branches",
		names: "branchDelete createBranch",
	},
	{
		verdict: refuse, area: "tags",
		names: "tagCreate tagDelete",
	},
	{
		verdict: refuse, area: "merges",
		names: "mergeRequestAccept mergeTrainsDeleteCar projectSyncFork",
	},
	{
		verdict: refuse, area: "releases and assets",
		names: "catalogResourcesCreate catalogResourcesDestroy releaseAssetLinkCreate releaseAssetLinkDelete " +
			"releaseAssetLinkUpdate releaseCreate releaseDelete releaseUpdate",
	},
	{
		verdict: refuse, area: "snippets",
		names: "createSnippet destroySnippet markAsSpamSnippet updateSnippet",
	},
	{
		verdict: refuse, area: "attachments",
		names: "designManagementDelete designManagementMove designManagementUpdate designManagementUpload " +
			"uploadCreate uploadDelete",
	},
	{
		verdict: refuse, area: "packages",
		names: "containerVirtualRegistryCacheDelete containerVirtualRegistryCreate containerVirtualRegistryDelete " +
			"createPackagesProtectionRule deletePackagesProtectionRule destroyPackage destroyPackageFile " +
			"destroyPackageFiles destroyPackages mavenCacheEntryDelete mavenUpstreamCacheDelete " +
			"mavenUpstreamCreate mavenUpstreamDelete mavenUpstreamUpdate mavenVirtualRegistryCacheDelete " +
			"mavenVirtualRegistryCreate mavenVirtualRegistryDelete mavenVirtualRegistryUpdate " +
			"mavenVirtualRegistryUpstreamDelete mavenVirtualRegistryUpstreamUpdate " +
			"updateDependencyProxyPackagesSettings updateNamespacePackageSettings updatePackagesCleanupPolicy " +
			"updatePackagesProtectionRule updateVirtualRegistriesSetting verifiedNamespaceCreate " +
			"virtualRegistriesCleanupPolicyUpsert",
	},
	{
		verdict: refuse, area: "container registry",
		names: "containerCacheEntryDelete containerUpstreamCacheDelete containerUpstreamCreate " +
			"containerUpstreamDelete containerUpstreamTest containerUpstreamUpdate " +
			"containerVirtualRegistryUpdate containerVirtualRegistryUpstreamCreate " +
			"containerVirtualRegistryUpstreamDelete containerVirtualRegistryUpstreamUpdate " +
			"createContainerProtectionRepositoryRule createContainerProtectionTagRule " +
			"deleteContainerProtectionRepositoryRule deleteContainerProtectionTagRule " +
			"destroyContainerRepository destroyContainerRepositoryTags updateContainerExpirationPolicy " +
			"updateContainerProtectionRepositoryRule updateContainerProtectionTagRule " +
			"updateDependencyProxyImageTtlGroupPolicy updateDependencyProxySettings",
	},
	{
		verdict: refuse, area: "models",
		names: "aiAgentCreate mlModelCreate mlModelDelete mlModelDestroy mlModelEdit mlModelVersionCreate " +
			"mlModelVersionDelete mlModelVersionEdit",
	},
	{
		verdict: refuse, area: "pipelines and jobs",
		names: "artifactDestroy bulkDestroyJobArtifacts ciLint corpusCreate dastOnDemandScanCreate " +
			"dastProfileCreate dastProfileDelete dastProfileRun dastProfileUpdate dastScannerProfileCreate " +
			"dastScannerProfileDelete dastScannerProfileUpdate dastSiteProfileCreate dastSiteProfileDelete " +
			"dastSiteProfileUpdate dastSiteTokenCreate dastSiteValidationCreate dastSiteValidationRevoke " +
			"jobArtifactsDestroy jobCancel jobPlay jobRetry jobUnschedule pipelineCancel pipelineCreate " +
			"pipelineDestroy pipelineExecutionSchedulePolicyTestRun pipelineRetry pipelineScheduleCreate " +
			"pipelineScheduleDelete pipelineSchedulePlay pipelineScheduleTakeOwnership pipelineScheduleUpdate " +
			"projectSubscriptionCreate projectSubscriptionDelete safeDisablePipelineVariables",
	},
	{
		verdict: refuse, area: "deployments and environments",
		names: "approveDeployment environmentCreate environmentDelete environmentStop environmentUpdate " +
			"environmentsCanaryIngressUpdate terraformStateDelete terraformStateLock terraformStateUnlock " +
			"updateTerraformStateProtectionRule workspaceCreate workspaceUpdate",
	},
	{
		verdict: refuse, area: "pages",
		names: "deletePagesDeployment pagesMarkOnboardingComplete restorePagesDeployment setPagesForceHttps " +
			"setPagesUseUniqueDomain",
	},
	{
		verdict: refuse, area: "agents",
		names: "aiAction aiCatalogAgentCreate aiCatalogAgentDelete aiCatalogAgentUpdate aiCatalogFlowCreate " +
			"aiCatalogFlowDelete aiCatalogFlowUpdate aiCatalogItemConsumerCreate aiCatalogItemConsumerDelete " +
			"aiCatalogItemConsumerUpdate aiCatalogItemReport aiCatalogItemStar aiCatalogMcpServerCreate " +
			"aiCatalogMcpServerUpdate aiCatalogThirdPartyFlowCreate aiCatalogThirdPartyFlowDelete " +
			"aiCatalogThirdPartyFlowUpdate aiDomainSettingsInstanceUpdate aiDomainSettingsNamespaceUpdate " +
			"aiDuoWorkflowCreate aiFeatureSettingUpdate aiFlowTriggerCreate aiFlowTriggerDelete " +
			"aiFlowTriggerUpdate aiModelSelectionNamespaceUpdate aiSelfHostedModelConnectionCheck " +
			"aiSelfHostedModelCreate aiSelfHostedModelDelete aiSelfHostedModelUpdate ascpComponentCreate " +
			"ascpScanCreate ascpSecurityContextCreate deleteConversationThread deleteDuoWorkflowsWorkflow " +
			"duoUserFeedback orbitUpdate updateDuoWorkflowToolCallApprovals",
	},
	{
		verdict: refuse, area: "hooks",
		names: "auditEventsAmazonS3ConfigurationCreate auditEventsAmazonS3ConfigurationDelete " +
			"auditEventsAmazonS3ConfigurationUpdate auditEventsGroupDestinationEventsAdd " +
			"auditEventsGroupDestinationEventsDelete auditEventsGroupDestinationNamespaceFilterCreate " +
			"auditEventsGroupDestinationNamespaceFilterDelete auditEventsInstanceAmazonS3ConfigurationCreate " +
			"auditEventsInstanceAmazonS3ConfigurationDelete auditEventsInstanceAmazonS3ConfigurationUpdate " +
			"auditEventsInstanceDestinationEventsAdd auditEventsInstanceDestinationEventsDelete " +
			"auditEventsInstanceDestinationNamespaceFilterCreate " +
			"auditEventsInstanceDestinationNamespaceFilterDelete auditEventsStreamingDestinationEventsAdd " +
			"auditEventsStreamingDestinationEventsRemove auditEventsStreamingDestinationInstanceEventsAdd " +
			"auditEventsStreamingDestinationInstanceEventsRemove auditEventsStreamingHeadersCreate " +
			"auditEventsStreamingHeadersDestroy auditEventsStreamingHeadersUpdate " +
			"auditEventsStreamingHttpNamespaceFiltersAdd auditEventsStreamingHttpNamespaceFiltersDelete " +
			"auditEventsStreamingInstanceHeadersCreate auditEventsStreamingInstanceHeadersDestroy " +
			"auditEventsStreamingInstanceHeadersUpdate externalAuditEventDestinationCreate " +
			"externalAuditEventDestinationDestroy externalAuditEventDestinationUpdate " +
			"googleCloudLoggingConfigurationCreate googleCloudLoggingConfigurationDestroy " +
			"googleCloudLoggingConfigurationUpdate groupAuditEventStreamingDestinationsCreate " +
			"groupAuditEventStreamingDestinationsDelete groupAuditEventStreamingDestinationsUpdate " +
			"httpIntegrationCreate httpIntegrationDestroy httpIntegrationResetToken httpIntegrationUpdate " +
			"instanceAuditEventStreamingDestinationsCreate instanceAuditEventStreamingDestinationsDelete " +
			"instanceAuditEventStreamingDestinationsUpdate instanceExternalAuditEventDestinationCreate " +
			"instanceExternalAuditEventDestinationDestroy instanceExternalAuditEventDestinationUpdate " +
			"instanceGoogleCloudLoggingConfigurationCreate instanceGoogleCloudLoggingConfigurationDestroy " +
			"instanceGoogleCloudLoggingConfigurationUpdate integrationExclusionCreate " +
			"integrationExclusionDelete prometheusIntegrationCreate prometheusIntegrationResetToken " +
			"prometheusIntegrationUpdate",
	},
	{
		verdict: refuse, area: "access tokens",
		names: "ciJobTokenScopeAddGroupOrProject ciJobTokenScopeAddProject ciJobTokenScopeRemoveGroup " +
			"ciJobTokenScopeRemoveProject ciJobTokenScopeUpdatePolicies " +
			"namespacesRegenerateNewWorkItemEmailAddress personalAccessTokenCreate personalAccessTokenRevoke " +
			"personalAccessTokenRotate pipelineTriggerCreate pipelineTriggerDelete pipelineTriggerUpdate",
	},
	{
		verdict: refuse, area: "clusters",
		names: "clusterAgentDelete clusterAgentTokenCreate clusterAgentTokenRevoke " +
			"clusterAgentUrlConfigurationCreate clusterAgentUrlConfigurationDelete createClusterAgent " +
			"namespaceCreateRemoteDevelopmentClusterAgentMapping " +
			"namespaceDeleteRemoteDevelopmentClusterAgentMapping organizationCreateClusterAgentMapping " +
			"organizationDeleteClusterAgentMapping",
	},
	{
		verdict: refuse, area: "secrets and variables",
		names: "groupSecretCreate groupSecretDelete groupSecretUpdate groupSecretsManagerDeprovision " +
			"groupSecretsManagerInitialize groupSecretsPermissionDelete groupSecretsPermissionUpdate " +
			"instanceSecretsManagerEnroll instanceSecretsManagerUnenroll namespaceSecretsManagerEnroll " +
			"namespaceSecretsManagerUnenroll projectSecretCreate projectSecretDelete projectSecretUpdate " +
			"projectSecretsManagerDeprovision projectSecretsManagerInitialize projectSecretsPermissionDelete " +
			"projectSecretsPermissionUpdate secretPermissionDelete secretPermissionUpdate",
	},
	{
		verdict: refuse, area: "runners",
		names: "bulkRunnerDelete runnerAssignToProject runnerBulkPause runnerCacheClear runnerCreate runnerDelete " +
			"runnerUnassignFromProject runnerUpdate runnersExportUsage runnersRegistrationTokenReset",
	},
	{
		verdict: refuse, area: "collaborators and invitations",
		names: "groupMemberBulkUpdate groupMembersExport importSourceUserCancelReassignment " +
			"importSourceUserKeepAllAsPlaceholder importSourceUserKeepAsPlaceholder importSourceUserReassign " +
			"importSourceUserResendNotification importSourceUserRetryFailedReassignment " +
			"importSourceUserUndoKeepAsPlaceholder ldapAdminRoleLinkCreate ldapAdminRoleLinkDestroy " +
			"memberRoleAdminCreate memberRoleAdminDelete memberRoleAdminUpdate memberRoleCreate " +
			"memberRoleDelete memberRoleToUserAssign memberRoleUpdate namespaceBanDestroy " +
			"organizationUserUpdate processUserBillablePromotionRequest projectMemberBulkUpdate " +
			"userAddOnAssignmentBulkCreate userAddOnAssignmentBulkRemove userAddOnAssignmentCreate " +
			"userAddOnAssignmentRemove",
	},
	{
		verdict: refuse, area: "branch protection and rulesets",
		names: "approvalProjectRuleDelete approvalProjectRuleUpdate branchRuleApprovalProjectRuleCreate " +
			"branchRuleCreate branchRuleDelete branchRuleExternalStatusCheckCreate " +
			"branchRuleExternalStatusCheckDestroy branchRuleExternalStatusCheckUpdate " +
			"branchRuleSquashOptionDelete branchRuleSquashOptionUpdate branchRuleUpdate dismissPolicyViolations " +
			"mergeRequestBypassSecurityPolicy mergeRequestUpdateApprovalRule projectSetLocked " +
			"projectTargetBranchRuleCreate projectTargetBranchRuleDestroy",
	},
	{
		verdict: refuse, area: "security settings and alerts",
		names: "addProjectToSecurityDashboard alertSetAssignees bulkSetVulnerabilityFindingsDueDates " +
			"bulkUpdateSecurityAttributes createComplianceFramework createComplianceFrameworkFromTemplate " +
			"createComplianceRequirement createComplianceRequirementsControl destroyComplianceFramework " +
			"destroyComplianceRequirement destroyComplianceRequirementsControl exportRequirements " +
			"linkProjectComplianceViolationIssue projectSecurityExclusionCreate projectSecurityExclusionDelete " +
			"projectSecurityExclusionUpdate projectSetComplianceFramework " +
			"projectSetContinuousVulnerabilityScanning projectUpdateComplianceFrameworks " +
			"refreshFindingTokenStatus refreshSecurityFindingTokenStatus refreshStandardsAdherenceChecks " +
			"refreshVulnerabilityFindingTokenStatus removeProjectFromSecurityDashboard resyncSecurityPolicies " +
			"securityAttributeCreate securityAttributeDestroy securityAttributeProjectUpdate " +
			"securityAttributeUpdate securityCategoryCreate securityCategoryDestroy securityCategoryUpdate " +
			"securityFindingCreateIssue securityFindingCreateVulnerability securityFindingDismiss " +
			"securityFindingExternalIssueLinkCreate securityFindingJiraIssueFormUrlCreate " +
			"securityFindingRevertToDetected securityFindingSeverityOverride securityPolicyProjectAssign " +
			"securityPolicyProjectCreate securityPolicyProjectCreateAsync securityPolicyProjectUnassign " +
			"securityRefsTrack securityRefsUntrack securityScanProfileAttach securityScanProfileDetach " +
			"securityTrainingUpdate setContainerScanningForRegistry setCvsForContainerScanning " +
			"setCvsForDependencyScanning setGroupSecretPushProtection setGroupValidityChecks " +
			"setLicenseConfigurationSource setPreReceiveSecretDetection setSecretPushProtection " +
			"setValidityChecks unlinkProjectComplianceViolationIssue updateAlertStatus " +
			"updateComplianceFramework updateComplianceRequirement updateComplianceRequirementsControl " +
			"updateProjectComplianceViolation vulnerabilitiesArchive vulnerabilitiesCreateIssue " +
			"vulnerabilitiesDismiss vulnerabilitiesRemoveAllFromProject vulnerabilitiesSeverityOverride " +
			"vulnerabilityConfirm vulnerabilityCreate vulnerabilityDismiss " +
			"vulnerabilityDismissFalsePositiveFlag vulnerabilityExternalIssueLinkCreate " +
			"vulnerabilityExternalIssueLinkDestroy vulnerabilityFindingDismiss vulnerabilityIssueLinkCreate " +
			"vulnerabilityLinkMergeRequest vulnerabilityResolve vulnerabilityRevertToDetected " +
			"vulnerabilityUnlinkMergeRequest",
	},
	{
		verdict: refuse, area: "deletion and transfer of issues",
		names: "issueMove iterationDelete promoteToEpic workItemBulkMove workItemConvert workItemDelete " +
			"workItemDeleteTask workItemExport workItemsCsvExport workItemsCsvImport",
	},
	{
		verdict: refuse, area: "incident management",
		names: "escalationPolicyCreate escalationPolicyDestroy escalationPolicyUpdate issuableResourceLinkCreate " +
			"issuableResourceLinkDestroy oncallRotationCreate oncallRotationDestroy oncallRotationUpdate " +
			"oncallScheduleCreate oncallScheduleDestroy oncallScheduleUpdate timelineEventCreate " +
			"timelineEventDestroy timelineEventPromoteFromNote timelineEventTagCreate timelineEventUpdate",
	},
	{
		verdict: refuse, area: "project structure",
		names: "bulkEnableDevopsAdoptionNamespaces createAnnotation createCustomDashboard createCustomEmoji " +
			"customFieldArchive customFieldCreate customFieldUnarchive customFieldUpdate " +
			"customerRelationsContactCreate customerRelationsContactUpdate customerRelationsOrganizationCreate " +
			"customerRelationsOrganizationUpdate deleteAnnotation deleteCustomDashboard destroyCustomEmoji " +
			"disableDevopsAdoptionNamespace enableDevopsAdoptionNamespace iterationCadenceCreate " +
			"iterationCadenceDestroy iterationCadenceUpdate lifecycleAttachWorkItemType lifecycleCreate " +
			"lifecycleDelete lifecycleUpdate updateCustomDashboard valueStreamCreate valueStreamDestroy " +
			"valueStreamUpdate workItemAvailabilityToggle workItemSavedViewCreate workItemSavedViewDelete " +
			"workItemSavedViewReorder workItemSavedViewSubscribe workItemSavedViewUnsubscribe " +
			"workItemSavedViewUpdate workItemSettingsUpdate workItemTypeCreate workItemTypeUpdate",
	},
	{
		verdict: refuse, area: "imports and migrations",
		names: "jiraImportStart jiraImportUsers",
	},
	{
		verdict: refuse, area: "repositories",
		names: "ciCdSettingsUpdate deleteGroupCustomAttribute deleteProjectCustomAttribute " +
			"deleteUserCustomAttribute namespaceCiCdSettingsUpdate productAnalyticsProjectSettingsUpdate " +
			"projectCiCdSettingsUpdate projectCustomAttributeSet projectInitializeProductAnalytics " +
			"projectSettingsUpdate setGroupCustomAttribute userCustomAttributeSet",
	},
	{
		verdict: refuse, area: "organizations",
		names: "achievementsAward achievementsCreate achievementsDelete achievementsRevoke achievementsUpdate " +
			"groupUpdate namespaceIncreaseStorageTemporarily namespaceSettingsUpdate organizationCreate " +
			"organizationUpdate userAchievementPrioritiesUpdate userAchievementsDelete userAchievementsUpdate",
	},
	{
		verdict: refuse, area: "administration",
		names: "adminClearDuoAvailability adminRolesLdapSync adminSetDuoAvailability adminSidekiqQueuesDeleteJobs " +
			"duoSettingsUpdate geoRegistriesBulkUpdate geoRegistriesUpdate gitlabSubscriptionActivate " +
			"upsertFlatUserCap upsertUserBudgetCapOverrides",
	},
	{
		verdict: refuse, area: "the user's account",
		names: "groupSavedReplyCreate groupSavedReplyDestroy groupSavedReplyUpdate projectSavedReplyCreate " +
			"projectSavedReplyDestroy projectSavedReplyUpdate savedReplyCreate savedReplyDestroy " +
			"savedReplyUpdate userCalloutCreate userGroupCalloutCreate userPreferencesUpdate " +
			"userSetNamespaceCommitEmail workItemUserPreferenceUpdate",
	},
}
