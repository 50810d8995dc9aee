package credinject_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// stars is what is left of the token.
var stars = strings.Repeat("*", len(testToken))

// startBefore runs a sidecar with the route /a/ in front of handler.
func startBefore(t *testing.T, options string, handler http.HandlerFunc) (address string) {
	t.Helper()
	t.Setenv("CRED_PROXY_TOKEN_0", testToken)
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	return sidecartest.Run(t, route("/a/", "/", upstream.URL, options)+noRoute)
}

// echoed returns what the upstream received as the credential.
func echoed(r *http.Request) string { return r.Header.Get("Authorization") }

// rawExchange sends a request and returns every byte of the answer.
func rawExchange(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn) // a reset is an end
	return string(answer)
}

// TestNoTokenInAnyPartOfAResponse fails when a token that the upstream echoes
// reaches the agent in any part of an answer.
func TestNoTokenInAnyPartOfAResponse(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"a body with a length", func(w http.ResponseWriter, r *http.Request) {
			body := `{"auth":"` + echoed(r) + `"}`
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = io.WriteString(w, body)
		}, `{"auth":"Bearer ` + stars + `"}`},
		{"a chunked body that ends in the token", func(w http.ResponseWriter, r *http.Request) {
			for _, c := range []byte(echoed(r)) {
				_, _ = w.Write([]byte{c})
				_ = http.NewResponseController(w).Flush()
			}
		}, ""},
		{"header fields", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Echo", "a "+echoed(r)+" b")
			w.Header().Add("Set-Cookie", "t="+base64.StdEncoding.EncodeToString([]byte(echoed(r))))
			w.Header().Set("X-"+testToken, "1")
		}, "X-Echo: a Bearer " + stars + " b"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/?t="+strings.TrimPrefix(echoed(r), "Bearer "))
			w.WriteHeader(http.StatusFound)
		}, "Location: https://elsewhere.example/?t=" + stars},
		{"an error page", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "bad credential "+echoed(r), http.StatusInternalServerError)
		}, "bad credential Bearer " + stars},
		{"an informational response", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "<https://x.example/?"+echoed(r)+">; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Link")
			_, _ = io.WriteString(w, "done")
		}, "103 Early Hints"},
		{"announced trailers", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-Late")
			_, _ = io.WriteString(w, "body")
			w.Header().Set("X-Late", echoed(r))
		}, "X-Late: Bearer " + stars},
		{"trailers nobody announced", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "body")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set(http.TrailerPrefix+"X-Late", echoed(r))
		}, "X-Late: Bearer " + stars},
		{"a malformed status line", func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 "+echoed(r)+"\r\n\r\n")
			_ = conn.Close()
		}, "upstream_unreachable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address := startBefore(t, "", test.handler)
			answer := rawExchange(t, address, get("/a/x"))
			if !strings.Contains(answer, test.want) {
				t.Errorf("the answer lacks %q:\n%s", test.want, answer)
			}
			refuseToken(t, answer)
		})
	}
}

// refuseToken fails when an answer holds the token, also if its chunks are
// joined or its case is ignored.
func refuseToken(t *testing.T, answer string) {
	t.Helper()
	joined := answer
	if response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil); err == nil {
		body, _ := io.ReadAll(response.Body)
		joined += string(body)
	}
	for _, form := range []string{testToken, base64.StdEncoding.EncodeToString([]byte("Bearer " + testToken))[8:40]} {
		if strings.Contains(strings.ToLower(joined), strings.ToLower(form)) {
			t.Errorf("the token is in the answer:\n%s", answer)
		}
	}
}

var encoders = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w)
		return z
	},
}

func encodeAs(content []byte, codings ...string) []byte {
	for _, coding := range codings {
		var b bytes.Buffer
		w := encoders[coding](&b)
		_, _ = w.Write(content)
		_ = w.Close()
		content = b.Bytes()
	}
	return content
}

// TestCodedBodiesAreDecoded fails when the token hides in a content coding
// that the upstream uses although it was asked not to, or when the response
// still describes the coded body.
func TestCodedBodiesAreDecoded(t *testing.T) {
	for _, codings := range [][]string{{"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"gzip", "br"}, {"zstd", "deflate", "gzip"}} {
		t.Run(strings.Join(codings, ", "), func(t *testing.T) {
			address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "identity" {
					t.Errorf("Accept-Encoding is %q", got)
				}
				body := encodeAs([]byte(strings.Repeat("padding ", 9000)+echoed(r)+"."), codings...)
				w.Header().Set("Content-Encoding", strings.Join(codings, ", "))
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				for _, name := range []string{"ETag", "Digest", "Content-Digest", "Repr-Digest", "Content-MD5"} {
					w.Header().Set(name, `"of the coded body"`)
				}
				_, _ = w.Write(body)
			})
			response := sidecartest.Raw(t, address, get("/a/x", "Accept-Encoding: gzip, br"))
			if want := strings.Repeat("padding ", 9000) + "Bearer " + stars + "."; response.Body != want {
				t.Errorf("the body is %.40q… of %d bytes, want %d", response.Body, len(response.Body), len(want))
			}
			for _, name := range []string{"Content-Encoding", "Etag", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5"} {
				if got := response.Header.Get(name); got != "" {
					t.Errorf("%s is %q", name, got)
				}
			}
		})
	}
}

// TestUndecodableBodiesAreRefused fails when a body passes in which nobody
// can look for the token, or one that was cut looks complete.
func TestUndecodableBodiesAreRefused(t *testing.T) {
	for _, coding := range []string{"compress", "dcb", "aes128gcm", "gzip, exi", strings.Repeat("gzip, ", 9) + "gzip"} {
		t.Run(coding, func(t *testing.T) {
			address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				_, _ = io.WriteString(w, echoed(r))
			})
			response := sidecartest.Raw(t, address, get("/a/x"))
			if response.Status != http.StatusBadGateway || response.Header.Get("Cred-Proxy-Error") != "upstream_unreachable" || response.Header.Get("Content-Encoding") != "" {
				t.Errorf("got %d %v %s", response.Status, response.Header, response.Body)
			}
		})
	}
	t.Run("a cut body", func(t *testing.T) {
		body := encodeAs(bytes.Repeat([]byte("x"), 100_000), "gzip")
		address := startBefore(t, "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(body[:len(body)-20])
		})
		answer := rawExchange(t, address, get("/a/x"))
		if strings.HasSuffix(answer, "0\r\n\r\n") {
			t.Error("the body ends as if it were complete")
		}
	})
}

// TestRedactionLeavesTheRestAlone fails when a body without the token is
// changed, loses its length or validators, or HEAD and 304 break.
func TestRedactionLeavesTheRestAlone(t *testing.T) {
	binary := make([]byte, 200_000)
	for i := range binary {
		binary[i] = byte(i * i >> 3)
	}
	address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if got := r.Header.Get("Range") + r.Header.Get("If-Range"); got != "" {
			t.Errorf("a range was asked for: %s", got)
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(binary)))
		_, _ = w.Write(binary)
	})
	response := sidecartest.Raw(t, address, get("/a/x", "Range: bytes=5-9", `If-Range: "e"`))
	if response.Body != string(binary) || response.Header.Get("ETag") != `"e"` || response.Header.Get("Content-Length") != fmt.Sprint(len(binary)) {
		t.Errorf("%d bytes with %v", len(response.Body), response.Header)
	}
	head := sidecartest.Raw(t, address, strings.Replace(get("/a/x"), "GET", "HEAD", 1))
	if diff := cmp.Diff(fmt.Sprint(len(binary)), head.Header.Get("Content-Length")); diff != "" {
		t.Errorf("HEAD (-want +got):\n%s", diff)
	}
	if response := sidecartest.Raw(t, address, get("/a/x", `If-None-Match: "e"`)); response.Status != http.StatusNotModified || response.Header.Get("ETag") != `"e"` {
		t.Errorf("got %d %v", response.Status, response.Header)
	}
}

// TestRedactOff fails when `redact off` still changes responses or what is
// asked for.
func TestRedactOff(t *testing.T) {
	address := startBefore(t, "redact off", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, echoed(r)+" "+r.Header.Get("Range")+" "+r.Header.Get("Accept-Encoding"))
	})
	response := sidecartest.Raw(t, address, get("/a/x", "Range: bytes=0-9", "Accept-Encoding: gzip"))
	if want := "Bearer " + testToken + " bytes=0-9 gzip"; response.Body != want {
		t.Errorf("got %q, want %q", response.Body, want)
	}
}
