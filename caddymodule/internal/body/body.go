// Package body reads request bodies that a rule has to judge before any of
// them is forwarded. It accepts only what every server reads alike, so that
// what was judged is what the upstream acts on.
package body

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
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
// reader that gives the same bytes again, for the request that goes on. What
// it takes of the budget is given back when that reader has come to its end,
// or the request's context to its own. The content must not be changed, since
// another rule may read it again.
func Read(r *http.Request, limit int) (content []byte, again io.ReadCloser, ref *refusal.Refusal) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, http.NoBody, nil
	}
	if read, ok := r.Body.(*replay); ok && read.isWhole() && len(read.content) <= limit {
		return read.content, read, nil
	}
	held := &budget.Buffer{}
	context.AfterFunc(r.Context(), held.Hold.Release)
	if ref := readAll(held, r.Body, limit); ref != nil {
		held.Hold.Release()
		return nil, nil, ref
	}
	read := &replay{content: held.Bytes(), hold: &held.Hold, Closer: r.Body}
	read.rest.Reset(read.content)
	return read.content, read, nil
}

func readAll(held *budget.Buffer, body io.Reader, limit int) *refusal.Refusal {
	for {
		room, err := held.Room(limit + 1)
		if err != nil {
			return budget.Refusal(err)
		}
		n, err := body.Read(room)
		held.Extend(n)
		switch {
		case len(held.Bytes()) > limit:
			return &refusal.Refusal{
				Code: refusal.BodyRefused, Status: http.StatusRequestEntityTooLarge,
				Message: "the request body is too large to be checked", Hint: "send less at once", Reason: "body over the limit",
			}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return Refuse("", "the body ended early")
		}
	}
}

// replay is a body that was read, to be read again.
type replay struct {
	content []byte
	rest    bytes.Reader
	hold    *budget.Hold
	io.Closer
}

func (r *replay) isWhole() bool { return r.content != nil && r.rest.Len() == len(r.content) }

// Read implements io.Reader.
func (r *replay) Read(p []byte) (int, error) {
	n, err := r.rest.Read(p)
	if r.rest.Len() == 0 {
		r.content = nil
		r.rest.Reset(nil)
		r.hold.Release()
	}
	return n, err
}

// Refuse says that a body cannot be read without doubt.
func Refuse(hint, reason string) *refusal.Refusal {
	return &refusal.Refusal{Code: refusal.BodyRefused, Hint: hint, Reason: reason}
}
