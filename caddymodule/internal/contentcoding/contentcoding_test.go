package contentcoding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// flusher is an encoder that can be made to send all it has.
type flusher interface {
	io.WriteCloser
	Flush() error
}

var encoders = map[string]func(io.Writer) flusher{
	"gzip":    func(w io.Writer) flusher { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) flusher { return zlib.NewWriter(w) },
	"raw deflate": func(w io.Writer) flusher {
		f, _ := flate.NewWriter(w, flate.BestSpeed)
		return f
	},
	"br": func(w io.Writer) flusher { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) flusher {
		z, _ := zstd.NewWriter(w)
		return z
	},
}

func coding(encoder string) string { return strings.TrimPrefix(encoder, "raw ") }

// encode applies codings in order.
func encode(t *testing.T, content []byte, names ...string) []byte {
	t.Helper()
	for _, name := range names {
		var b bytes.Buffer
		w := encoders[name](&b)
		_, _ = w.Write(content)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		content = b.Bytes()
	}
	return content
}

var content = []byte(strings.Repeat("an event that compresses well, and one that does not: 8f1c2e\n", 3000))

// TestWriterDecodesPiecesOfAnySize fails when a coding, or codings on top of
// each other, are not undone whatever pieces arrive.
func TestWriterDecodesPiecesOfAnySize(t *testing.T) {
	for _, names := range [][]string{{"gzip"}, {"deflate"}, {"raw deflate"}, {"br"}, {"zstd"}, {"gzip", "br"}, {"zstd", "gzip", "deflate", "br"}} {
		t.Run(strings.Join(names, "+"), func(t *testing.T) {
			encoded := encode(t, content, names...)
			var codings []string
			for _, name := range names {
				codings = append(codings, coding(name))
			}
			for _, size := range []int{1, 3, 1000, len(encoded)} {
				var out bytes.Buffer
				w := NewWriter(codings, &out)
				for rest := encoded; len(rest) > 0; rest = rest[min(size, len(rest)):] {
					if _, err := w.Write(rest[:min(size, len(rest))]); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(out.Bytes(), content) {
					t.Fatalf("pieces of %d: %d bytes came out, want %d", size, out.Len(), len(content))
				}
			}
		})
	}
}

// TestWriterDoesNotHoldBackWhatWasFlushed fails when an event that the server
// flushed waits for the next one.
func TestWriterDoesNotHoldBackWhatWasFlushed(t *testing.T) {
	for name, encoder := range encoders {
		t.Run(name, func(t *testing.T) {
			var encoded, out bytes.Buffer
			enc := encoder(&encoded)
			w := NewWriter([]string{coding(name)}, &out)
			defer w.Stop()
			for range 3 {
				out.Reset()
				_, _ = io.WriteString(enc, "data: x\n\n")
				if err := enc.Flush(); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write(encoded.Next(encoded.Len())); err != nil {
					t.Fatal(err)
				}
				if got := out.String(); got != "data: x\n\n" {
					t.Fatalf("%q came out", got)
				}
			}
		})
	}
}

// TestWriterReportsACutBody fails when a body that was cut off, or is not in
// the coding, passes for a complete one.
func TestWriterReportsACutBody(t *testing.T) {
	for name := range encoders {
		encoded := encode(t, content, name)
		for what, body := range map[string][]byte{
			"cut":     encoded[:len(encoded)/2],
			"garbage": []byte("\x07this was never encoded at all, not in any coding"),
		} {
			t.Run(what+" "+name, func(t *testing.T) {
				w := NewWriter([]string{coding(name)}, io.Discard)
				_, writeErr := w.Write(body)
				if closeErr := w.Close(); writeErr == nil && closeErr == nil {
					t.Error("no error")
				}
			})
		}
	}
}

// TestWriterFindsEveryCut fails when a body that was cut off passes for a
// complete one wherever the cut is, or an empty one, as the response to HEAD
// has it, for one that was cut.
func TestWriterFindsEveryCut(t *testing.T) {
	for name := range encoders {
		encoded := encode(t, []byte("short"), name)
		for n := range len(encoded) {
			for _, codings := range [][]string{{coding(name)}, {"gzip", coding(name)}} {
				w := NewWriter(codings, io.Discard)
				_, writeErr := w.Write(encoded[:n])
				closeErr := w.Close()
				if whole := writeErr == nil && closeErr == nil; whole != (n == 0) {
					t.Errorf("%v, %d of %d bytes: %v, %v", codings, n, len(encoded), writeErr, closeErr)
				}
			}
		}
	}
}

// TestWriterLeavesNothingBehind fails when a decoder goes on existing after
// its response: one that was never used, stopped in the middle, complete, cut
// or malformed.
func TestWriterLeavesNothingBehind(t *testing.T) {
	encoded := encode(t, content, "gzip", "br")
	before := runtime.NumGoroutine()
	for range 50 {
		for _, n := range []int{0, 1, len(encoded) / 2, len(encoded)} {
			for _, end := range []func(*Writer){(*Writer).Stop, func(w *Writer) { _ = w.Close(); w.Stop() }} {
				w := NewWriter([]string{"gzip", "br"}, io.Discard)
				_, _ = w.Write(encoded[:n])
				end(w)
			}
		}
		w := NewWriter([]string{"zstd"}, io.Discard)
		_, _ = io.WriteString(w, "this was never encoded")
		w.Stop()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

// TestCodingsOfNothingEnd fails when a small body can keep a decoder busy for
// as long as it likes without a byte coming out.
func TestCodingsOfNothingEnd(t *testing.T) {
	empty := encode(t, nil, "gzip")
	bomb := encode(t, bytes.Repeat(empty, (maxIdle+1<<20)/len(empty)), "gzip")
	w := NewWriter([]string{"gzip", "gzip"}, io.Discard)
	defer w.Stop()
	if _, err := w.Write(bomb); !errors.Is(err, errIdle) {
		t.Errorf("%d bytes: %v", len(bomb), err)
	}
	// As much that decodes to something passes.
	random := make([]byte, 1<<20)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	large := encode(t, random, "gzip")
	w = NewWriter([]string{"gzip", "gzip"}, io.Discard)
	_, err := w.Write(encode(t, bytes.Repeat(large, maxIdle/len(large)+2), "gzip"))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Error(err)
	}
}

// TestOf fails when a coding is overlooked or an unknown one let through.
func TestOf(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  []string
		fails bool
	}{
		{"none", nil, nil, false},
		{"identity", []string{"identity"}, nil, false},
		{"several lines and cases", []string{"GZip, identity", " br ,zstd"}, []string{"gzip", "br", "zstd"}, false},
		{"an old name", []string{"x-gzip"}, []string{"x-gzip"}, false},
		{"an unknown one", []string{"gzip, dcb"}, nil, true},
		{"compress", []string{"compress"}, nil, true},
		{"a bomb of many", []string{strings.Repeat("gzip,", 5)}, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Of(http.Header{"Content-Encoding": test.lines})
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
