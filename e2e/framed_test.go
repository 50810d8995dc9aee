package e2e

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	credproxy "github.com/bot-bottle/cred-proxy"
)

// framing is an HTTPS upstream that speaks HTTP/2 frame by frame, so that it
// can do what no library lets it do. Everything is recorded.
type framing struct {
	recorder
	// URL is https://127.0.0.1:<port>.
	URL string
	// Connections counts those over which a request came.
	Connections atomic.Int64

	// play is under the recorder's lock.
	play func(*stream)
}

// stream is a request that came over HTTP/2, to be answered.
type stream struct {
	*http2.Framer
	ID   uint32
	Name string // the request's id
	conn net.Conn
}

func newFraming(t *testing.T) *framing {
	t.Helper()
	u := &framing{}
	config := &tls.Config{Certificates: []tls.Certificate{authority.leaf(t)}, NextProtos: []string{"h2"}}
	u.URL = rawServer(t, func(conn net.Conn) { u.serve(tls.Server(conn, config)) })
	return u
}

// upSpeakingHTTP2 starts a bottle whose sidecar may speak HTTP/2 to upstreams, which
// the built-in template keeps it from, so that an operator's template may
// allow it.
func upSpeakingHTTP2(t *testing.T, bottleFile string, tokens map[string]string) *sidecar {
	t.Helper()
	const only = "versions 1.1\n"
	if n := strings.Count(credproxy.CaddyfileTemplate, only); n != 1 {
		t.Fatalf("the built-in template has %q %d times, so this test's own is not what it should be", only, n)
	}
	template := filepath.Join(t.TempDir(), "Caddyfile.tmpl")
	writeFile(t, template, strings.Replace(credproxy.CaddyfileTemplate, only, "", 1))
	return up(t, bottleFile+"caddyfile: {template: \""+template+"\"}\n", tokens)
}

// set sets what requests are answered with, those for /ok aside.
func (u *framing) set(play func(*stream)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.play = play
}

func (u *framing) serve(conn net.Conn) {
	defer conn.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.AllowIllegalWrites = true
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	pending := make(map[uint32]received)
	for first := true; ; {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		ended := false
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			pending[f.StreamID], ended = requestOf(f), f.StreamEnded()
		case *http2.DataFrame:
			r := pending[f.StreamID]
			r.Body += string(f.Data())
			pending[f.StreamID], ended = r, f.StreamEnded()
		}
		if !ended {
			continue
		}
		if first {
			u.Connections.Add(1)
			first = false
		}
		id := frame.Header().StreamID
		r := pending[id]
		delete(pending, id)
		u.answer(&stream{framer, id, "", conn}, r)
	}
}

func requestOf(f *http2.MetaHeadersFrame) received {
	r := received{
		Proto: "HTTP/2.0", Method: f.PseudoValue("method"), Target: f.PseudoValue("path"), Host: f.PseudoValue("authority"), Header: http.Header{},
	}
	for _, field := range f.RegularFields() {
		r.Header.Add(field.Name, field.Value)
	}
	return r
}

func (u *framing) answer(s *stream, r received) {
	u.record(r)
	u.mu.Lock()
	play := u.play
	u.mu.Unlock()
	path, id, _ := bytes.Cut([]byte(r.Target), []byte("?id="))
	s.Name = string(id)
	if string(path) == "/ok" || play == nil {
		play = (*stream).whole
	}
	play(s)
}

// whole answers as one should.
func (s *stream) whole() { s.head(false, ":status", "200"); s.data(true, "answer to "+s.Name) }

// head sends a header of names and values.
func (s *stream) head(end bool, fields ...string) {
	_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.ID, BlockFragment: block(fields...), EndStream: end, EndHeaders: true})
}

func (s *stream) data(end bool, body string) { _ = s.WriteData(s.ID, end, []byte(body)) }

func block(fields ...string) []byte {
	var b bytes.Buffer
	encoder := hpack.NewEncoder(&b)
	encoder.SetMaxDynamicTableSize(0) // blocks may get lost
	for i := 0; i < len(fields); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return b.Bytes()
}

// raw sends a frame of any type.
func (s *stream) raw(kind http2.FrameType, flags http2.Flags, id uint32, format string, values ...any) {
	_ = s.WriteRawFrame(kind, flags, id, fmt.Appendf(nil, format, values...))
}
