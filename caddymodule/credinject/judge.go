package credinject

import (
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/lfs"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// refusedMethods are those of which the answer is the request as it was
// received, credential included, and CONNECT: reverse_proxy turns the extended
// one of HTTP/2 and HTTP/3 (RFC 8441) into an upgrade whose frames come back as
// a body. Some servers ignore a method's case.
var refusedMethods = map[string]bool{http.MethodTrace: true, "TRACK": true, http.MethodConnect: true}

// judge looks at the target as the client sent it, and at what rewrites have
// made of it, since both Caddy's matchers and the upstream have a say in
// where a request ends up.
func (h *CredInject) judge(r *http.Request) *refusal.Refusal {
	if refusedMethods[strings.ToUpper(r.Method)] {
		return &refusal.Refusal{Code: refusal.MethodRefused, Reason: r.Method}
	}
	if ref := body.CheckConnection(r.Header); ref != nil {
		return ref
	}
	batch := false
	for i, uri := range []string{observe.OriginalTarget(r), r.URL.RequestURI()} {
		t, err := target.Parse(uri)
		if original := i == 0; original && err == nil && h.Route != "" {
			err = checkPrefix(t, h.Route)
		}
		if err != nil {
			return &refusal.Refusal{
				Code:   refusal.AmbiguousPath,
				Hint:   "send the path without dot segments, with each character percent-encoded once at most",
				Reason: err.Error(),
			}
		}
		if h.GitPush == "allow" {
			continue
		}
		if reason := pushReason(r, t); reason != "" {
			return h.pushRefusal(reason)
		}
		batch = batch || lfsPlace(r, t) == lfs.Batch
	}
	if batch {
		return h.checkBatch(r)
	}
	return nil
}

// checkPrefix fails when a reading of the path lies in the route and the path
// as it was sent does not: Caddy's path matcher decodes, cleans and ignores
// case, and the rewrite that removes the prefix does not.
func checkPrefix(t target.Target, route string) error {
	if strings.HasPrefix(t.Path, route) {
		return nil
	}
	prefix := strings.ToLower(route)
	if t.Has(func(path string) bool { return strings.HasPrefix(path+"/", prefix) }) {
		return errPrefix
	}
	return nil
}
