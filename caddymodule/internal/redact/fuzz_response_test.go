package redact

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// codings are the content codings of a fuzz input, two bits for each.
func codings(code uint8) (names []string) {
	for range code >> 6 {
		names = append(names, []string{"gzip", "deflate", "br", "zstd"}[code&3])
		code >>= 2
	}
	return names
}

func coded(t *testing.T, body []byte, names []string) []byte {
	t.Helper()
	for _, name := range names {
		var b bytes.Buffer
		var w io.WriteCloser
		switch name {
		case "gzip":
			w = gzip.NewWriter(&b)
		case "deflate":
			w = zlib.NewWriter(&b)
		case "br":
			w = brotli.NewWriter(&b)
		case "zstd":
			w, _ = zstd.NewWriter(&b)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		body = b.Bytes()
	}
	return body
}

// FuzzResponse fails when a body that comes in up to three content codings is
// not masked as it would be without, in whatever pieces it comes, when one
// that is damaged passes for whole or shows the token, or when the token is
// left in a header.
func FuzzResponse(f *testing.F) {
	for i := range 8 {
		f.Add([]byte{0, byte(i), 0, 3, 3, 12, 'h', 'e', 'y', 1}, uint8(i*37), []byte{1, 2, 3}, uint16(0), uint8(0))
		f.Add([]byte{2, 255, 0, byte(i), 1, 2, 255, 255, 'x'}, uint8(64+i*5), []byte{255}, uint16(i*9), uint8(1+i))
	}
	forms := formsOf(f, plain)
	f.Fuzz(func(t *testing.T, code []byte, coding uint8, cuts []byte, damaged uint16, damage uint8) {
		var text strings.Builder
		for _, p := range (&program{code}).body(plain) {
			if len(p.text) > forms.longest {
				p.text = plain // longer ones are found in one piece only
			}
			text.WriteString(p.text)
		}
		names := codings(coding)
		sent := coded(t, []byte(text.String()), names)
		isDamaged := damage != 0 && int(damaged) < len(sent)
		if isDamaged {
			sent = bytes.Clone(sent)
			sent[damaged] ^= damage
		}
		recorder := httptest.NewRecorder()
		w := forms.NewResponse(recorder)
		w.Header()["Content-Encoding"] = names
		w.Header().Set("X-Echo", text.String())
		err := write(w, sent, cuts)
		w.Release()
		got := recorder.Body.String()
		want := through(forms, text.String())
		switch {
		case !isDamaged && err != nil:
			t.Fatalf("%v: %v", names, err)
		case !isDamaged && got != want:
			t.Errorf("%v: %q came out as %q, want %q", names, text.String(), got, want)
		case shows(got, plain):
			t.Errorf("%v: %q came out as %q", names, text.String(), got)
		}
		if echo := strings.Join(recorder.Result().Header["X-Echo"], ""); shows(echo, plain) {
			t.Errorf("the header %q is still %q", text.String(), echo)
		}
		if len(names) > 0 && recorder.Header().Get("Content-Encoding") != "" {
			t.Errorf("a body that was decoded is called %q", recorder.Header()["Content-Encoding"])
		}
	})
}

// write writes a body in pieces and closes the response.
func write(w *Response, body, cuts []byte) error {
	w.WriteHeader(http.StatusOK)
	for _, cut := range cuts {
		n := min(int(cut), len(body))
		if _, err := w.Write(body[:n]); err != nil {
			return err
		}
		body = body[n:]
		w.Flush()
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}

// upstreamFrames makes up what an upstream sends on a WebSocket: messages in
// fragments, with control frames between them. It returns the payloads in the
// order in which a reader sees them, and whether the token is in one, or in
// those of the messages one after another.
func upstreamFrames(p *program, longest int) (frames []byte, shown bool) {
	var data strings.Builder
	open := false
	for n := 0; len(p.rest) > 0 && n < 30; n++ {
		op := p.next()
		var payload string
		switch p.next() % 5 {
		case 0:
			if payload = p.encoded(plain); len(payload) > longest {
				payload = plain // longer ones are found in one piece only
			}
		case 1:
			payload = plain[:p.next()%len(plain)]
		case 2:
			payload = plain[p.next()%len(plain):]
		case 3:
			payload = strings.Repeat("ab ", p.next())
		default:
			payload = p.take(p.next() % 40)
		}
		first := byte(opContinuation)
		switch {
		case op%8 == 7:
			payload = payload[:min(len(payload), maxControl)]
			frames = append(frames, wsFrame(finalBit|[]byte{0x8, 0x9, 0xa}[op/8%3], payload)...)
			shown = shown || shows(payload, plain)
			continue
		case !open:
			first = byte(1 + op&1)
		}
		if open = op%3 == 0; !open {
			first |= finalBit
		}
		frames = append(frames, wsFrame(first, payload)...)
		data.WriteString(payload)
	}
	if open {
		frames = append(frames, wsFrame(finalBit|opContinuation, "")...)
	}
	return frames, shown || shows(data.String(), plain)
}

// FuzzWebSocket fails when a message without the token does not arrive as it
// was, one with it does, in whatever fragments, or what the agent gets is not
// a sequence of whole frames. Half of the inputs are bytes as they are.
func FuzzWebSocket(f *testing.F) {
	for i := range 8 {
		f.Add(false, []byte{byte(i), byte(i), 5, 6, 7, 8, 9, 3, 1, 20, 7, 4, 3, 'a', 'b', 'c', 1, 2, 20}, []byte{1, 2, byte(i * 20)})
		f.Add(false, []byte{0, 1, 20, byte(7 + 8*i), 3, 10, 1, 2, 20}, []byte{5})
		f.Add(false, []byte{1, 0, byte(i), 0, 0, 0}, []byte{})
	}
	for _, raw := range []string{wsFrame(text, "hello"), wsFrame(start, "a") + wsFrame(ping, "b") + wsFrame(last, "c"), "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffabc", "\x81\xfe", "\xc1\x00", "\x80\x00\x80\x00", "\x89\x7e\x00\x80", wsFrame(bye, "\x03\xe8")} {
		f.Add(true, []byte(raw), []byte{1, 1, 1})
	}
	forms := formsOf(f, plain)
	f.Fuzz(func(t *testing.T, raw bool, code, cuts []byte) {
		frames, shown := code, true
		if !raw {
			frames, shown = upstreamFrames(&program{code}, forms.longest)
		}
		atOnce, err := onWebSocket(forms, frames, nil)
		inPieces, errInPieces := onWebSocket(forms, frames, cuts)
		if (err == nil) != (errInPieces == nil) {
			t.Errorf("%q: at once %v, in pieces %v", frames, err, errInPieces)
		}
		data, controls := readFrames(t, atOnce)
		dataInPieces, _ := readFrames(t, inPieces)
		if shows(data, plain) || shows(dataInPieces, plain) {
			t.Errorf("%q came out as %q and %q", frames, atOnce, inPieces)
		}
		for _, control := range controls {
			if shows(control, plain) {
				t.Errorf("%q: the control frame %q came out", frames, control)
			}
		}
		if raw {
			return
		}
		if shown != (err != nil) {
			t.Errorf("%q: error %v, and the token is shown: %v", frames, err, shown)
		}
		if !shown {
			if diff := cmp.Diff(messages(t, frames), messages(t, atOnce)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", frames, diff)
			}
			if diff := cmp.Diff(messages(t, frames), messages(t, inPieces)); diff != "" {
				t.Errorf("%q in pieces (-want +got):\n%s", frames, diff)
			}
		}
	})
}

// onWebSocket returns what the agent gets.
func onWebSocket(forms *Forms, frames, cuts []byte) ([]byte, error) {
	c := new(conn)
	ws := &webSocket{Conn: c, forms: forms, stream: forms.NewStream()}
	for _, cut := range cuts {
		n := min(int(cut), len(frames))
		if _, err := ws.Write(frames[:n]); err != nil {
			return c.Bytes(), err
		}
		frames = frames[n:]
	}
	_, err := ws.Write(frames)
	return c.Bytes(), err
}

// readFrames reads whole, plain frames (RFC 6455 §5.2): the payloads of
// messages as one text, and those of control frames.
func readFrames(t *testing.T, b []byte) (data string, controls []string) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < 2 || b[0]&0x70 != 0 || b[1]&0x80 != 0 {
			t.Fatalf("no frame begins with %q", b)
		}
		n, header := uint64(b[1]), 2
		switch {
		case n == 126 && len(b) >= 4:
			n, header = uint64(binary.BigEndian.Uint16(b[2:])), 4
		case n == 127 && len(b) >= 10:
			n, header = binary.BigEndian.Uint64(b[2:]), 10
		}
		if uint64(len(b)-header) < n {
			t.Fatalf("a frame of %d bytes has %d", n, len(b)-header)
		}
		payload := string(b[header : header+int(n)])
		if b[0]&0x0f >= 0x8 {
			controls = append(controls, payload)
		} else {
			data += payload
		}
		b = b[header+int(n):]
	}
	return data, controls
}
