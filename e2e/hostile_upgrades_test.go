package e2e

import "testing"

// handshake is WebSocket's, to an upstream that knows nothing of it.
var handshake = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"}

// upgrading is the handshake with one line replaced, or left out.
func upgrading(line int, with string) string {
	header := append([]string{}, handshake...)
	header[line] = with
	if with == "" {
		header = append(header[:line], header[line+1:]...)
	}
	return get(header...)
}

// If this fails, what a client sends behind an upgrade that did not happen, or
// in one that should not, gets past every rule.
func TestHostileUpgrades(t *testing.T) { testClasses(t) }

var upgradeClasses = []hostileClass{
	{
		"cleartext HTTP/2: prior knowledge and Upgrade: h2c",
		"the preface ends the connection or is refused; the upgrade is removed",
		"Caddyfile.tmpl: `protocols h1`; cred_inject: headers of one hop (`credinject/strip.go`)",
		[]hostileTry{
			{"the preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "closed", nil},
			{"the preface with headers", "PRI * HTTP/2.0\r\n" + headAndEnd + "SM\r\n\r\n", "404 no_route, 400 closed", nil},
			{"the preface in HTTP/1.1", "PRI * HTTP/1.1\r\n" + headAndEnd, "404 no_route", nil},
			{"an upgrade", get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), "200", []string{"GET /x"}},
			{"an upgrade without settings", get("Connection: Upgrade", "Upgrade: h2c"), "200", []string{"GET /x"}},
			{"an upgrade, then frames", get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__") + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "200, 403 host_refused closed", []string{"GET /x"}},
			{"an upgrade to h2", get("Connection: Upgrade", "Upgrade: h2"), "200", []string{"GET /x"}},
			{"an upgrade with a body", post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: 45\r\n", hiddenBody), "200", []string{"POST /x\nContent-Length: 45\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
		},
	},
	{
		"upgrades that the upstream refuses",
		"what the client takes for a tunnel is read as requests, which are judged as such",
		"cred_inject: headers of one hop (`credinject/strip.go`); reverse_proxy switches only on a 101",
		[]hostileTry{
			{"a genuine one", get(handshake...), "200", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nUpgrade: websocket"}},
			{"a genuine one and a request behind it", get(handshake...) + hidden, "200, 200", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nUpgrade: websocket", "GET /hidden"}},
			{"a wrong version", upgrading(3, "Sec-WebSocket-Version: 777") + hidden, "200, 200", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 777\nUpgrade: websocket", "GET /hidden"}},
			{"no version", upgrading(3, "") + hidden, "200, 200", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nUpgrade: websocket", "GET /hidden"}},
			{"a frame behind it", get(handshake...) + "\x81\x85\x00\x00\x00\x00x\r\n\r\n", "200, 400 closed", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nUpgrade: websocket"}},
		},
	},
	{
		"upgrades that are none",
		"Connection and Upgrade are removed: a plain request",
		"cred_inject: only a genuine WebSocket handshake stays",
		[]hostileTry{
			{"no key", upgrading(2, ""), "200", []string{"GET /x\nSec-Websocket-Version: 13"}},
			{"another protocol", upgrading(1, "Upgrade: tcp"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"a list", upgrading(1, "Upgrade: websocket, h2c"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"a list the other way", upgrading(1, "Upgrade: h2c, websocket"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"two lines", upgrading(1, "Upgrade: websocket\r\nUpgrade: h2c"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"a version of the protocol", upgrading(1, "Upgrade: websocket/13"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"odd case", upgrading(1, "Upgrade: WebSocket"), "200", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nUpgrade: websocket"}},
			{"TLS", upgrading(1, "Upgrade: TLS/1.0"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"no Connection", upgrading(0, ""), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"another Connection", upgrading(0, "Connection: keep-alive"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
			{"a Connection that names more", upgrading(0, "Connection: keep-alive, Upgrade, Authorization, Sec-WebSocket-Key"), "200", []string{"GET /x\nSec-Websocket-Version: 13"}},
			{"a POST with a body", request("POST /api/x", "Content-Type: text/plain\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 45\r\n", hiddenBody), "200", []string{"POST /x\nContent-Length: 45\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"a GET with a body", request("GET /api/x", "Content-Type: text/plain\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 45\r\n", hiddenBody), "200", []string{"GET /x\nConnection: close\nContent-Length: 45\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"a GET in chunks", request("GET /api/x", "Content-Type: text/plain\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"GET /x\nConnection: close\nTransfer-Encoding: chunked\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\nhello"}},
			{"a HEAD", request("HEAD /api/x", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), "200", []string{"HEAD /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}},
			{"extensions", get(append(handshake[:4:4], "Sec-WebSocket-Extensions: permessage-deflate")...), "200", []string{"GET /x\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nUpgrade: websocket"}},
		},
	},
}
