package credinject

import (
	"context"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// prepare returns the request that goes upstream: a clone, so that error
// routes, placeholders and logs, which see the original, never see the
// credential.
func (h *CredInject) prepare(r *http.Request, token secret.Token) (*http.Request, *refusal.Refusal) {
	clone := r.WithContext(context.WithValue(r.Context(), injectedKey{}, true))
	clone.Header = h.cleanHeader(r)
	// Trailers arrive after the headers were judged; one called Authorization
	// would be forwarded. The server fills in the original's map, not this.
	clone.Trailer = nil

	if query := target.WithoutParameters(r.URL.RawQuery, h.StripQuery); query != r.URL.RawQuery {
		u := *r.URL
		u.RawQuery = query
		u.ForceQuery = false
		clone.URL = &u
		clone.RequestURI = u.RequestURI()
	}
	if ref := h.checkForm(clone); ref != nil {
		return nil, ref
	}
	for _, a := range h.Append {
		appendValue(clone.Header, http.CanonicalHeaderKey(a.Header), a.Value)
	}
	name, value := h.credential(token)
	clone.Header[name] = []string{value}
	return clone, nil
}

// appendValue adds a value to a list header (RFC 9110 §5.6.1) unless it is a
// member already.
func appendValue(header http.Header, name, value string) {
	var members []string
	for _, line := range header[name] {
		for member := range strings.SplitSeq(line, ",") {
			member = strings.TrimSpace(member)
			if strings.EqualFold(member, value) {
				return
			}
			if member != "" {
				members = append(members, member)
			}
		}
	}
	header[name] = []string{strings.Join(append(members, value), ", ")}
}
