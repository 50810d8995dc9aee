package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answer is a response read to its end.
type answer struct {
	Status  int
	Proto   string
	Header  http.Header
	Trailer http.Header
	Body    string
}

// dial opens a connection to the sidecar that gives up after 20 s.
func (s *sidecar) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// raw sends bytes as they are and reads one response. AGENT stands for the
// agent token.
func (s *sidecar) raw(t *testing.T, request string) answer {
	t.Helper()
	conn := s.dial(t)
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "AGENT", s.Token)); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("reading the response to %q: %v", request, err)
	}
	defer resp.Body.Close()
	s.Seen.response(resp)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body of the response to %q: %v", request, err)
	}
	return answer{resp.StatusCode, resp.Proto, resp.Header, resp.Trailer, string(body)}
}
