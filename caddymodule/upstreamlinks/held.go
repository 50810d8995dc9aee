package upstreamlinks

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
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
	// change returns what to send instead of the body, in pieces, or nil to send
	// it as it is, and adapts the header to it but for what depends on the
	// bytes. What it needs beside the body it takes of the budget. After an
	// error nothing is sent.
	change func(hold *budget.Hold, header http.Header, body []byte) ([][]byte, error)
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
	defer held.body.Release()
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

// explain makes a refusal of an error of ours. cred_inject writes it; without
// one in front, Caddy answers with the status alone.
func explain(err error) error {
	if errors.Is(err, budget.ErrTooMuch) {
		err = errTooLarge
	}
	if ref := budget.Refusal(err); ref != nil {
		return caddyhttp.Error(http.StatusServiceUnavailable, refusal.Error{Refusal: *ref})
	}
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
	body   budget.Buffer
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
	if !w.holds() {
		return w.ResponseWriterWrapper.Write(p)
	}
	written := 0
	for written < len(p) {
		room, err := w.body.Room(w.edit.limit)
		if err != nil {
			w.problem = err
			return written, err
		}
		if len(room) == 0 {
			break
		}
		n := copy(room, p[written:])
		w.body.Extend(n)
		written += n
	}
	if written == len(p) {
		return written, nil
	}
	if !w.edit.lenient {
		w.problem = errTooLarge
		return written, errTooLarge
	}
	if err := w.release(w.body.Bytes()); err != nil {
		return written, err
	}
	n, err := w.ResponseWriterWrapper.Write(p[written:])
	return written + n, err
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
	changed, err := w.edit.change(&w.body.Hold, w.Header(), body)
	if w.edit.lenient && errors.Is(err, budget.ErrTooMuch) {
		changed, err = nil, nil
	}
	if err != nil {
		return err
	}
	if changed == nil {
		return w.release(body)
	}
	length := 0
	for _, piece := range changed {
		length += len(piece)
	}
	header := w.Header()
	header.Set("Content-Length", strconv.Itoa(length))
	for _, name := range []string{"Etag", "Last-Modified", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5"} {
		header.Del(name)
	}
	return w.release(changed...)
}

// blockSize is how much goes out at once, in bytes, since writers further out
// make copies of what they get.
const blockSize = 32 << 10

func (w *responseWriter) release(pieces ...[]byte) error {
	w.edit = nil
	w.ResponseWriterWrapper.WriteHeader(w.status)
	for _, piece := range pieces {
		for block := range slices.Chunk(piece, blockSize) {
			if _, err := w.ResponseWriterWrapper.Write(block); err != nil {
				return err
			}
		}
	}
	w.body.Release()
	return nil
}
