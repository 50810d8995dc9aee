// Package contentcoding undoes content codings (RFC 9110 §8.4).
package contentcoding

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxCodings bounds how many codings may be stacked.
	maxCodings = 4
	// maxWindow bounds the memory of a zstd decoder, in bytes (RFC 9659 §3).
	maxWindow = 8 << 20
)

// decoders has a constructor for each coding in IANA's registry that web
// servers use.
var decoders = map[string]func(io.Reader) (io.Reader, error){
	"gzip":    func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"x-gzip":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"deflate": inflate,
	"br":      func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	"zstd": func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	},
}

// Of returns the codings of a body in the order in which they were applied,
// in lower case and without identity. The error names a coding that cannot be
// undone.
func Of(header http.Header) ([]string, error) {
	var codings []string
	for _, line := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			coding = strings.ToLower(strings.TrimSpace(coding))
			if coding == "" || coding == "identity" {
				continue
			}
			if decoders[coding] == nil {
				return nil, fmt.Errorf("unknown content coding %.20q", coding)
			}
			codings = append(codings, coding)
		}
	}
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("more than %d content codings", maxCodings)
	}
	return codings, nil
}

// NewReader returns a reader of the body before its codings were applied. It
// reads from body at once.
func NewReader(codings []string, body io.Reader) (io.Reader, error) {
	for i := len(codings) - 1; i >= 0; i-- {
		decoder := decoders[codings[i]]
		if decoder == nil {
			return nil, fmt.Errorf("unknown content coding %.20q", codings[i])
		}
		var err error
		if body, err = decoder(body); err != nil {
			return nil, fmt.Errorf("undoing %s: %w", codings[i], err)
		}
	}
	return body, nil
}

// Strip removes the header fields that describe a body as it was coded.
func Strip(header http.Header) {
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "Accept-Ranges"} {
		header.Del(name)
	}
}

// inflate reads "deflate", which is zlib's format (RFC 9110 §8.4.1.2), and
// DEFLATE alone, which some servers send by that name.
func inflate(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(2)
	if err != nil {
		return nil, err
	}
	if start[0]&0x0f == 8 && (int(start[0])<<8|int(start[1]))%31 == 0 { // RFC 1950 §2.2
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}
