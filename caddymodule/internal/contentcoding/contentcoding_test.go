package contentcoding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
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
	w := NewWriter([]string{"gzip"}, io.Discard)
	if err := w.Close(); err != nil {
		t.Errorf("an empty body: %v", err)
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
