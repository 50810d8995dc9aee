package credinject

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/bot-bottle/cred-proxy/caddymodule/stricthttp"
)

// errConnectionLost ends an upload to an upstream that has gone.
var errConnectionLost = errors.New("the upstream's connection ended during the upload")

// upload is a request body that knows whether it was read to its end. What
// remains of another would be read as the connection's next request: the
// transport closes a body when the upstream answers early, or when a chunk is
// malformed, and net/http, which would then close the connection (RFC 9112
// §9.6), does not see it, since Caddy puts a reader of its own around the body.
//
// It also lets go of a client that pauses, or that waits for an answer, when
// the upstream is gone: the transport says so only once its Read has returned.
type upload struct {
	io.ReadCloser
	client *http.ResponseController
	// gone returns an error once the client is gone.
	gone func() error

	mu sync.Mutex
	// reading is set while a Read is under way.
	reading bool
	// lost is set while there is nobody to send to; letGo when the client was
	// let go of for that; over when nobody waits for a Read any more.
	lost, letGo, over bool
	ended, failed     bool
}

// watchUpload puts an upload in the place of the request's body, if it has
// one. Else it returns nil, of which all methods may be called.
func watchUpload(w http.ResponseWriter, r *http.Request) (*upload, *http.Request) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil, r
	}
	u := &upload{ReadCloser: r.Body, client: http.NewResponseController(w), gone: r.Context().Err}
	r = r.WithContext(stricthttp.WithUpload(r.Context(), u.setLost))
	r.Body = u
	return u, r
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	if err := u.begin(); err != nil {
		return 0, err
	}
	n, err := u.ReadCloser.Read(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.reading = false
	switch {
	case errors.Is(err, io.EOF):
		u.ended = true
	case err != nil && u.lost:
		return n, errConnectionLost
	case err != nil && !errors.Is(err, http.ErrBodyReadAfterClose):
		u.failed = true
	}
	return n, err
}

func (u *upload) begin() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.lost && !u.ended {
		return errConnectionLost
	}
	u.reading = true
	return nil
}

// setLost has reading end while there is nobody to send to.
func (u *upload) setLost(lost bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lost = lost
	// After the end the deadline would hit the connection, and the request with
	// it.
	if lost && u.reading && !u.ended && !u.over && u.gone() == nil {
		u.letGo = true
		_ = u.client.SetReadDeadline(time.Unix(1, 0))
	}
}

// Close implements io.Closer. net/http's own would wait for the client, and is
// called by the server once the answer has gone out.
func (u *upload) Close() error {
	u.setLost(true)
	return nil
}

// finish is called when there is an answer, or none to come: the connection's
// deadlines are the server's again.
func (u *upload) finish() {
	if u != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.over = true
	}
}

// open reports whether there is something left to read.
func (u *upload) open() bool {
	if u == nil {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.ended
}

// malformed reports whether it could not be read.
func (u *upload) malformed() bool {
	if u == nil {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.failed
}

// abandoned reports whether the client was let go of, which can look as if it
// was gone.
func (u *upload) abandoned() bool {
	if u == nil {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.letGo
}
