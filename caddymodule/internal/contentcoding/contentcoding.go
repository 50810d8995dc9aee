// Package contentcoding undoes content codings (RFC 9110 §8.4).
package contentcoding

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
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
	// maxIdle bounds how many bytes one coding may hand to the next without
	// any coming out at the end.
	maxIdle = 16 << 20
)

var errIdle = errors.New("codings of nothing")

// decoders has a constructor for each coding in IANA's registry that web
// servers use.
var decoders = map[string]func(io.Reader) (io.Reader, error){
	"gzip":    func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"x-gzip":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"deflate": inflate,
	"br":      unbrotli,
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

// Memory returns the most memory that undoing codings takes, in bytes. That of
// br and zstd is in the hands of whoever encoded the body.
func Memory(codings []string) int {
	memory := 0
	for _, coding := range codings {
		switch coding {
		case "br":
			memory += 24 << 20
		case "zstd":
			memory += 12 << 20
		default:
			memory += 64 << 10
		}
	}
	return memory
}

// NewReader returns a reader of the body before its codings were applied. It
// reads from body at once.
func NewReader(codings []string, body io.Reader) (io.Reader, error) {
	var idle int
	for i := len(codings) - 1; i >= 0; i-- {
		decoder := decoders[codings[i]]
		if decoder == nil {
			return nil, fmt.Errorf("unknown content coding %.20q", codings[i])
		}
		var err error
		if body, err = decoder(body); err != nil {
			return nil, fmt.Errorf("undoing %s: %w", codings[i], err)
		}
		body = &layer{Reader: body, idle: &idle, last: i == 0}
	}
	return body, nil
}

// layer is the output of one of several codings. A few bytes can decode to
// gigabytes of empty gzip members, which keep the next decoder busy without a
// byte to write, so that nobody finds out that the client has gone.
type layer struct {
	io.Reader
	idle *int
	last bool
}

func (l *layer) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	switch {
	case l.last && n > 0:
		*l.idle = 0
	case !l.last:
		if *l.idle += n; *l.idle > maxIdle {
			return 0, errIdle
		}
	}
	return n, err
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
	if errors.Is(err, io.EOF) && len(start) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if start[0]&0x0f == 8 && (int(start[0])<<8|int(start[1]))%31 == 0 { // RFC 1950 §2.2
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// unbrotli takes an empty input for an empty body, as the other decoders do:
// it is what the response to HEAD has.
func unbrotli(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	if _, err := buffered.Peek(1); err != nil {
		return nil, err
	}
	return brotli.NewReader(buffered), nil
}
