package credinject

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/redact"
)

// shown are the prefixes of the placeholders in which reverse_proxy and
// intercept keep an upstream's header as it came.
var shown = []string{"http.reverse_proxy.header.", "http.intercept.header."}

// maskPlaceholders masks the token in placeholders, which handlers around
// this one may put into a response or a log. Caddy does not list them: those
// of fields that are not in the response's header are forgotten.
func maskPlaceholders(r *http.Request, header http.Header, forms *redact.Forms) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return
	}
	for _, prefix := range shown {
		masked := make(map[string]string)
		for name := range header {
			if value, ok := repl.GetString(prefix + name); ok {
				masked[prefix+name], _ = forms.Mask(value)
			}
		}
		repl.DeleteByPrefix(prefix)
		for name, value := range masked {
			repl.Set(name, value)
		}
	}
	const status = "http.reverse_proxy.status_text"
	if value, ok := repl.GetString(status); ok {
		if masked, found := forms.Mask(value); found {
			repl.Set(status, masked)
		}
	}
}
