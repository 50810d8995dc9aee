package credinject

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/redact"
)

// shown are the prefixes of the placeholders in which reverse_proxy and
// intercept keep an upstream's header as it came.
var shown = []string{"http.reverse_proxy.header.", "http.intercept.header."}

// statusText is the upstream's reason phrase.
const statusText = "http.reverse_proxy.status_text"

// maskPlaceholders masks the token in placeholders, which handlers around
// this one may put into a response or a log. Those of header fields are taken
// from the response's header from now on, which is masked.
func maskPlaceholders(r *http.Request, header http.Header, forms *redact.Forms) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return
	}
	for _, prefix := range shown {
		repl.DeleteByPrefix(prefix)
	}
	repl.Map(func(key string) (any, bool) {
		for _, prefix := range shown {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				values := header[http.CanonicalHeaderKey(name)]
				return strings.Join(values, ","), len(values) > 0
			}
		}
		return nil, false
	})
	if value, ok := repl.GetString(statusText); ok {
		if masked, found := forms.Mask(value); found {
			repl.Set(statusText, masked)
		}
	}
}
