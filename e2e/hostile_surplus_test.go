package e2e

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// surplus are answers with more behind them than their framing holds, to
// surplusRequest.
var surplus = map[string]string{
	"an answer that nobody asked for": lastAnswer + "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled",
	"bytes behind the length":         lastAnswer + "smuggled",
	"an answer behind the last chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled",
	"a body of a 204":                 "HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\nsmuggled",
	"a body of a 304":                 "HTTP/1.1 304 Not Modified\r\nContent-Length: 8\r\n\r\nsmuggled",
}

var surplusClass = hostileClass{
	attack:  "answers with more behind them (response queue poisoning)",
	outcome: "the upstream's connection is closed, and the next request goes over another, even if it is sent in the same instant (`TestNobodyGetsAStrayAnswer`)",
	rule:    "`stricthttp`: a connection is used again when all that came was read",
}

// If this fails, what an upstream sends too much stays on a connection that
// other requests use.
func TestHostileSurplus(t *testing.T) {
	for name, send := range surplus {
		t.Run(name, func(t *testing.T) {
			closed := make(chan struct{})
			h := newHostile(t, func(conn net.Conn, r wireRequest) bool {
				if strings.Contains(r.Line, "/again/") {
					return sayWhichRequest(conn, r)
				}
				defer close(closed)
				_, _ = io.WriteString(conn, send)
				_, err := conn.Read(make([]byte, 1))
				if err == nil {
					t.Error("the connection is used for another request")
				}
				return false
			})
			if got := h.raw(t, strings.ReplaceAll(get("Connection: close"), "SIDECAR", h.Address)); strings.Contains(got.Body, "smuggled") {
				t.Errorf("the surplus is in the answer: %+v", got)
			}
			<-closed
			if got := h.raw(t, h.legitimate("1")); got.Status != http.StatusOK || got.Body != ownAnswer("1") {
				t.Errorf("the next request: %+v", got)
			}
		})
	}
}

var earlyClass = hostileClass{
	attack:  "upstreams that answer before the body was sent, or close in the middle of it",
	outcome: "the answer is passed on and the client's connection ends: what is left of the body is never read as a request",
	rule:    "credinject/upload.go: RFC 9112 §9.6",
}

// If this fails, what is left of a body becomes the connection's next request
// when an upstream does not want the body.
func TestHostileEarlyAnswers(t *testing.T) {
	// More than the buffers on the way take: the transport is not done with a
	// connection before it has written what the client sends, or failed to.
	rest := strings.Repeat(hidden, 64*megabyte/len(hidden))
	for name, answers := range map[string]struct {
		send string
		// want is what the agent gets; none: the answer comes or the sending
		// fails first.
		want []int
	}{
		"a refusal, then a close":       {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nlast", []int{http.StatusRequestEntityTooLarge, http.StatusBadGateway}},
		"a refusal that says close":     {"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast", []int{http.StatusRequestEntityTooLarge, http.StatusBadGateway}},
		"a success, then a close":       {lastAnswer, []int{http.StatusOK, http.StatusBadGateway}},
		"an answer that says 204":       {"HTTP/1.1 204 No Content\r\n\r\n", []int{http.StatusNoContent, http.StatusBadGateway}},
		"a close in an answer's middle": {"HTTP/1.1 200 OK\r\nContent-Le", []int{http.StatusBadGateway}},
	} {
		t.Run(name, func(t *testing.T) {
			u := rawServer(t, func(conn net.Conn) {
				// A part of the body has come: the transport is sending it.
				_, _ = io.ReadFull(conn, make([]byte, 8*kilobyte))
				_, _ = io.WriteString(conn, answers.send)
			})
			s := up(t, "routes: [{path: /api/, upstream: \""+strings.Replace(u, "https", "http", 1)+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
			h := &hostile{sidecar: s}
			for _, framing := range []string{"Content-Length: 9999999999\r\n", "Transfer-Encoding: chunked\r\n"} {
				body := rest
				if strings.HasPrefix(framing, "T") {
					body = "fffffff\r\n" + rest
				}
				got, shown := h.exchange(t, post(framing, body), "200", "1")
				if len(got) > 1 {
					t.Errorf("%d answers to one request:\n%s", len(got), shown)
				}
				for _, one := range got {
					if !slices.Contains(answers.want, one.Status) {
						t.Errorf("%s: %+v", framing, one)
					}
				}
			}
		})
	}
}
