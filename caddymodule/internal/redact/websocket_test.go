package redact

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// conn records what is written to the agent.
type conn struct {
	net.Conn
	bytes.Buffer
	closed bool
}

func (c *conn) Write(p []byte) (int, error) { return c.Buffer.Write(p) }
func (c *conn) Read(p []byte) (int, error)  { return c.Buffer.Read(p) }
func (c *conn) Close() error                { c.closed = true; return nil }

// wsFrame builds an unmasked frame.
func wsFrame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return string(b) + payload
}

const (
	text  = 0x81 // the only frame of a text message
	start = 0x01 // its first
	more  = 0x00 // one between
	last  = 0x80 // its last
	ping  = 0x89
	bye   = 0x88
)

// messages reads frames back and joins those of a message; a control frame is
// one by itself, marked with its opcode.
func messages(t *testing.T, b []byte) (got []string) {
	t.Helper()
	var message string
	for len(b) > 0 {
		first, n, header := b[0], uint64(b[1]), 2
		switch n {
		case 126:
			n, header = uint64(binary.BigEndian.Uint16(b[2:])), 4
		case 127:
			n, header = binary.BigEndian.Uint64(b[2:]), 10
		}
		payload := string(b[header : header+int(n)])
		b = b[header+int(n):]
		switch {
		case first&0x0f >= opClose:
			got = append(got, string('0'+rune(first&0x0f))+":"+payload)
		case first&finalBit == 0:
			message += payload
		default:
			got, message = append(got, message+payload), ""
		}
	}
	if message != "" {
		got = append(got, message+"…")
	}
	return got
}

// TestFramesPassAndTokensDoNot fails when a message without the token does
// not arrive whole, or one with it does, however it is cut into frames.
func TestFramesPassAndTokensDoNot(t *testing.T) {
	half := len(plain) / 2
	big := strings.Repeat("no token here. ", 20_000)
	refused := "8:\x03\xf0"
	tests := []struct {
		name, frames string
		want         []string
		err          error
	}{
		{"a message", wsFrame(text, "hello"), []string{"hello"}, nil},
		{"an empty message", wsFrame(text, "") + wsFrame(text, "x"), []string{"", "x"}, nil},
		{"fragments", wsFrame(start, "hel") + wsFrame(more, "lo ") + wsFrame(last, "you"), []string{"hello you"}, nil},
		{"an empty last fragment", wsFrame(start, "hello") + wsFrame(last, ""), []string{"hello"}, nil},
		{"a ping between fragments", wsFrame(start, "hello ") + wsFrame(ping, "p") + wsFrame(last, "you"), []string{"9:p", "hello you"}, nil},
		{"a long message", wsFrame(text, big), []string{big}, nil},
		{"two long ones", wsFrame(text, big[:70_000]) + wsFrame(text, big), []string{big[:70_000], big}, nil},
		{"a close", wsFrame(bye, "\x03\xe8done"), []string{"8:\x03\xe8done"}, nil},
		{"all but the token's last byte", wsFrame(text, plain[:len(plain)-1]) + wsFrame(text, " "), []string{plain[:len(plain)-1], " "}, nil},
		{"the token", wsFrame(text, "a "+plain+" b"), []string{refused}, ErrShown},
		{"the token in the second message", wsFrame(text, "fine") + wsFrame(text, plain), []string{"fine", refused}, ErrShown},
		{"the token in two fragments", wsFrame(start, plain[:half]) + wsFrame(last, plain[half:]), []string{refused}, ErrShown},
		{"the token in two fragments around a ping", wsFrame(start, "x "+plain[:half]) + wsFrame(ping, "") + wsFrame(last, plain[half:]), []string{"9:", refused, "x …"}, ErrShown},
		{"the token in two messages", wsFrame(text, plain[:half]) + wsFrame(text, plain[half:]), []string{plain[:half], refused}, ErrShown},
		{"the token in a ping", wsFrame(ping, plain), []string{refused}, ErrShown},
		{"the token in a close reason", wsFrame(bye, "\x03\xe8"+plain), []string{refused}, ErrShown},
		{"the token in Base64", wsFrame(text, spellings(plain)["Base64 of user and token"]), []string{refused}, ErrShown},
		{"a compressed frame", wsFrame(text|0x40, "x"), []string{refused}, errFrame},
		{"a masked frame", "\x81\x81abcd?", []string{refused}, errFrame},
		{"a long ping", wsFrame(ping, strings.Repeat("x", 126)), []string{refused}, errFrame},
		{"a ping in fragments", wsFrame(0x09, "x"), []string{refused}, errFrame},
	}
	for _, test := range tests {
		for _, size := range []int{1, 3, 1000, 1 << 20} {
			t.Run(test.name, func(t *testing.T) {
				forms := formsOf(t, plain)
				c := new(conn)
				ws := &webSocket{Conn: c, forms: forms, stream: forms.NewStream()}
				var err error
				for rest := []byte(test.frames); len(rest) > 0 && err == nil; rest = rest[min(size, len(rest)):] {
					_, err = ws.Write(rest[:min(size, len(rest))])
				}
				if !errors.Is(err, test.err) || c.closed != (test.err != nil) {
					t.Fatalf("error %v, closed %v", err, c.closed)
				}
				if err != nil {
					if _, again := ws.Write([]byte(wsFrame(text, "late"))); again == nil {
						t.Error("more goes out after the end")
					}
				}
				got := messages(t, c.Bytes())
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("pieces of %d (-want +got):\n%.500s", size, diff)
				}
			})
		}
	}
}
