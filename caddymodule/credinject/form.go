package credinject

import (
	"mime"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// checkForm refuses a form that holds a credential parameter, which Gitea and
// GitLab prefer to our header, or "_method", by which frameworks change the
// request's method. A body that was read stays in place for the upstream.
func (h *CredInject) checkForm(r *http.Request) *refusal.Refusal {
	// Uploads to routes without such parameters stream, whatever their encoding.
	if len(h.StripQuery) == 0 && isMultipart(r.Header["Content-Type"]) {
		return nil
	}
	name, ref := body.FormField(r, h.forms)
	if ref != nil || name == "" {
		return ref
	}
	return &refusal.Refusal{
		Code: refusal.CredentialRefused, Hint: "leave the parameter " + name + " out; the sidecar adds the credential",
		Reason: "form field " + name,
	}
}

// isMultipart is true if the only content type is a well-formed multipart one.
func isMultipart(contentTypes []string) bool {
	if len(contentTypes) != 1 {
		return false
	}
	mediaType, _, err := mime.ParseMediaType(contentTypes[0])
	return err == nil && strings.HasPrefix(mediaType, "multipart/")
}
