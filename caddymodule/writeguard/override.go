package writeguard

import (
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// steering are the request headers by which frameworks change the method or
// the path of a request after the proxies in front have judged it.
var steering = map[string]bool{
	"x-http-method-override": true, "x-http-method": true, "x-method-override": true, "x-original-method": true,
	"x-original-url": true, "x-original-uri": true, "x-rewrite-url": true,
}

// overriding are the query parameters and form fields that change the method.
var overriding = []string{"_method", "x-http-method-override", "x-http-method", "x-method-override", "$httpmethod"}

// override names what could make the upstream take the request for another.
func override(header http.Header, t target.Target) string {
	for name := range header {
		// Servers that pass headers as CGI variables cannot tell "_" from "-".
		if key := strings.ReplaceAll(strings.ToLower(name), "_", "-"); steering[key] {
			return "header " + key
		}
	}
	for name := range parameters(t) {
		if target.Named(name, overriding...) {
			return "method override in the query"
		}
	}
	return ""
}

// parameters yields those of every query that some server finds in the target.
func parameters(t target.Target) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for _, query := range t.Queries() {
			for name, value := range target.Parameters(query) {
				if !yield(name, value) {
					return
				}
			}
		}
	}
}

// checkForm refuses "_method" in a form: frameworks change the method by it.
func (c *call) checkForm() *refusal.Refusal {
	if c.api.uploads {
		return nil
	}
	found, ref := body.FormField(c.Request, overriding)
	switch {
	case ref != nil:
		return ref
	case found != "":
		return c.refuse("a request whose method or path may be overridden", "method override in a form")
	}
	return nil
}
