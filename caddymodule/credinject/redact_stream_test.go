package credinject_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// TestEventsAreNotHeldBack fails when an event waits for the next one: the
// upstream sends each only after the agent has the one before.
func TestEventsAreNotHeldBack(t *testing.T) {
	received := make(chan struct{})
	address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(w, "data: %d %s\n\n", i, testToken[:10+i])
			_ = http.NewResponseController(w).Flush()
			select {
			case <-received:
			case <-r.Context().Done():
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/a/x", nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for i := range 5 {
		want := fmt.Sprintf("data: %d %s\n\n", i, testToken[:10+i])
		got := make([]byte, len(want))
		if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != want {
			t.Fatalf("event %d: %q, %v", i, got, err)
		}
		received <- struct{}{}
	}
}

// TestSizesTellNothing fails when the bytes of an answer, beside the guess
// itself, differ between a right and a wrong guess of the token's next
// character: here the upstream shows the token with the guess, compressed, so
// that a right guess makes it shorter.
func TestSizesTellNothing(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", ""} {
		t.Run("coding "+coding, func(t *testing.T) {
			address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
				guess := r.URL.Query().Get("guess")
				w.Header().Set("Content-Type", "text/plain") // nothing is told by sniffing
				body := []byte(strings.Repeat("token="+guess+" ", 50) + "token=" + strings.TrimPrefix(echoed(r), "Bearer ") + " " + strings.Repeat("token="+guess+" ", 2000))
				if coding != "" {
					w.Header().Set("Content-Encoding", coding)
					body = encodeAs(body, coding)
				}
				for len(body) > 0 {
					n := min(100, len(body))
					_, _ = w.Write(body[:n])
					_ = http.NewResponseController(w).Flush()
					body = body[n:]
				}
			})
			transcript := func(guess string) string {
				answer := rawExchange(t, address, get("/a/x?guess="+guess, "Accept-Encoding: "+coding))
				refuseToken(t, answer)
				if coding == "" { // pieces are as the network has them
					_, answer, _ = strings.Cut(answer, "\r\n\r\n")
					return fmt.Sprint(strings.Count(answer, guess), strings.Count(answer, "*"))
				}
				return strings.ReplaceAll(answer, guess, strings.Repeat("?", len(guess)))
			}
			for n := 6; n < len(testToken)-1; n += 5 {
				right, wrong := testToken[:n+1], testToken[:n]+"!"
				if diff := cmp.Diff(dropDate(transcript(wrong)), dropDate(transcript(right))); diff != "" {
					t.Fatalf("%d characters right: answers differ (-wrong +right):\n%.2000s", n, diff)
				}
			}
		})
	}
}

// dropDate removes the one header that changes by itself.
func dropDate(answer string) string {
	before, rest, found := strings.Cut(answer, "Date: ")
	if !found {
		return answer
	}
	_, after, _ := strings.Cut(rest, "\r\n")
	return before + after
}

// startWebSocket runs a sidecar before an upstream that speaks WebSocket.
func startWebSocket(t *testing.T, upstream func(ctx context.Context, c *websocket.Conn, token string)) *websocket.Conn {
	t.Helper()
	address := startBefore(t, "", func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Sec-WebSocket-Extensions"); got != "" {
			t.Errorf("extensions are offered: %s", got)
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover, InsecureSkipVerify: true})
		if err != nil {
			t.Errorf("accepting: %v", err)
			return
		}
		defer c.CloseNow()
		upstream(r.Context(), c, strings.TrimPrefix(echoed(r), "Bearer "))
	})
	c, response, err := websocket.Dial(t.Context(), "ws://"+address+"/a/ws", &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	if got := response.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions are agreed on: %s", got)
	}
	return c
}

// TestWebSocketShowsNoToken fails when messages do not pass both ways, or one
// with the token does, whole, in fragments or across messages.
func TestWebSocketShowsNoToken(t *testing.T) {
	tests := []struct {
		name string
		show func(ctx context.Context, c *websocket.Conn, token string)
	}{
		{"in a message", func(ctx context.Context, c *websocket.Conn, token string) {
			_ = c.Write(ctx, websocket.MessageText, []byte("it is "+token))
		}},
		{"in fragments", func(ctx context.Context, c *websocket.Conn, token string) {
			w, _ := c.Writer(ctx, websocket.MessageBinary)
			for _, b := range []byte(token) {
				_, _ = w.Write([]byte{b})
			}
			_ = w.Close()
		}},
		{"across messages", func(ctx context.Context, c *websocket.Conn, token string) {
			for _, b := range []byte(token) {
				_ = c.Write(ctx, websocket.MessageText, []byte{b})
			}
		}},
		{"in the close reason", func(_ context.Context, c *websocket.Conn, token string) {
			_ = c.Close(websocket.StatusNormalClosure, token)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := startWebSocket(t, func(ctx context.Context, c *websocket.Conn, token string) {
				kind, message, err := c.Read(ctx)
				if err != nil {
					return
				}
				_ = c.Write(ctx, kind, message)
				test.show(ctx, c, token)
				_, _, _ = c.Read(ctx)
			})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			big := strings.Repeat("a message that passes both ways. ", 900)
			if err := c.Write(ctx, websocket.MessageText, []byte(big)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(ctx); err != nil || string(got) != big {
				t.Fatalf("%d bytes came back, %v", len(got), err)
			}
			var seen strings.Builder
			for {
				_, message, err := c.Read(ctx)
				seen.Write(message)
				if err == nil {
					continue
				}
				var closed websocket.CloseError
				if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation {
					t.Errorf("the connection ended with %v", err)
				}
				break
			}
			if strings.Contains(seen.String(), testToken) {
				t.Errorf("the token came through: %q", seen.String())
			}
		})
	}
}

// TestWebSocketIsNoOracle fails when an echoed guess of a proper prefix ends
// the connection or comes back in other frames than a wrong one.
func TestWebSocketIsNoOracle(t *testing.T) {
	c := startWebSocket(t, func(ctx context.Context, c *websocket.Conn, _ string) {
		for {
			kind, message, err := c.Read(ctx)
			if err != nil || c.Write(ctx, kind, message) != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for n := 1; n < len(testToken); n++ {
		for _, guess := range []string{testToken[:n], testToken[:n-1] + "!", testToken[1 : n+1]} {
			if err := c.Write(ctx, websocket.MessageText, []byte(guess)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(ctx); err != nil || string(got) != guess {
				t.Fatalf("%q came back as %q, %v", guess, got, err)
			}
			if err := c.Write(ctx, websocket.MessageText, []byte(" ")); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.Read(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}
