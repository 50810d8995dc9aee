package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// transcript collects what came out of commands and connections.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String returns all of it.
func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *transcript) result(r result) result {
	fmt.Fprintf(s, "%s\n%s\n", r.Stdout, r.Stderr)
	return r
}

// response records the header, and the body as it is read.
func (s *transcript) response(resp *http.Response) {
	fmt.Fprintf(s, "%s %v\n", resp.Status, resp.Header)
	body := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, s), body}
}
