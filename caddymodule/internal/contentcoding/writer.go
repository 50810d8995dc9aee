package contentcoding

import (
	"errors"
	"io"
	"iter"
)

// Writer decodes what is written to it and writes that to another writer, at
// once as far as the codings allow. It needs no goroutine: the decoder runs
// as a coroutine that pauses when it has used up its input.
type Writer struct {
	input []byte
	ended bool
	next  func() (error, bool)
	stop  func()
	err   error
}

var errStopped = errors.New("decoding was stopped")

// NewWriter returns a writer that undoes codings and writes to w.
func NewWriter(codings []string, w io.Writer) *Writer {
	d := new(Writer)
	d.next, d.stop = iter.Pull(func(pause func(error) bool) {
		pause(d.run(codings, w, pause))
	})
	return d
}

// run decodes until the end of the input.
func (d *Writer) run(codings []string, w io.Writer, pause func(error) bool) error {
	source := pausingReader{d, pause}
	r, err := NewReader(codings, source)
	if err != nil {
		return err
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return err
		}
	}
}

// pausingReader gives the decoder its input.
type pausingReader struct {
	d     *Writer
	pause func(error) bool
}

func (r pausingReader) Read(p []byte) (int, error) {
	for len(r.d.input) == 0 {
		if r.d.ended {
			return 0, io.EOF
		}
		if !r.pause(nil) {
			return 0, errStopped
		}
	}
	n := copy(p, r.d.input)
	r.d.input = r.d.input[n:]
	return n, nil
}

// Write implements io.Writer. What follows the end of the coded body is
// dropped.
func (d *Writer) Write(p []byte) (int, error) {
	if d.err == nil {
		d.input = p
		d.err, _ = d.next()
	}
	if d.err != nil && !errors.Is(d.err, io.EOF) {
		return 0, d.err
	}
	return len(p), nil
}

// Close ends the input. The error is io.ErrUnexpectedEOF, or another, if the
// coded body is not complete. An empty input is an empty body.
func (d *Writer) Close() error {
	defer d.stop()
	d.ended = true
	if d.err == nil {
		d.err, _ = d.next()
	}
	if errors.Is(d.err, io.EOF) {
		return nil
	}
	return d.err
}

// Stop releases the decoder before its end.
func (d *Writer) Stop() { d.stop() }
