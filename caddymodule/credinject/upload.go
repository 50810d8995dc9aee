package credinject

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// upload is a request body that knows whether it was read to its end. What
// remains of another would be read as the connection's next request: the
// transport closes a body when the upstream answers early, or when a chunk is
// malformed, and net/http, which would then close the connection (RFC 9112
// §9.6), does not see it, since Caddy puts a reader of its own around the body.
type upload struct {
	io.ReadCloser
	ended, failed atomic.Bool
}

// watchUpload puts an upload in the place of the request's body, if it has one.
func watchUpload(r *http.Request) *upload {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil
	}
	u := &upload{ReadCloser: r.Body}
	r.Body = u
	return u
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		u.ended.Store(true)
	case err != nil && !errors.Is(err, http.ErrBodyReadAfterClose):
		u.failed.Store(true)
	}
	return n, err
}

// open reports whether there is something left to read.
func (u *upload) open() bool { return u != nil && !u.ended.Load() }

// malformed reports whether it could not be read.
func (u *upload) malformed() bool { return u != nil && u.failed.Load() }
