package credinject

import (
	"maps"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// isReserved recognises the response headers that an upstream does not set, in
// a header or as a trailer: those that let a web page read an answer or have
// the browser keep something, and the one that marks our own refusals.
func isReserved(name string) bool {
	name = strings.ToLower(strings.TrimPrefix(name, http.TrailerPrefix))
	return name == "set-cookie" || name == "cred-proxy-error" || strings.HasPrefix(name, "access-control-")
}

// reserved returns the reserved part of a header.
func reserved(header http.Header) http.Header {
	found := http.Header{}
	for name, values := range header {
		if isReserved(name) {
			found[name] = values
		}
	}
	return found
}

// dropReserved removes what the upstream set of the reserved headers. What
// handlers before this one set stays, and so do refusals of those behind it.
func (w *recorder) dropReserved() {
	if refusal.Written(w.request) {
		return
	}
	header := w.Header()
	maps.DeleteFunc(header, func(name string, _ []string) bool { return isReserved(name) })
	maps.Copy(header, w.reserved)
}
