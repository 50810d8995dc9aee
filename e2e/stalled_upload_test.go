package e2e

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// If this fails, an agent that waits in the middle of an upload, as one does
// that sends what another program makes, never learns that the upstream is
// gone, or has answered. It was seen failing: the transport closes the body,
// and that waited for the agent.
func TestAnswersToUploadsThatPause(t *testing.T) {
	const part = 64 * kilobyte
	answers := map[string]struct {
		send   string
		closes bool
		want   int
	}{
		"no answer, and a close":               {"", true, http.StatusBadGateway},
		"an answer, and a close":               {"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast", true, http.StatusRequestEntityTooLarge},
		"an answer, and no close":              {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nlast", false, http.StatusRequestEntityTooLarge},
		"a chunked answer, and no close":       {"HTTP/1.1 413 Content Too Large\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\n\r\n", false, http.StatusRequestEntityTooLarge},
		"no answer that is HTTP, and no close": {"nonsense\r\n\r\n", false, http.StatusBadGateway},
	}
	leaf := authority.leaf(t)
	for name, a := range answers {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" over "+scheme, func(t *testing.T) {
				u := rawServer(t, func(conn net.Conn) {
					if scheme == "https" {
						conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{leaf}})
						defer conn.Close()
					}
					_, _ = io.ReadFull(conn, make([]byte, part))
					_, _ = io.WriteString(conn, a.send)
					if !a.closes {
						drain(conn)
					}
				})
				s := up(t, "routes: [{path: /api/, upstream: \""+strings.Replace(u, "https", scheme, 1)+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
				for _, framing := range []string{"Content-Length: 9999999\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n", 9999999)} {
					conn := s.dial(t)
					if _, err := io.WriteString(conn, "PUT /api/x HTTP/1.1\r\nHost: "+s.Address+"\r\nX-Api-Key: "+s.Token+"\r\n"+framing+strings.Repeat("x", part)); err != nil {
						t.Fatal(err)
					}
					resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
					if err != nil {
						t.Errorf("%q: %v", framing, err)
						continue
					}
					_, err = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					if resp.StatusCode != a.want || err != nil || !resp.Close {
						t.Errorf("%q: status %d, %v, close %t", framing, resp.StatusCode, err, resp.Close)
					}
					if _, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
						t.Errorf("%q: the connection ends with %v", framing, err)
					}
				}
			})
		}
	}
}
