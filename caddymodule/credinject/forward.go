package credinject

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/body"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/exiting"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/redact"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

// forward hands the request on and turns what goes wrong into a refusal.
func (h *CredInject) forward(w http.ResponseWriter, r, clone *http.Request, token secret.Token, next caddyhttp.Handler) error {
	defer exiting.Begin(h.Route)()
	defer observe.Started(h.Route)()

	upload, clone := watchUpload(w, clone)
	defer upload.finish()
	recorder := &recorder{
		ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w},
		request:               r, route: h.Route, started: time.Now(), reserved: reserved(w.Header()), upload: upload,
	}
	// Deferred, since reverse_proxy panics to abort a response.
	defer func() {
		if recorder.status != 0 {
			observe.Decision(r, h.Route, observe.Injected, upstreamOf(r))
			observe.Counted(h.Route, observe.Injected, recorder.status)
		}
	}()
	err := h.exchange(recorder, clone, token, next)
	recorder.dropReserved() // the trailers
	if recorder.status == 0 {
		recorder.closeAfterUpload() // which refusals would not
	}
	switch {
	case recorder.status != 0 && err != nil:
		// Headers are out and the body was cut; a handler that returned would
		// make it look complete.
		panic(http.ErrAbortHandler)
	case recorder.status != 0:
	case r.Context().Err() != nil && !upload.abandoned():
		recorder.WriteHeader(statusClientClosed)
	case upload.malformed():
		h.refuse(w, r, *body.Refuse("", "the body ended early"))
	case errors.Is(err, redact.ErrUndecodable):
		h.refuse(w, r, refusal.Refusal{
			Code: refusal.UpstreamUnreachable, Message: "the upstream encoded its answer in a way that cannot be searched for the token",
			Hint: "ask the upstream for an answer without Content-Encoding", Reason: err.Error(),
		})
	case budget.Refusal(err) != nil:
		h.refuse(w, r, *budget.Refusal(err))
	case err != nil:
		h.refuse(w, r, upstreamRefusal(err, h.formsOf(token)))
	default:
		// reverse_proxy answers nothing at all when an upstream switches
		// protocols unasked, or not to WebSocket; the client would see an
		// empty 200.
		if recorder.unaccepted {
			clear(recorder.Header()) // it describes what does not go out
			maps.Copy(recorder.Header(), recorder.reserved)
		}
		h.refuse(w, r, refusal.Refusal{
			Code: refusal.UpstreamUnreachable, Message: "the upstream gave no answer that HTTP allows",
			Reason: "nothing was written; the upstream switched protocols unasked",
		})
	}
	return nil
}

// exchange calls the next handler, with the token masked in what it sends.
func (h *CredInject) exchange(w *recorder, clone *http.Request, token secret.Token, next caddyhttp.Handler) (err error) {
	forms := h.formsOf(token) // which logs are masked by, too
	if h.Redact == "off" {
		return next.ServeHTTP(w, clone)
	}
	redact.PrepareRequest(clone.Header)
	response := forms.NewResponse(w)
	w.mask = sync.OnceFunc(func() { maskPlaceholders(clone, w.Header(), forms) })
	defer func() {
		response.Release()
		w.mask()
		if response.Found() {
			observe.Redacted(h.Route)
			h.logger.Warn("the upstream showed the token; masked", zap.String("route", h.Route), zap.String("path", observe.OriginalPath(clone)))
		}
		if response.Err() == nil {
			return
		}
		err = response.Err()
		// reverse_proxy aborts the response, of which nothing was written.
		if aborted := recover(); aborted != nil && aborted != http.ErrAbortHandler { //nolint:errorlint // a panic's value
			panic(aborted)
		}
	}()
	if err := next.ServeHTTP(response, clone); err != nil {
		return err
	}
	return response.Close()
}

// statusClientClosed is what Caddy logs when the client was gone first.
const statusClientClosed = 499

// upstreamOf returns the host and port that reverse_proxy chose.
func upstreamOf(r *http.Request) string {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return ""
	}
	upstream, _ := repl.GetString("http.reverse_proxy.upstream.hostport")
	return upstream
}

// recorder notes the final status and when it came.
type recorder struct {
	*caddyhttp.ResponseWriterWrapper
	request *http.Request
	route   string
	started time.Time
	status  int
	// unaccepted is set when the upstream switched protocols without accepting
	// the client's handshake.
	unaccepted bool
	// reserved are the reserved headers that handlers before this one set.
	reserved http.Header
	upload   *upload
	// mask, if set, masks what handlers around this one could show.
	mask func()
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if status == http.StatusSwitchingProtocols && !acceptsUpgrade(w.request, w.Header()) {
		w.unaccepted = true
		return
	}
	w.dropReserved()
	if status < http.StatusContinue {
		status = http.StatusBadGateway // it is none, and net/http would panic
	}
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
		observe.Answered(w.route, time.Since(w.started))
		if w.mask != nil {
			w.mask()
		}
	}
	if status >= http.StatusOK {
		w.closeAfterUpload()
	}
	w.ResponseWriterWrapper.WriteHeader(status)
}

// closeAfterUpload has the connection closed if the body was not read to its
// end.
func (w *recorder) closeAfterUpload() {
	if w.upload.open() {
		w.Header().Set("Connection", "close")
	}
}

// Write implements io.Writer.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriterWrapper.Write(p)
}

// ReadFrom implements io.ReaderFrom, which the embedded writer has too.
func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriterWrapper.ReadFrom(r)
}

// Hijack implements http.Hijacker.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.unaccepted {
		return nil, nil, http.ErrNotSupported
	}
	if w.status == 0 {
		w.status = http.StatusSwitchingProtocols
	}
	return http.NewResponseController(w.ResponseWriterWrapper).Hijack()
}
