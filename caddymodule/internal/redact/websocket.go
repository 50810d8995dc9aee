package redact

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
)

// ErrShown ends a WebSocket in which the upstream showed the token.
var ErrShown = errors.New("the upstream showed the token in a message")

var errFrame = errors.New("malformed WebSocket frame")

// webSocket is the agent's side of a WebSocket without extensions. Frames of
// the upstream (RFC 6455 §5.2) go out once they are complete, those of more
// than maxFrame bytes in several; a token in a message closes the connection.
type webSocket struct {
	net.Conn
	forms  *Forms
	stream *Stream

	mu      sync.Mutex
	reading bool
	header  []byte // of the next frame, as far as it came
	frame   frame
	// control is the payload of a control frame, which may stand between the
	// frames of a message. message is what goes out with the next frame of
	// one, and opcode that frame's.
	control, message []byte
	opcode           byte
	broken           error
}

// frame is the frame whose payload is being read; left bytes are to come.
type frame struct {
	final  bool
	opcode byte
	left   uint64
}

func (f frame) isControl() bool { return f.opcode >= opClose }

const (
	// maxFrame is how much of a payload is collected before it goes out, in
	// bytes.
	maxFrame = 64 << 10
	// maxControl is the longest payload of a control frame (RFC 6455 §5.5).
	maxControl = 125

	opContinuation = 0x0
	opClose        = 0x8
	finalBit       = 0x80
	reservedBits   = 0x70
	maskBit        = 0x80
)

// policyViolation is a close frame with status 1008 (RFC 6455 §7.4.1).
var policyViolation = []byte{finalBit | opClose, 2, 1008 >> 8, 1008 & 0xff}

// Write implements io.Writer for the upstream's bytes.
func (ws *webSocket) Write(p []byte) (int, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.broken != nil {
		return 0, ws.broken
	}
	for rest := p; len(rest) > 0 && ws.broken == nil; {
		var n int
		if n, ws.broken = ws.read(rest); ws.broken == nil && ws.reading && ws.frame.left == 0 {
			ws.reading = false
			ws.broken = ws.endFrame()
		}
		rest = rest[n:]
	}
	if ws.broken == nil {
		return len(p), nil
	}
	if errors.Is(ws.broken, ErrShown) || errors.Is(ws.broken, errFrame) {
		_, _ = ws.Conn.Write(policyViolation)
		_ = ws.Close()
	}
	return 0, ws.broken
}

// read takes some bytes of a header or of a payload.
func (ws *webSocket) read(p []byte) (n int, err error) {
	if !ws.reading {
		ws.header = append(ws.header, p[0])
		return 1, ws.readHeader()
	}
	n = int(min(uint64(len(p)), ws.frame.left)) //nolint:gosec // no more than len(p)
	ws.frame.left -= uint64(n)                  //nolint:gosec // not negative
	if ws.frame.isControl() {
		ws.control = append(ws.control, p[:n]...)
		return n, nil
	}
	ws.message = append(ws.message, ws.stream.Next(p[:n])...)
	switch {
	case ws.stream.Found():
		return n, ErrShown
	case len(ws.message) >= maxFrame:
		return n, ws.send(false)
	}
	return n, nil
}

// readHeader sets up the frame when all bytes of its header are there.
func (ws *webSocket) readHeader() error {
	h := ws.header
	if len(h) < 2 {
		return nil
	}
	// No extension was agreed on, and servers do not mask (RFC 6455 §5.1).
	if h[0]&reservedBits != 0 || h[1]&maskBit != 0 {
		return errFrame
	}
	length := uint64(h[1])
	switch {
	case length == 126 && len(h) < 4, length == 127 && len(h) < 10:
		return nil
	case length == 126:
		length = uint64(binary.BigEndian.Uint16(h[2:]))
	case length == 127:
		length = binary.BigEndian.Uint64(h[2:])
	}
	ws.frame = frame{final: h[0]&finalBit != 0, opcode: h[0] & 0x0f, left: length}
	ws.reading, ws.header = true, ws.header[:0]
	switch {
	case ws.frame.isControl() && (!ws.frame.final || length > maxControl):
		return errFrame
	case !ws.frame.isControl() && ws.frame.opcode != opContinuation:
		ws.opcode = ws.frame.opcode
	}
	return nil
}

// endFrame sends on what a complete frame brought. The end of a message is
// seen by its reader, so nothing is held back there.
func (ws *webSocket) endFrame() error {
	if ws.frame.isControl() {
		control := ws.control
		ws.control = nil
		if _, found := ws.forms.Mask(string(control)); found {
			return ErrShown
		}
		return ws.write(finalBit|ws.frame.opcode, control)
	}
	if ws.frame.final {
		ws.message = append(ws.message, ws.stream.Boundary()...)
	}
	if ws.frame.final || len(ws.message) > 0 {
		return ws.send(ws.frame.final)
	}
	return nil
}

// send sends the message so far as one frame. An intermediary may change the
// frames of a message (RFC 6455 §5.4).
func (ws *webSocket) send(final bool) error {
	first := ws.opcode
	if final {
		first |= finalBit
	}
	err := ws.write(first, ws.message)
	ws.opcode, ws.message = opContinuation, ws.message[:0]
	return err
}

func (ws *webSocket) write(first byte, payload []byte) error {
	frame := make([]byte, 0, 10+len(payload))
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, first, byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, first, 126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, first, 127), uint64(n))
	}
	_, err := ws.Conn.Write(append(frame, payload...))
	return err
}
