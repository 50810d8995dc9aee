// Package body reads request bodies that a rule has to judge before any of
// them is forwarded. It accepts only what every server reads alike, so that
// what was judged is what the upstream acts on.
package body

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// ContentType returns the media type and the parameters of a request that has
// exactly one, well-formed Content-Type and no Content-Encoding.
func ContentType(r *http.Request) (mediaType string, params map[string]string, ref *refusal.Refusal) {
	values := r.Header["Content-Type"]
	if len(values) != 1 {
		return "", nil, Refuse("send exactly one Content-Type", "none or several content types")
	}
	mediaType, params, err := mime.ParseMediaType(values[0])
	// For Go "boundary*" (RFC 2231) counts more than "boundary", which is all
	// that most servers know, and they do not agree on escapes.
	if err != nil || strings.ContainsAny(values[0], `*\`) {
		return "", nil, Refuse("send a well-formed Content-Type", "malformed content type")
	}
	if _, encoded := r.Header["Content-Encoding"]; encoded {
		return "", nil, Refuse("send the body without Content-Encoding", "encoded body")
	}
	return mediaType, params, nil
}

// Read reads a body of at most limit bytes to its end and returns it with a
// reader that gives the same bytes again, for the request that goes on.
func Read(r *http.Request, limit int64) (content []byte, again io.ReadCloser, ref *refusal.Refusal) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, http.NoBody, nil
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return nil, nil, Refuse("", "the body ended early")
	case int64(len(content)) > limit:
		return nil, nil, &refusal.Refusal{
			Code: refusal.BodyRefused, Status: http.StatusRequestEntityTooLarge,
			Message: "the request body is too large to be checked", Hint: "send less at once", Reason: "body over the limit",
		}
	}
	return content, replay{bytes.NewReader(content), r.Body}, nil
}

type replay struct {
	io.Reader
	io.Closer
}

// Refuse says that a body cannot be read without doubt.
func Refuse(hint, reason string) *refusal.Refusal {
	return &refusal.Refusal{Code: refusal.BodyRefused, Hint: hint, Reason: reason}
}
