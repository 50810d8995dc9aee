package credinject

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// Sizes up to which a form is read, in bytes. A form has to be seen whole
// before any of it is forwarded.
const (
	maxForm      = 1 << 20
	maxMultipart = 16 << 20
)

var errUnreadable = errors.New("unreadable form")

// checkForm refuses a form that holds a credential parameter, which Gitea and
// GitLab prefer to our header, or "_method", by which frameworks change the
// request's method. It returns the body to forward in place of the one that
// was read, or nil if the body is not a form.
func (h *CredInject) checkForm(r *http.Request) (io.ReadCloser, *refusal.Refusal) {
	if r.Body == nil || r.Body == http.NoBody || !mayBeForm(r.Header["Content-Type"]) {
		return nil, nil
	}
	// Uploads to routes without such parameters stream, whatever their encoding.
	if len(h.StripQuery) == 0 && isMultipart(r.Header["Content-Type"]) {
		return nil, nil
	}
	mediaType, params, ref := body.ContentType(r)
	if ref != nil {
		return nil, ref
	}
	multi := strings.HasPrefix(mediaType, "multipart/")
	limit := int64(maxForm)
	if multi {
		limit = maxMultipart
	}
	content, again, ref := body.Read(r, limit)
	if ref != nil {
		return nil, ref
	}
	name, err := forbiddenField(content, multi, params["boundary"], h.forms)
	switch {
	case err != nil:
		return nil, body.Refuse("send a well-formed form", "malformed form")
	case name != "":
		return nil, &refusal.Refusal{
			Code: refusal.CredentialRefused, Hint: "leave the parameter " + name + " out; the sidecar adds the credential",
			Reason: "form field " + name,
		}
	}
	return again, nil
}

// isMultipart is true if the only content type is a well-formed multipart one.
func isMultipart(contentTypes []string) bool {
	if len(contentTypes) != 1 {
		return false
	}
	mediaType, _, err := mime.ParseMediaType(contentTypes[0])
	return err == nil && strings.HasPrefix(mediaType, "multipart/")
}

// mayBeForm errs on the side of yes: an upstream may be more lenient about a
// malformed content type than we are.
func mayBeForm(contentTypes []string) bool {
	for _, value := range contentTypes {
		value = strings.ToLower(value)
		if strings.Contains(value, "form-urlencoded") || strings.Contains(value, "multipart/") {
			return true
		}
	}
	return false
}

// forbiddenField returns the first of names that the form has as a field.
func forbiddenField(content []byte, multi bool, boundary string, names []string) (string, error) {
	if multi {
		return forbiddenPart(content, boundary, names)
	}
	for name := range target.Parameters(string(content)) {
		for _, forbidden := range names {
			if target.Named(name, forbidden) {
				return forbidden, nil
			}
		}
	}
	return "", nil
}

// forbiddenPart looks through multipart/form-data (RFC 7578).
func forbiddenPart(content []byte, boundary string, names []string) (string, error) {
	if boundary == "" {
		return "", errUnreadable
	}
	reader := multipart.NewReader(bytes.NewReader(content), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		if err != nil {
			return "", errUnreadable
		}
		dispositions := part.Header["Content-Disposition"]
		if len(dispositions) != 1 {
			return "", errUnreadable
		}
		_, params, err := mime.ParseMediaType(dispositions[0])
		if err != nil {
			return "", errUnreadable
		}
		for _, forbidden := range names {
			if target.Named(params["name"], forbidden) {
				return forbidden, nil
			}
		}
	}
}
