package body

import (
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/credheader"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// CheckConnection refuses a request whose Connection names a field that
// describes the content, which no sender may do (RFC 9110 §7.6.1). The field
// is there when the request is judged and gone when it is forwarded: with
// "Connection: Content-Type" JSON becomes, to Rack, a form.
func CheckConnection(header http.Header) *refusal.Refusal {
	for key := range credheader.Nominated(header) {
		if strings.HasPrefix(key, "content-") {
			return Refuse("leave Content-Type and its like out of Connection", "Connection names a field of the content")
		}
	}
	return nil
}
