package bottle

import (
	"net/http"
	"slices"
)

// Kind is a preset that expands to one or more routes.
type Kind struct {
	Name string
	// URL is the upstream when the bottle file gives none; empty: required.
	URL string
	// Prefix is the path prefix when the bottle file gives none. With PerHost
	// the upstream's host and a slash are added.
	Prefix  string
	PerHost bool
	Routes  []KindRoute
	// StripQuery names parameters that the upstream prefers to the header.
	StripQuery []string
	// WriteAPI is the API by whose table a write policy judges requests, or
	// PlainAPI. Write is the policy when the bottle file gives none.
	WriteAPI string
	Write    WritePolicy
}

// PlainAPI is the API of which nothing is known: a request writes unless its
// method is one that reads, or it is git's.
const PlainAPI = "http"

// KindRoute is one route of a kind.
type KindRoute struct {
	// Path is added to the kind's prefix. FixedPath replaces both when the
	// bottle file gives no prefix.
	Path, FixedPath string
	// Upstream is added to the kind's URL. FixedUpstream replaces both when
	// the bottle file gives no URL.
	Upstream, FixedUpstream     string
	Scheme, BasicUser, Header   string
	AppendHeader, AppendedValue string
	// Git is set for routes that serve git over HTTP.
	Git bool
	// API is set for the route that the forge's own client is pointed at.
	API bool
	// Harmless is a path below the route that can be asked for without effect;
	// empty for the route itself.
	Harmless string
	// Rejects are the statuses that say, on that path, that the service does not
	// accept the token. It is empty where the path needs no token.
	Rejects []int
}

// unauthorized are the statuses that most services reject a token with.
var unauthorized = []int{http.StatusUnauthorized, http.StatusForbidden}

// Kinds is the table of presets.
var Kinds = []Kind{
	{
		Name: "anthropic", URL: "https://api.anthropic.com", Prefix: "/anthropic/",
		// OAuth tokens need Bearer and this beta both.
		Routes:   []KindRoute{{Scheme: "Bearer", AppendHeader: "anthropic-beta", AppendedValue: "oauth-2025-04-20", Harmless: "v1/models", Rejects: unauthorized}},
		WriteAPI: "anthropic", Write: Guarded,
	},
	{
		Name: "github", URL: "https://github.com",
		Routes: []KindRoute{
			{Path: "api/", FixedPath: "/gh-api/", Upstream: "/api/v3", FixedUpstream: "https://api.github.com", Scheme: "Bearer", API: true, Harmless: "rate_limit", Rejects: unauthorized},
			// GitHub's git endpoint answers 401 to Bearer.
			{Path: "git/", FixedPath: "/gh-git/", BasicUser: "x-access-token", Git: true},
		},
		WriteAPI: "github", Write: Guarded,
	},
	{
		Name: "gitea", Prefix: "/gitea/", PerHost: true,
		Routes: []KindRoute{
			{Path: "api/v1/", Upstream: "/api/v1", Scheme: "token", API: true, Harmless: "version"},
			// Gitea enforces a token's scopes on git only under Basic.
			{BasicUser: "oauth2", Git: true},
		},
		StripQuery: []string{"access_token", "token", "sudo"},
		WriteAPI:   "gitea", Write: Guarded,
	},
	{
		Name: "npm", URL: "https://registry.npmjs.org", Prefix: "/npm/",
		Routes:   []KindRoute{{Scheme: "Bearer", Harmless: "-/whoami", Rejects: unauthorized}},
		WriteAPI: "npm", Write: Guarded,
	},
	{
		Name: "openai", URL: "https://api.openai.com", Prefix: "/openai/",
		Routes:   []KindRoute{{Scheme: "Bearer", Harmless: "v1/models", Rejects: unauthorized}},
		WriteAPI: PlainAPI, Write: Allow,
	},
	{
		Name: "gemini", URL: "https://generativelanguage.googleapis.com", Prefix: "/gemini/",
		// A key that is not valid is a 400 here.
		Routes:     []KindRoute{{Header: "x-goog-api-key", Harmless: "v1beta/models", Rejects: append([]int{http.StatusBadRequest}, unauthorized...)}},
		StripQuery: []string{"key"},
		WriteAPI:   PlainAPI, Write: Allow,
	},
	{
		Name: "gitlab", URL: "https://gitlab.com", Prefix: "/gitlab/", PerHost: true,
		Routes: []KindRoute{
			{Path: "api/v4/", Upstream: "/api/v4", Header: "PRIVATE-TOKEN", API: true, Harmless: "version", Rejects: unauthorized},
			{BasicUser: "oauth2", Git: true},
		},
		StripQuery: []string{"private_token", "access_token", "job_token", "sudo"},
		WriteAPI:   "gitlab", Write: Guarded,
	},
	{
		Name: "huggingface", URL: "https://huggingface.co", Prefix: "/huggingface/",
		Routes:   []KindRoute{{Scheme: "Bearer", Harmless: "api/whoami-v2", Rejects: unauthorized}},
		WriteAPI: PlainAPI, Write: Allow,
	},
	{
		Name: "pypi", URL: "https://upload.pypi.org", Prefix: "/pypi/",
		Routes: []KindRoute{{BasicUser: "__token__"}},
		// An upload is all that this host is for; it takes write: allow.
		WriteAPI: PlainAPI, Write: Guarded,
	},
}

// KindNamed returns the kind called name.
func KindNamed(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

func kindNames() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}
