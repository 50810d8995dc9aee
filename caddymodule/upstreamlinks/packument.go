package upstreamlinks

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// maxPackument is the largest package metadata that is held to be rewritten,
// in bytes; a larger one passes as it is.
const maxPackument = 64 << 20

// wantsTarballs recognises clients of an npm registry that fetch tarballs
// from where the metadata says, and do not write that address into a lock
// file as long as it is the registry's own. npm replaces the registry's host
// by itself; yarn 1 would write the proxy into yarn.lock.
func wantsTarballs(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	agent := r.UserAgent()
	if strings.HasPrefix(agent, "npm/") || strings.HasPrefix(agent, "yarn/0.") || strings.HasPrefix(agent, "yarn/1.") {
		return false
	}
	return strings.Contains(r.Header.Get("Accept"), "application/vnd.npm.install-v1+json") ||
		strings.HasPrefix(agent, "pnpm/") || strings.HasPrefix(agent, "yarn/") || strings.HasPrefix(agent, "bun/")
}

// responseWriter rewrites a response's header, and holds its body back where
// that may have to be rewritten too.
type responseWriter struct {
	*caddyhttp.ResponseWriterWrapper
	rewrite *rewriter
	// packument is set while the response may be package metadata.
	packument bool
	wrote     bool
	status    int
	held      bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (w *responseWriter) WriteHeader(status int) {
	w.rewrite.header(w.Header())
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		w.ResponseWriterWrapper.WriteHeader(status)
		return
	}
	if w.wrote {
		return
	}
	w.wrote = true
	w.packument = w.packument && status == http.StatusOK && isJSON(w.Header())
	if w.packument {
		w.status = status
		return
	}
	w.ResponseWriterWrapper.WriteHeader(status)
}

func isJSON(header http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && header.Get("Content-Encoding") == "" &&
		(mediaType == "application/json" || mediaType == "application/vnd.npm.install-v1+json")
}

// Write implements io.Writer.
func (w *responseWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	if !w.packument {
		return w.ResponseWriterWrapper.Write(p)
	}
	if w.held.Len()+len(p) <= maxPackument {
		return w.held.Write(p)
	}
	if err := w.release(w.held.Bytes()); err != nil {
		return 0, err
	}
	return w.ResponseWriterWrapper.Write(p)
}

// FlushError keeps a flush from sending the header before the body is known.
func (w *responseWriter) FlushError() error {
	if w.packument && w.wrote {
		return nil
	}
	return http.NewResponseController(w.ResponseWriterWrapper).Flush()
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// finish sends a body that was held back.
func (w *responseWriter) finish() error {
	if !w.packument || !w.wrote {
		return nil
	}
	body := w.held.Bytes()
	if rewritten := w.rewrite.tarballs(body); !bytes.Equal(rewritten, body) {
		body = rewritten
		header := w.Header()
		header.Set("Content-Length", strconv.Itoa(len(body)))
		for _, name := range []string{"Etag", "Last-Modified", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5"} {
			header.Del(name)
		}
	}
	return w.release(body)
}

func (w *responseWriter) release(body []byte) error {
	w.packument = false
	w.ResponseWriterWrapper.WriteHeader(w.status)
	_, err := w.ResponseWriterWrapper.Write(body)
	w.held = bytes.Buffer{}
	return err
}

// tarballMember finds "tarball": "…" outside of strings, inside of which the
// quotes would be escaped.
var tarballMember = regexp.MustCompile(`"tarball"\s*:\s*("(?:[^"\\]|\\.)*")`)

// tarballs rewrites the addresses in package metadata (npm registry API,
// package metadata, dist.tarball).
func (rw *rewriter) tarballs(body []byte) []byte {
	return tarballMember.ReplaceAllFunc(body, func(member []byte) []byte {
		start := len(member) - len(tarballMember.FindSubmatch(member)[1])
		var address string
		if err := json.Unmarshal(member[start:], &address); err != nil {
			return member
		}
		rewritten := rw.rewrite(address)
		if rewritten == address {
			return member
		}
		// A string always marshals; a URL holds nothing that HTML escaping changes but "&".
		quoted, _ := json.Marshal(rewritten)
		return append(append([]byte(nil), member[:start]...), quoted...)
	})
}
