package writeguard

// plainHTTP is an upstream of which nothing is known, so no write is harmless.
var plainHTTP = api{
	name:  "http",
	title: "any other upstream",
	about: "For an upstream of which nothing is known, `guarded` and `read-only` are the same.",
	repository: repository{
		// Where forges keep what is not a repository: their APIs, registries
		// and, at GitLab, everything else.
		notBelow: []string{"api", "-", "v1", "v2", "v3", "v4"},
	},
}
