package upstreamlinks

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// bodyEdit is a change to a response's body, which is held back until all of
// it is there.
type bodyEdit struct {
	// limit is the largest body that is held, in bytes.
	limit int
	// lenient lets a larger body pass as it is. Otherwise none of it passes.
	lenient bool
	// asksForPlain says that the upstream is asked for the whole response
	// without an encoding.
	asksForPlain bool
	// wants says whether the body that goes with a status and a header is one
	// to change.
	wants func(status int, header http.Header) bool
	// change returns what to send instead of the body, and adapts the header
	// to it but for what depends on the bytes. After an error nothing is sent.
	change func(header http.Header, body []byte) ([]byte, error)
}

// bodyError is why a held body is not sent. It quotes nothing of it.
type bodyError string

const (
	errTooLarge bodyError = "it is too large"
	errCutShort bodyError = "it ended early"
	errEncoded  bodyError = "its content coding cannot be undone"
	errNotJSON  bodyError = "it is not JSON in UTF-8"
)

// Error implements error.
func (e bodyError) Error() string { return string(e) }

// serveEdited runs next with a response writer that rewrites and edits. While
// the body is held the client has seen nothing, so whatever goes wrong becomes
// an error instead of a response that is cut.
func serveEdited(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler, rewrite *rewriter, edit *bodyEdit) (err error) {
	before := w.Header().Clone()
	held := &responseWriter{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, rewrite: rewrite, edit: edit}
	defer func() {
		if !held.holds() {
			return
		}
		// reverse_proxy panics to abort a response whose body it cannot read,
		// or whose Write failed.
		if aborted := recover(); aborted == any(http.ErrAbortHandler) {
			err = errCutShort
		} else if aborted != nil {
			panic(aborted)
		}
		if err == nil || held.problem != nil {
			err = held.finish()
		}
		if held.holds() {
			clear(w.Header())
			maps.Copy(w.Header(), before)
			err = explain(err)
		}
	}()
	return next.ServeHTTP(held, r)
}

// explain makes a refusal of a bodyError. cred_inject writes it; without one in
// front, Caddy answers with the status alone.
func explain(err error) error {
	var problem bodyError
	if !errors.As(err, &problem) {
		return err
	}
	return caddyhttp.Error(http.StatusBadGateway, refusal.Error{Refusal: refusal.Refusal{
		Code:    refusal.UpstreamUnreachable,
		Message: "the upstream's answer cannot be checked: " + string(problem),
		Reason:  "held response: " + string(problem),
	}})
}

// responseWriter rewrites a response's header, and holds its body back where
// that may have to be changed too.
type responseWriter struct {
	*caddyhttp.ResponseWriterWrapper
	rewrite *rewriter
	// edit is nil once the body is none to change.
	edit *bodyEdit
	// status is that of the response, 0 before there is one.
	status int
	body   bytes.Buffer
	// problem is why a held body can no longer be sent; nil if it can.
	problem error
}

func (w *responseWriter) holds() bool { return w.edit != nil && w.status != 0 }

// WriteHeader implements http.ResponseWriter.
func (w *responseWriter) WriteHeader(status int) {
	w.rewrite.header(w.Header())
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		w.ResponseWriterWrapper.WriteHeader(status)
		return
	}
	if w.status != 0 {
		return
	}
	w.status = status
	if status >= http.StatusOK && w.edit.wants(status, w.Header()) {
		return
	}
	w.edit = nil
	w.ResponseWriterWrapper.WriteHeader(status)
}

// Write implements io.Writer.
func (w *responseWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case !w.holds():
		return w.ResponseWriterWrapper.Write(p)
	case w.body.Len()+len(p) <= w.edit.limit:
		return w.body.Write(p)
	case !w.edit.lenient:
		w.problem = errTooLarge
		return 0, errTooLarge
	}
	if err := w.release(w.body.Bytes()); err != nil {
		return 0, err
	}
	return w.ResponseWriterWrapper.Write(p)
}

// ReadFrom implements io.ReaderFrom, which the embedded writer has too.
func (w *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.holds() {
		return w.ResponseWriterWrapper.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{w}, r)
}

// FlushError keeps a flush from sending the header before the body is known.
func (w *responseWriter) FlushError() error {
	if w.holds() {
		return nil
	}
	return http.NewResponseController(w.ResponseWriterWrapper).Flush()
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// finish sends a body that was held back.
func (w *responseWriter) finish() error {
	if w.problem != nil {
		return w.problem
	}
	body := w.body.Bytes()
	changed, err := w.edit.change(w.Header(), body)
	if err != nil {
		return err
	}
	if !bytes.Equal(changed, body) {
		header := w.Header()
		header.Set("Content-Length", strconv.Itoa(len(changed)))
		for _, name := range []string{"Etag", "Last-Modified", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5"} {
			header.Del(name)
		}
	}
	return w.release(changed)
}

func (w *responseWriter) release(body []byte) error {
	w.edit = nil
	w.ResponseWriterWrapper.WriteHeader(w.status)
	_, err := w.ResponseWriterWrapper.Write(body)
	w.body = bytes.Buffer{}
	return err
}
