package upstreamlinks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/budget"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/contentcoding"
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
	place := placeOf(r)
	return &bodyEdit{
		limit:        maxBatch,
		asksForPlain: place != lfs.Elsewhere || lfs.HasMediaType(r.Header, "Accept"),
		wants: func(status int, header http.Header) bool {
			contentType := strings.ToLower(strings.Join(header["Content-Type"], ","))
			return strings.Contains(contentType, "vnd.git-lfs+json") ||
				place != lfs.Elsewhere && strings.Contains(contentType, "json") ||
				place == lfs.Batch && status < http.StatusMultipleChoices
		},
		change: rw.withoutCredentials,
	}
}

// placeOf recognises a batch, and other requests that are answered with
// addresses, by path or media type. Only POST is: what GET gets may be an
// object that is JSON itself.
func placeOf(r *http.Request) lfs.Place {
	if !strings.EqualFold(r.Method, http.MethodPost) {
		return lfs.Elsewhere
	}
	t, _ := target.Parse(r.URL.RequestURI()) // after an error it has the readings up to that
	place := lfs.Of(t)
	if place == lfs.Elsewhere && (lfs.HasMediaType(r.Header, "Content-Type") || lfs.HasMediaType(r.Header, "Accept")) {
		place = lfs.Batch
	}
	return place
}

func (rw *rewriter) withoutCredentials(hold *budget.Hold, header http.Header, body []byte) ([][]byte, error) {
	if len(body) == 0 { // as for HEAD
		return nil, nil
	}
	var unpacked budget.Buffer
	defer unpacked.Release()
	plain, err := decoded(&unpacked, header, body)
	if err != nil {
		return nil, err
	}
	// Addresses that are rewritten may become longer than they were.
	if err := hold.Take(2 * len(plain)); err != nil {
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
	if bytes.Equal(edited, body) {
		return nil, nil
	}
	return [][]byte{edited}, nil
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

// decoded undoes an encoding that was used unasked. The result is body itself
// or in the buffer.
func decoded(into *budget.Buffer, header http.Header, body []byte) ([]byte, error) {
	codings, err := contentcoding.Of(header)
	if err != nil {
		return nil, errEncoded
	}
	if len(codings) == 0 {
		return body, nil
	}
	if err := into.Take(contentcoding.Memory(codings)); err != nil {
		return nil, err
	}
	reader, err := contentcoding.NewReader(codings, bytes.NewReader(body))
	if err != nil {
		return nil, errEncoded
	}
	for {
		room, err := into.Room(maxBatch + 1)
		if err != nil {
			return nil, err
		}
		n, err := reader.Read(room)
		into.Extend(n)
		switch {
		case len(into.Bytes()) > maxBatch:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return into.Bytes(), nil
		case err != nil:
			return nil, errEncoded
		}
	}
}
