package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// If this fails, what goes through a WebSocket is a request to the upstream, or
// the connection serves another request while or after it is a tunnel.
func TestHostileTunnel(t *testing.T) {
	tunnelled := make(chan string, 1)
	h := newHostile(t, func(conn net.Conn, r wireRequest) bool {
		if strings.Contains(r.Line, "/again/") {
			return sayWhichRequest(conn, r)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
		got, _ := io.ReadAll(conn)
		tunnelled <- string(got)
		return false
	})
	conn := h.dial(t)
	_, _ = io.WriteString(conn, strings.ReplaceAll(strings.ReplaceAll(get(handshake...), "SIDECAR", h.Address), "AGENT", h.Token))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%+v, %v", resp, err)
	}
	defer resp.Body.Close()
	_, _ = io.WriteString(conn, hiddenBody)
	// Requests beside the tunnel go over another connection.
	if got := h.raw(t, h.legitimate("1")); got.Body != ownAnswer("1") {
		t.Errorf("beside the tunnel: %+v", got)
	}
	_ = conn.Close()
	if got := <-tunnelled; got != hiddenBody {
		t.Errorf("the upstream got %q through the tunnel", got)
	}
	if got := h.raw(t, h.legitimate("2")); got.Body != ownAnswer("2") {
		t.Errorf("after the tunnel: %+v", got)
	}
	h.upstream.settle(t)
	requests, _ := h.upstream.take()
	if len(requests) != 3 || requests[0].Conn == requests[1].Conn {
		t.Errorf("the upstream got %+v", requests)
	}
}
