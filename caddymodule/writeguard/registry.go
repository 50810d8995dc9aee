package writeguard

import (
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// maxDecodings is how often a parameter's value is decoded before it is taken
// for the worst.
const maxDecodings = 5

// mints reports whether the request asks a container registry's token
// endpoint for more than reading: GET /v2/token?scope=repository:o/r:push
// answers with a token to push with
// (https://distribution.github.io/distribution/spec/auth/token/).
func mints(t target.Target) bool {
	if !t.Has(isTokenEndpoint) {
		return false
	}
	for name, value := range parameters(t) {
		if target.Named(name, "scope") && grantsWrite(value) {
			return true
		}
	}
	return false
}

// isTokenEndpoint covers /v2/token (Gitea), /jwt/auth (GitLab), /token
// (GitHub, Docker Hub) and what others call it.
func isTokenEndpoint(path string) bool {
	path, _, _ = strings.Cut(path, "?") // a slash may stand before it
	path = withoutFormat(strings.TrimRight(path, "/"))
	last := path[strings.LastIndexByte(path, '/')+1:]
	return last == "token" || last == "auth"
}

// grantsWrite is true unless, however often it is decoded, the scope holds
// nothing but "<type>:<name>:pull".
func grantsWrite(encoded string) bool {
	current := encoded
	for range maxDecodings {
		for scope := range strings.FieldsSeq(strings.ToLower(strings.ReplaceAll(current, "+", " "))) {
			if scopeGrantsWrite(scope) {
				return true
			}
		}
		next := target.Decode(current)
		if next == current {
			return false
		}
		current = next
	}
	return true
}

func scopeGrantsWrite(scope string) bool {
	colon := strings.LastIndexByte(scope, ':')
	if colon < 0 || !strings.Contains(scope[:colon], ":") {
		return strings.Contains(scope, "push") || strings.Contains(scope, "delete") || strings.Contains(scope, "*")
	}
	for action := range strings.SplitSeq(scope[colon+1:], ",") {
		if action != "pull" && action != "" {
			return true
		}
	}
	return false
}
