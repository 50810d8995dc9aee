package writeguard

// npm is a package registry. A scoped package's name is one segment with a
// %2F; some clients send two.
var npm = api{
	name:  "npm",
	title: "npm",
	about: "`base` is the registry's root. The names are npm's libraries and what they call it. Starring, deprecating and changing owners write " +
		"the package's document, as a publish does.",
	repository: repository{segments: -1},
	rows:       npmRows,
}

var npmRows = []row{
	// Harmless.
	{verdict: allow, methods: "POST", path: "/-/npm/v1/security/advisories/bulk", area: "audits", docs: "npm/audit"},
	{verdict: allow, methods: "POST", path: "/-/npm/v1/security/audits", area: "audits", docs: "npm/audit"},
	{verdict: allow, methods: "POST", path: "/-/npm/v1/security/audits/quick", area: "audits", docs: "npm/audit"},

	// Packages.
	{
		verdict: refuse, methods: "*", path: "/-/package/{package%}/dist-tags/{tag*}", area: "dist-tags",
		docs: "npm/dist-tag",
	},
	{verdict: refuse, methods: "*", path: "/-/package/{scope}/{package}/dist-tags/{tag*}", area: "dist-tags", note: "a scoped name in two segments"},
	{
		verdict: refuse, methods: "*", path: "/-/package/{package%}/access", area: "owners and access",
		docs: "libnpmaccess/setAccess",
	},
	{verdict: refuse, methods: "*", path: "/-/package/{scope}/{package}/access", area: "owners and access", note: "a scoped name in two segments"},
	{
		verdict: refuse, methods: "*", path: "/-/package/{package%}/collaborators/{rest*}", area: "owners and access",
		docs: "libnpmaccess/collaborators",
	},
	{verdict: refuse, methods: "*", path: "/-/package/{scope}/{package}/collaborators/{rest*}", area: "owners and access", note: "a scoped name in two segments"},
	{
		verdict: refuse, methods: "*", path: "/-/package/{package%}/trust/{id*}", area: "trusted publishing",
		docs: "npm/trust npm/trust-revoke",
	},
	{verdict: refuse, methods: "*", path: "/-/package/{scope}/{package}/trust/{id*}", area: "trusted publishing", note: "a scoped name in two segments"},
	{
		verdict: refuse, methods: "*", path: "/-/npm/v1/oidc/{rest...}", area: "trusted publishing",
		docs: "npm/trusted-publishing",
	},
	{verdict: refuse, methods: "*", path: "/-/npm/v1/attestations/{rest...}", area: "publish", docs: "npm/provenance"},
	{
		verdict: refuse, methods: "*", path: "/-/stage/{rest...}", area: "publish",
		docs: "libnpmpublish/stage npm/stage-reject npm/stage-approve",
	},
	{
		verdict: refuse, methods: "*", path: "/{package%}", area: "publish, deprecation, owners and stars",
		docs: "libnpmpublish/publish",
	},
	{
		verdict: refuse, methods: "*", path: "/{package%}/{version}", area: "publish, deprecation, owners and stars",
		docs: "npm/dist-tag",
	},
	{
		verdict: refuse, methods: "*", path: "/{package%}/-rev/{revision}", area: "unpublish",
		docs: "libnpmpublish/unpublish",
	},
	{verdict: refuse, methods: "*", path: "/{scope}/{package}/-rev/{revision}", area: "unpublish", note: "a scoped name in two segments"},
	{
		verdict: refuse, methods: "*", path: "/{package%}/-/{tarball}/-rev/{revision}", area: "unpublish",
		docs: "libnpmpublish/unpublish",
	},
	{verdict: refuse, methods: "*", path: "/{scope}/{package}/-/{tarball}/-rev/{revision}", area: "unpublish", note: "a scoped name in two segments"},
	{verdict: refuse, methods: "*", path: "/{package%}/-/{scope}/{tarball}/-rev/{revision}", area: "unpublish", note: "a scoped name in two segments"},

	// Access.
	{
		verdict: refuse, methods: "*", path: "/-/npm/v1/tokens/{rest*}", area: "access tokens",
		docs: "npm-profile/createToken npm-profile/createGatToken npm-profile/removeToken",
	},
	{
		verdict: refuse, methods: "*", path: "/-/user/{rest...}", area: "log-in",
		docs: "npm-profile/loginCouch npm-profile/logout",
	},
	{verdict: refuse, methods: "*", path: "/-/v1/login/{rest*}", area: "log-in", docs: "npm-profile/loginWeb"},
	{verdict: refuse, methods: "*", path: "/-/npm/v1/user", area: "the user's account", docs: "npm-profile/set"},
	{
		verdict: refuse, methods: "*", path: "/-/npm/v1/hooks/{rest*}", area: "hooks",
		docs: "libnpmhook/add libnpmhook/update libnpmhook/rm",
	},
	{
		verdict: refuse, methods: "*", path: "/-/org/{rest...}", area: "organizations",
		docs: "libnpmteam/create libnpmorg/set libnpmorg/rm",
	},
	{
		verdict: refuse, methods: "*", path: "/-/team/{rest...}", area: "teams",
		docs: "libnpmteam/destroy libnpmaccess/setPermissions libnpmaccess/removePermissions libnpmteam/add " +
			"libnpmteam/rm",
	},

	// Reads that mint.
	{
		verdict: refuse, methods: "GET", path: "/-/v1/done", area: "log-in", note: "it answers with the token of a log-in on the web",
		docs: "npm-profile/loginWeb",
	},
	{verdict: refuse, methods: "GET", path: "/-/v1/login/{rest...}", area: "log-in", note: "what registries other than npm's call it"},
}
