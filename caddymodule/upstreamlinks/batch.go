package upstreamlinks

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/credheader"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/lfs"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// maxBatch is the largest answer of the Git LFS API that is held, in bytes,
// before and after decompression. git-lfs asks for a hundred objects at once;
// with signed addresses that makes some 200 kB.
const maxBatch = 16 << 20

// batch is the edit of what the Git LFS API answers (docs/api/batch.md of
// git-lfs). Its addresses are rewritten as a Location is. The credentials that
// it tells git-lfs to send are removed: Gitea copies the request's own there,
// and others mint one. What then goes to a route gets its credential there,
// and what goes to another host gets none.
func (rw *rewriter) batch(r *http.Request) *bodyEdit {
	asked := isBatch(r)
	return &bodyEdit{
		limit:        maxBatch,
		asksForPlain: asked || lfs.HasMediaType(r.Header, "Accept"),
		wants: func(status int, header http.Header) bool {
			contentType := strings.ToLower(strings.Join(header["Content-Type"], ","))
			return strings.Contains(contentType, "vnd.git-lfs+json") ||
				asked && (status < http.StatusMultipleChoices || strings.Contains(contentType, "json"))
		},
		change: rw.withoutCredentials,
	}
}

// isBatch recognises a request for a transfer by its path or its media type.
func isBatch(r *http.Request) bool {
	if !strings.EqualFold(r.Method, http.MethodPost) {
		return false
	}
	if lfs.HasMediaType(r.Header, "Content-Type") || lfs.HasMediaType(r.Header, "Accept") {
		return true
	}
	t, err := target.Parse(r.URL.RequestURI())
	return err == nil && t.Has(func(path string) bool { return lfs.PlaceOf(path) == lfs.Batch })
}

func (rw *rewriter) withoutCredentials(header http.Header, body []byte) ([]byte, error) {
	if len(body) == 0 { // as for HEAD
		return body, nil
	}
	plain, err := decoded(body, header["Content-Encoding"])
	if err != nil {
		return nil, err
	}
	edited, err := editJSON(plain, func(name string, raw []byte) ([]byte, bool) {
		switch {
		case credheader.Is(name):
			return nil, false
		case strings.EqualFold(name, "href") && raw[0] == '"':
			return rw.rewriteString(raw), true
		}
		return raw, true
	})
	if err != nil {
		return nil, err
	}
	header.Del("Content-Encoding")
	return edited, nil
}

// rewriteString rewrites a JSON string that is a reference, and returns others
// as they are.
func (rw *rewriter) rewriteString(raw []byte) []byte {
	var reference string
	if err := json.Unmarshal(raw, &reference); err != nil {
		return raw
	}
	rewritten := rw.rewrite(reference)
	if rewritten == reference {
		return raw
	}
	// A string always marshals; a URL holds nothing that HTML escaping changes but "&".
	quoted, _ := json.Marshal(rewritten)
	return quoted
}

// decoded undoes the one encoding that servers use unasked (RFC 9110 §8.4.1.3).
func decoded(body []byte, encodings []string) ([]byte, error) {
	switch strings.ToLower(strings.Join(encodings, ",")) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
	default:
		return nil, errEncoded
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, errEncoded
	}
	plain, err := io.ReadAll(io.LimitReader(reader, maxBatch+1))
	switch {
	case err != nil:
		return nil, errEncoded
	case len(plain) > maxBatch:
		return nil, errTooLarge
	}
	return plain, nil
}
