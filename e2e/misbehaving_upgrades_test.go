package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// handshake is the opening of a WebSocket, with the key and the answer of RFC
// 6455 §1.3.
const (
	openingHandshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	accept           = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	switching        = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
)

// If this fails, an upstream that does not speak WebSocket turns the opening of
// one into a tunnel; or what follows such an answer is the answer to the next
// request.
func TestMisansweredUpgrades(t *testing.T) {
	w := newSteered(t)
	for _, test := range []struct {
		name, script string
		status       int
	}{
		{"accepted", switching + "Upgrade: websocket\r\n" + accept + "\r\n\x81\x05hello" + bye, 101},
		{"accepted in another case", switching + "upgrade: WebSocket\r\n" + strings.ToLower(accept[:22]) + accept[22:] + "\r\n\x81\x05hello" + bye, 101},
		{"another protocol", switching + "Upgrade: h2c\r\n" + accept + "\r\n" + surplusAnswer, 502},
		{"two protocols", switching + "Upgrade: websocket, h2c\r\n" + accept + "\r\n" + surplusAnswer, 502},
		{"no protocol", switching + accept + "\r\n" + surplusAnswer, 502},
		{"no upgrade of this connection", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" + accept + "\r\n" + surplusAnswer, 502},
		{"not accepted", switching + "Upgrade: websocket\r\n\r\n" + surplusAnswer, 502},
		{"not accepted, and one answer more", switching + "Upgrade: websocket\r\nX-Steer: EVIL\r\n\r\n" + heads(200, "") + surplusAnswer, 502},
		{"another one accepted", switching + "Upgrade: websocket\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n" + surplusAnswer, 502},
		{"accepted twice", switching + "Upgrade: websocket\r\n" + accept + accept + "\r\n" + surplusAnswer, 502},
		{"accepted and not", switching + "Upgrade: websocket\r\n" + accept + "Sec-WebSocket-Accept: x\r\n\r\n" + surplusAnswer, 502},
		{"200 that upgrades", "HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + accept + "Content-Length: 4\r\n\r\nbody" + surplusAnswer, 200},
		{"refused", "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nContent-Length: 4\r\n\r\nbody" + surplusAnswer, 426},
		{"elsewhere", heads(307, "Location: ws://EVIL/x\r\n"), 307},
		{"proxy authentication", heads(407, "Proxy-Authenticate: Basic\r\n"), 407},
		{"103 before", "HTTP/1.1 103 Early Hints\r\n\r\n" + switching + "Upgrade: websocket\r\n" + accept + "\r\n\x81\x05hello" + bye, 101},
		{"cut", switching + "Upgrade: webso" + bye, 502},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.own.play(w.in(test.script))
			conn := w.dial(t)
			defer conn.Close()
			_, _ = fmt.Fprintf(conn, "GET /a/socket HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\n%s\r\n", w.Address, w.Token, openingHandshake)
			reader := bufio.NewReader(conn)
			resp, err := http.ReadResponse(reader, nil)
			for err == nil && resp.StatusCode == http.StatusEarlyHints {
				resp, err = http.ReadResponse(reader, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != test.status {
				t.Errorf("status %d, want %d", resp.StatusCode, test.status)
			}
			switch resp.StatusCode {
			case http.StatusSwitchingProtocols:
				if got, err := io.ReadAll(reader); err != nil || string(got) != "\x81\x05hello" {
					t.Errorf("the tunnel brings %q, %v", got, err)
				}
			case http.StatusBadGateway:
				if refused := readRefusal(t, resp); refused.Code != "upstream_unreachable" || resp.Header.Get("X-Steer")+resp.Header.Get("Upgrade") != "" {
					t.Errorf("%+v with %v", refused, resp.Header)
				}
			default:
				if body := readBody(t, resp); body != "body" {
					t.Errorf("the body is %q", body)
				}
			}
			for _, r := range w.own.take() {
				if r.Target == "/socket" && (r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Authorization") != "Bearer "+steerToken) {
					t.Errorf("the upstream got %+v", r)
				}
			}
			w.answersItsOwn(t, 3)
			w.checkTokens(t)
		})
	}
}

// If this fails, an upstream that stops after an interim answer keeps a
// connection for good, or the next request waits for it.
func TestInterimAnswersWithoutAFinalOne(t *testing.T) {
	w := newSteered(t)
	for _, interim := range []string{"100 Continue", "102 Processing", "103 Early Hints"} {
		t.Run(interim, func(t *testing.T) {
			w.own.play("HTTP/1.1 " + interim + "\r\nX-Interim: yes\r\n\r\n")
			conn := w.dial(t)
			_, _ = fmt.Fprintf(conn, "GET /a/hostile HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\n\r\n", w.Address, w.Token)
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.HasPrefix(line, "HTTP/1.1 "+interim[:3]) {
				t.Errorf("the agent gets %q, %v", line, err)
			}
			w.answersItsOwn(t, 3) // while it waits
			lost := w.own.Lost.Load()
			_ = conn.Close()
			eventually(t, "the upstream to see that the agent has gone", func() bool { return w.own.Lost.Load() > lost })
			w.answersItsOwn(t, 3)
			w.checkTokens(t)
		})
	}
}
