package credinject

import (
	"crypto/sha1" //nolint:gosec // what RFC 6455 asks for
	"encoding/base64"
	"net/http"
	"strings"
)

// acceptsUpgrade reports whether an answer with status 101 accepts the opening
// handshake that the request is (RFC 6455 §4.1). Any other would be a tunnel to
// something that does not speak WebSocket.
func acceptsUpgrade(r *http.Request, answer http.Header) bool {
	sum := sha1.Sum([]byte(strings.TrimSpace(r.Header.Get("Sec-Websocket-Key")) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see above
	want, accepted := base64.StdEncoding.EncodeToString(sum[:]), 0
	for name, values := range answer {
		// reverse_proxy spells it as the standard does, which is not Go's way.
		if !strings.EqualFold(name, "Sec-WebSocket-Accept") {
			continue
		}
		for _, value := range values {
			if strings.TrimSpace(value) != want {
				return false
			}
			accepted++
		}
	}
	return accepted == 1
}
