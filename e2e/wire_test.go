package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// wire is an upstream of plain HTTP/1.1 that keeps each byte it receives, and
// that knows one way to frame a request: the one that all servers share. What
// leaves a doubt is recorded as a complaint, and ends the connection.
type wire struct {
	// URL is http://127.0.0.1:<port>, Address its host and port.
	URL, Address string
	// respond writes the answer and reports whether the connection stays open;
	// nil: says which request it answers.
	respond func(conn net.Conn, r wireRequest) bool

	mu    sync.Mutex
	conns int
	// reading counts the requests that have begun and not ended.
	reading  int
	bytes    bytes.Buffer
	requests []wireRequest
}

// wireRequest is a request as it arrived.
type wireRequest struct {
	// Conn numbers the connection.
	Conn int
	// Line and Header are the lines as they were, without their CR LF.
	Line   string
	Header []string
	// Body is what the framing holds.
	Body string
	// Complaint says why the request cannot be framed, or where it ends too
	// early.
	Complaint string
}

// newWire starts a recording upstream.
func newWire(t *testing.T, respond func(net.Conn, wireRequest) bool) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{Address: l.Addr().String(), URL: "http://" + l.Addr().String(), respond: respond}
	if respond == nil {
		w.respond = sayWhichRequest
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(conn)
		}
	}()
	return w
}

// sayWhichRequest answers with the target, so that nobody takes the answer for
// another request's.
func sayWhichRequest(conn net.Conn, r wireRequest) bool {
	body := "answer to " + r.Line + "\n"
	length := strconv.Itoa(len(body))
	if strings.HasPrefix(r.Line, "HEAD ") {
		body = ""
	}
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+length+"\r\n\r\n"+body)
	return err == nil
}

// Write implements io.Writer: it keeps what connections bring.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes.Write(p)
}

// serve reads requests until one is in doubt.
func (w *wire) serve(conn net.Conn) {
	defer conn.Close()
	w.mu.Lock()
	number := w.conns
	w.conns++
	w.mu.Unlock()
	reader := bufio.NewReaderSize(io.TeeReader(conn, w), 1<<16)
	for {
		if _, err := reader.Peek(1); err != nil {
			return
		}
		w.count(1)
		r := readWireRequest(reader, func() { _, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n") })
		r.Conn = number
		w.mu.Lock()
		w.requests = append(w.requests, r)
		w.reading--
		w.mu.Unlock()
		if r.Complaint != "" {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			return
		}
		if !w.respond(conn, r) {
			return
		}
	}
}

func (w *wire) count(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading += n
}

// settle waits for the requests that were begun to end.
func (w *wire) settle(t *testing.T) {
	t.Helper()
	eventually(t, "the upstream's last request to end", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.reading == 0
	})
}

// take returns what was recorded since the last call.
func (w *wire) take() (requests []wireRequest, received string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	requests, received = w.requests, w.bytes.String()
	w.requests = nil
	w.bytes.Reset()
	return requests, received
}

var (
	wireLine   = regexp.MustCompile(`^[!#$%&'*+.^_\x60|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP/1\.1$`)
	wireHeader = regexp.MustCompile(`^[!#$%&'*+.^\x60|~0-9A-Za-z-]+: ?([^\x00-\x20\x7f]([^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)?$`)
)

// readWireRequest reads one request; proceed is called if it waits for leave
// to send its body.
func readWireRequest(reader *bufio.Reader, proceed func()) (r wireRequest) {
	var err error
	if r.Line, err = readWireLine(reader); err != nil || !wireLine.MatchString(r.Line) {
		r.Complaint = fmt.Sprintf("the request line is %q: %v", r.Line, err)
		return r
	}
	for {
		line, err := readWireLine(reader)
		switch {
		case err != nil || line != "" && !wireHeader.MatchString(line):
			r.Complaint = fmt.Sprintf("a header line is %q: %v", line, err)
			return r
		case line != "":
			r.Header = append(r.Header, line)
			continue
		}
		break
	}
	if len(r.values("Expect")) > 0 {
		proceed()
	}
	if r.Body, err = readWireBody(reader, r); err != nil {
		r.Complaint = err.Error()
	}
	return r
}

// readWireLine reads a line that ends in CR LF and has no other of them.
func readWireLine(reader *bufio.Reader) (string, error) {
	line, err := reader.ReadString('\n')
	if err != nil {
		return line, err
	}
	content, found := strings.CutSuffix(line, "\r\n")
	if !found || strings.ContainsAny(content, "\r\n\x00") {
		return line, errors.New("a line with a bare CR, LF or NUL")
	}
	return content, nil
}

var (
	wireLength = regexp.MustCompile(`^(0|[1-9][0-9]{0,18})$`)
	wireChunk  = regexp.MustCompile(`^[1-9a-fA-F][0-9a-fA-F]{0,7}$`)
)

// readWireBody reads what the header announces.
func readWireBody(reader *bufio.Reader, r wireRequest) (string, error) {
	lengths, codings := r.values("Content-Length"), r.values("Transfer-Encoding")
	switch {
	case len(lengths)+len(codings) == 0:
		return "", nil
	case len(lengths)+len(codings) > 1:
		return "", fmt.Errorf("framed twice: lengths %q, transfer codings %q", lengths, codings)
	case len(codings) == 1 && codings[0] == "chunked":
		return readWireChunks(reader)
	case len(lengths) == 1 && wireLength.MatchString(lengths[0]):
		n, _ := strconv.ParseInt(lengths[0], 10, 64)
		var body strings.Builder
		if _, err := io.CopyN(&body, reader, n); err != nil {
			return body.String(), errors.New("the body ends before its length")
		}
		return body.String(), nil
	}
	return "", fmt.Errorf("framed oddly: lengths %q, transfer codings %q", lengths, codings)
}

var errNotEmpty = errors.New("and not an empty line")

// readWireChunks reads chunks without extensions, and no trailers.
func readWireChunks(reader *bufio.Reader) (string, error) {
	var body strings.Builder
	for {
		size, err := readWireLine(reader)
		if err != nil {
			return body.String(), errors.New("the body ends before its last chunk")
		}
		if size == "0" {
			break
		}
		if !wireChunk.MatchString(size) {
			return body.String(), fmt.Errorf("a chunk's size is %q", size)
		}
		n, _ := strconv.ParseInt(size, 16, 64)
		if _, err := io.CopyN(&body, reader, n); err != nil {
			return body.String(), errors.New("the body ends within a chunk")
		}
		if end, err := readWireLine(reader); err != nil || end != "" {
			return body.String(), fmt.Errorf("after a chunk there is %q, %w", end, cmp.Or(err, errNotEmpty))
		}
	}
	if end, err := readWireLine(reader); err != nil || end != "" {
		return body.String(), fmt.Errorf("after the last chunk there is %q, %w", end, cmp.Or(err, errNotEmpty))
	}
	return body.String(), nil
}

// values returns the values of a header, in whatever case it was sent.
func (r wireRequest) values(name string) (values []string) {
	for _, line := range r.Header {
		if got, value, _ := strings.Cut(line, ":"); strings.EqualFold(got, name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// without returns the request as text: its line without the version, the
// header lines but for those given, and the body after an empty line. How much
// came of a body that is not whole is a matter of chance.
func (r wireRequest) without(lines ...string) string {
	text := strings.TrimSuffix(r.Line, " HTTP/1.1")
	for _, line := range r.Header {
		if !slices.Contains(lines, line) {
			text += "\n" + line
		}
	}
	if r.Body != "" && r.Complaint == "" {
		text += "\n\n" + r.Body
	}
	if r.Complaint != "" {
		text += "\n(" + r.Complaint + ")"
	}
	return text
}
