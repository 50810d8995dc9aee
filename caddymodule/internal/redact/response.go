package redact

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/contentcoding"
)

// Response masks the forms of a token in everything that is sent through it:
// informational responses, headers, the body, trailers, and the messages of a
// WebSocket. A body in a content coding is decoded. Close has to be called
// after the last byte of a response that was not aborted, and Release always.
type Response struct {
	*caddyhttp.ResponseWriterWrapper
	forms  *Forms
	stream *Stream
	// body takes what the upstream sends; decoder and block stand before
	// stream when the body is coded.
	body    io.Writer
	decoder *contentcoding.Writer
	block   *bufio.Writer
	// hold is what decoder takes.
	hold budget.Hold
	// live is set while what was decoded goes out at each flush.
	live     bool
	wrote    bool
	hijacked bool
	found    bool
	err      error
}

// ErrUndecodable is wrapped by the error of a response whose body is coded in
// a way that cannot be undone. Nothing of such a response goes out.
var ErrUndecodable = errors.New("the body cannot be decoded")

// NewResponse returns a writer that masks and passes on to w.
func (f *Forms) NewResponse(w http.ResponseWriter) *Response {
	r := &Response{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, forms: f, stream: f.NewStream()}
	r.body = masked{r}
	return r
}

// Found reports whether something was masked.
func (r *Response) Found() bool { return r.found || r.stream.Found() }

// Err returns why the response could not be passed on, or nil.
func (r *Response) Err() error { return r.err }

// WriteHeader implements http.ResponseWriter.
func (r *Response) WriteHeader(status int) {
	if r.wrote || r.err != nil {
		return
	}
	if status < http.StatusContinue {
		status = http.StatusBadGateway // it is none, and net/http would panic
	}
	r.maskHeader()
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		r.wrote = true
		if r.err = r.prepareBody(status); r.err != nil {
			clear(r.Header()) // it describes what does not go out
			return
		}
	}
	r.ResponseWriterWrapper.WriteHeader(status)
}

// prepareBody sets up decoding, and drops what describes the coded body.
func (r *Response) prepareBody(status int) error {
	header := r.Header()
	header.Del("Sec-Websocket-Extensions")
	header.Del("Accept-Ranges")
	codings, err := contentcoding.Of(header)
	if err != nil {
		return errors.Join(ErrUndecodable, err)
	}
	if len(codings) == 0 || status < http.StatusOK || status == http.StatusNoContent || status == http.StatusNotModified {
		return nil
	}
	if err := r.hold.Take(contentcoding.Memory(codings)); err != nil {
		return err
	}
	contentcoding.Strip(header)
	r.live = isEventStream(header.Get("Content-Type"))
	r.block = bufio.NewWriterSize(masked{r}, blockSize)
	r.decoder = contentcoding.NewWriter(codings, r.block)
	r.body = r.decoder
	return nil
}

// blockSize is the size in bytes of the pieces in which a decoded body goes
// out, so that they do not show where the coded one's pieces ended.
const blockSize = 32 << 10

func isEventStream(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "text/event-stream" || mediaType == "application/x-ndjson")
}

// Write implements io.Writer.
func (r *Response) Write(p []byte) (int, error) {
	if !r.wrote {
		r.WriteHeader(http.StatusOK)
	}
	if r.err != nil {
		return 0, r.err
	}
	return r.body.Write(p)
}

// ReadFrom implements io.ReaderFrom, so that no byte takes the embedded
// writer's short cut.
func (r *Response) ReadFrom(src io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{r}, src)
}

// masked is the end of a body's way: it masks and sends.
type masked struct{ r *Response }

func (m masked) Write(p []byte) (int, error) {
	out := m.r.stream.Next(p)
	if len(out) == 0 {
		return len(p), nil
	}
	if _, err := m.r.ResponseWriterWrapper.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// FlushError sends what is not held back.
func (r *Response) FlushError() error {
	if !r.wrote {
		r.WriteHeader(http.StatusOK) // a flush would send the header as it is
	}
	if r.err != nil {
		return r.err
	}
	if r.live {
		if err := r.block.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(r.ResponseWriterWrapper).Flush()
}

// Flush implements http.Flusher.
func (r *Response) Flush() { _ = r.FlushError() }

// Close ends a complete response: the rest of its body, and its trailers.
func (r *Response) Close() error {
	if r.err != nil || r.hijacked {
		return r.err
	}
	if r.decoder != nil {
		if err := r.decoder.Close(); err != nil {
			return err
		}
		if err := r.block.Flush(); err != nil {
			return err
		}
	}
	if rest := r.stream.End(); len(rest) > 0 {
		if _, err := r.ResponseWriterWrapper.Write(rest); err != nil {
			return err
		}
	}
	r.maskHeader()
	return nil
}

// Release frees the decoder. If nothing was written, it masks the header that
// the next handler has left behind, since another answer may go out with it.
func (r *Response) Release() {
	if r.decoder != nil {
		r.decoder.Stop()
	}
	r.hold.Release()
	if !r.wrote {
		r.maskHeader()
	}
}

// maskHeader masks values, and drops fields that have the token for a name or
// announce such a trailer.
func (r *Response) maskHeader() {
	header := r.Header()
	for name, values := range header {
		if r.forms.inName(name) || name == "Trailer" && slices.ContainsFunc(values, r.forms.inName) {
			delete(header, name)
			r.found = true
			continue
		}
		for i, value := range values {
			masked, found := r.forms.Mask(value)
			if found {
				values[i] = masked
				r.found = true
			}
		}
	}
}

// Hijack implements http.Hijacker. What is written to the connection must be
// WebSocket frames, as no other protocol is let through.
func (r *Response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(r.ResponseWriterWrapper).Hijack()
	if err != nil {
		return nil, nil, err
	}
	r.hijacked = true
	return &webSocket{Conn: conn, stream: r.stream, forms: r.forms}, buffered, nil
}
