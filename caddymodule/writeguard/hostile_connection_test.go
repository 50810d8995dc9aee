package writeguard_test

import "testing"

// TestHeadersThatGoNoFurther fails when a body passes for JSON by a content
// type that Connection makes a proxy drop, so that upstream it is a form with
// a quick action in it.
func TestHeadersThatGoNoFurther(t *testing.T) {
	address, upstream := guard(t, "gitlab guarded")
	const smuggled = `{"x":"&body=/merge"}`
	note := func(connection, code string, more ...string) attempt {
		return attempt{connection, "POST", gitlabNotes, append([]string{jsonType, "Connection: " + connection}, more...), smuggled, code}
	}
	const b = "body_refused"
	judge(t, address, upstream, []attempt{
		note("Content-Type", b), note("content-type", b), note("CONTENT_TYPE", b), note("keep-alive,\tContent-Type ", b), note("close,,content-type,x", b),
		note("Content-Encoding", b), note("Content-Length", b), note("keep-alive", b, "Connection: Content-Type"),
		{"on a read", "GET", "/api/v4/version", []string{"Connection: Content-Type"}, "", b},
		{"on git's transport", "POST", "/g/p.git/git-upload-pack", []string{fetch, "Connection: content-type"}, "0000", b},
		{"in GraphQL", "POST", "/api/graphql", []string{jsonType, "Connection: Content-Type"}, `{"query":"{a}"}`, b},

		note("keep-alive", ""), note("close, TE", "", "TE: trailers"), note("X-Content-Type", ""), note("", ""),
	})
}
