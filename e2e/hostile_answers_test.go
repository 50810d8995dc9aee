package e2e

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// hostileAnswer is what an upstream sends to one request. The agent may have
// had a hand in it.
type hostileAnswer struct {
	name string
	// send goes to the sidecar as it is; TOKEN stands for the token. After END
	// the upstream closes the connection.
	send string
	// answer is what the agent gets, as in hostileTry; shows is a part of it.
	answer, shows string
}

// answerClass is a class of which the upstream is the attacker.
type answerClass struct {
	hostileClass
	request string
	answers []hostileAnswer
}

const lastAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"

// hides are what no answer of an upstream may bring to the agent.
var hides = []string{"set-cookie:", "access-control-", "write_refused", "smuggled"}

// If this fails, an upstream's answer leaks the token, sets what only the
// sidecar sets, or becomes the answer to another request.
func TestHostileAnswers(t *testing.T) {
	var send atomic.Value
	h := newHostile(t, func(conn net.Conn, r wireRequest) bool {
		if strings.Contains(r.Line, "/again/") {
			return sayWhichRequest(conn, r)
		}
		text, ends := strings.CutSuffix(strings.ReplaceAll(send.Load().(string), "TOKEN", apiToken), "END")
		_, err := io.Copy(conn, bytes.NewReader([]byte(text)))
		return err == nil && !ends
	})
	for _, class := range answerClasses {
		for i, reply := range class.answers {
			t.Run(class.attack+"/"+reply.name, func(t *testing.T) {
				send.Store(reply.send)
				// Requests of classes with a request of their own are about more than the path.
				request := class.request
				if request == "" {
					request = to("/api/answer/" + strconv.Itoa(i))
				}
				h.anything = true
				shown := h.try(t, hostileTry{reply.name, request, reply.answer, nil})
				if !strings.Contains(shown, strings.ReplaceAll(reply.shows, "SIDECAR", h.Address)) {
					t.Errorf("%q is not in what the agent got:\n%s", reply.shows, shown)
				}
				for _, text := range hides {
					if strings.Contains(strings.ToLower(shown), text) {
						t.Errorf("%q is in what the agent got:\n%s", text, shown)
					}
				}
			})
		}
	}
}

var answerClasses = []answerClass{
	{
		hostileClass{attack: "informational answers", outcome: "passed on, with the token masked and without the reserved headers; a 101 unasked is a 502", rule: "cred_inject: what reaches the agent (`internal/redact`, `credinject/reserved.go`)"}, "", []hostileAnswer{
			{"an Early Hint", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + lastAnswer, "200", "HTTP/1.1 103"},
			{"many", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 1000) + lastAnswer, "200", "last"},
			{"one just below the limit of 256 KiB", "HTTP/1.1 103 Early Hints\r\nLink: " + strings.Repeat("x", 250*kilobyte) + "\r\n\r\n" + lastAnswer, "200", "last"},
			{"megabytes of such", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: "+strings.Repeat("x", 250*kilobyte)+"\r\n\r\n", 12) + lastAnswer, "200", ""},
			{"one above the limit", "HTTP/1.1 103 Early Hints\r\nLink: " + strings.Repeat("x", 260*kilobyte) + "\r\n\r\n" + lastAnswer, "502 upstream_unreachable", ""},
			{"reserved headers", "HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=b\r\nAccess-Control-Allow-Origin: *\r\nCred-Proxy-Error: write_refused\r\n\r\n" + lastAnswer, "200", "HTTP/1.1 103"},
			{"the token in a value", "HTTP/1.1 103 Early Hints\r\nLink: <TOKEN>\r\n\r\n" + lastAnswer, "200", "Link: <http://SIDECAR/api/answer/***"},
			{"the token in a name", "HTTP/1.1 103 Early Hints\r\nTOKEN: x\r\n\r\n" + lastAnswer, "200", "last"},
			{"the token in the reason", "HTTP/1.1 103 TOKEN\r\n\r\n" + lastAnswer, "200", "last"},
			{"framing headers", "HTTP/1.1 103 Early Hints\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + lastAnswer, "200", "last"},
			{"100 Continue unasked", "HTTP/1.1 100 Continue\r\n\r\n" + lastAnswer, "200", "last"},
			{"102 and 199", "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 X\r\n\r\n" + lastAnswer, "200", "last"},
			{"101 unasked", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled", "502 upstream_unreachable", "upstream_unreachable"},
			{"101 without Upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n" + lastAnswer, "502 upstream_unreachable", "upstream_unreachable"},
			{"nothing after one", "HTTP/1.1 103 Early Hints\r\n\r\nEND", "502 upstream_unreachable", ""},
		},
	},
	{
		hostileClass{attack: "response splitting", outcome: "what an upstream makes of CR LF in a value is a header like any other, without the reserved ones; what is escaped stays escaped", rule: "cred_inject: reserved headers (`credinject/reserved.go`); net/http transport: RFC 9112 §5"}, "", []hostileAnswer{
			{"CR LF in a value", "HTTP/1.1 200 OK\r\nX: a\r\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\nlast", "200", "last"},
			{"a line feed in a value", "HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\nlast", "200", "last"},
			{"a carriage return in a value", "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: a=b\r\nContent-Length: 4\r\n\r\nlast", "502 upstream_unreachable", ""},
			{"a NUL in a value", "HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 4\r\n\r\nlast", "502 upstream_unreachable", ""},
			{"a folded value", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 4\r\n\r\nlast", "200", "X: a b\r\n"},
			{"an end of the header in a value", "HTTP/1.1 200 OK\r\nX: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\r\nContent-Length: 4\r\n\r\nlastEND", "200", "X: a\r\n"},
			{"an escaped CR LF in Location", "HTTP/1.1 302 Found\r\nLocation: /x?y=%0d%0aX-Set:%20a=b\r\nContent-Length: 0\r\n\r\n", "302", "Location: http://SIDECAR/api/x?y=%0d%0aX-Set:%20a=b\r\n"},
			{"an escaped CR LF in Location's path", "HTTP/1.1 302 Found\r\nLocation: /x%0d%0aX-Set:%20a=b\r\nContent-Length: 0\r\n\r\n", "302", "x%0d%0aX-Set:%20a=b\r\n"},
			{"CR LF in Location", "HTTP/1.1 302 Found\r\nLocation: /x\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", "302", "Location: http://SIDECAR/api/x\r\n"},
			{"the token in Location", "HTTP/1.1 302 Found\r\nLocation: /x?t=TOKEN\r\nContent-Length: 0\r\n\r\n", "302", "***"},
			{"reserved headers", "HTTP/1.1 403 Forbidden\r\nSet-Cookie: a=b\r\nAccess-Control-Allow-Origin: *\r\nCred-Proxy-Error: write_refused\r\nContent-Length: 4\r\n\r\nlast", "403", "last"},
			{"reserved trailers", "HTTP/1.1 200 OK\r\nTrailer: Set-Cookie, X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\nSet-Cookie: a=b\r\nX-Sum: TOKEN\r\n\r\n", "200", "last"},
			{"headers of the connection", "HTTP/1.1 200 OK\r\nConnection: X-Mine, keep-alive\r\nX-Mine: smuggled\r\nKeep-Alive: timeout=1\r\nUpgrade: h2c\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nlast", "200", "last"},
			{"407", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nlast", "407", "last"},
		},
	},
	{
		hostileClass{attack: "answers that cannot be framed, or not in one way", outcome: "a 502 and the upstream's connection ends; no byte of it answers another request", rule: "net/http transport: RFC 9112 §6.3"}, "", []hostileAnswer{
			{"a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\n\r\n", "200", "last"},
			{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 12\r\n\r\nlastsmuggled", "502 upstream_unreachable", ""},
			{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nsmuggled", "502 upstream_unreachable", ""},
			{"a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: 4x\r\n\r\nsmuggled", "502 upstream_unreachable", ""},
			{"an unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nsmuggled", "502 upstream_unreachable", ""},
			{"chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\n\r\n", "502 upstream_unreachable", ""},
			{"a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n-1\r\nsmuggled\r\n0\r\n\r\n", "closed", ""},
			{"a body that ends early", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nlastEND", "closed", ""},
			{"chunks that end early", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\nEND", "closed", ""},
			{"a body until the end", "HTTP/1.1 200 OK\r\n\r\nlastEND", "200", "last"},
			{"a header line without colon", "HTTP/1.1 200 OK\r\nsmuggled\r\nContent-Length: 4\r\n\r\nlast", "502 upstream_unreachable", ""},
			{"a space before the colon", "HTTP/1.1 200 OK\r\nX : smuggled\r\nContent-Length: 4\r\n\r\nlast", "200", ""},
			{"a status line that is none", "smuggled\r\n\r\n", "502 upstream_unreachable", "upstream_unreachable"},
			{"the token in a status line that is none", "Authorization: TOKEN\r\n\r\n", "502 upstream_unreachable", "upstream_unreachable"},
			{"a status below 100", "HTTP/1.1 099 X\r\nContent-Length: 4\r\n\r\nlast", "502", ""},
			{"a status above 999", "HTTP/1.1 1000 X\r\nContent-Length: 4\r\n\r\nlast", "502 upstream_unreachable", ""},
			{"a status above 599", "HTTP/1.1 999 X\r\nContent-Length: 4\r\n\r\nlast", "999", ""},
			{"HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nlast", "200", ""},
			{"HTTP/0.9", "smuggledEND", "502 upstream_unreachable", "upstream_unreachable"},
			{"nothing", "END", "502 upstream_unreachable", "upstream_unreachable"},
			{"a header above the limit of 256 KiB", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 260*kilobyte) + "\r\nContent-Length: 4\r\n\r\nlast", "502 upstream_unreachable", "upstream_unreachable"},
		},
	},
	{
		hostileClass{attack: "chunks to an HTTP/1.0 upstream", outcome: "its answer is passed on; the connection is not used again unless it says so", rule: "net/http transport: RFC 9112 §9.3"}, chunked("5\r\nhello\r\n0\r\n\r\n"), []hostileAnswer{
			{"that closes", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nlastEND", "200", "last"},
			{"that says nothing of the connection and keeps it", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nlast", "200", "last"},
			{"that answers until the end", "HTTP/1.0 200 OK\r\n\r\nlastEND", "200", "last"},
			{"that sends chunks", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\n\r\nEND", "200", "last"},
			{"that sends a length and chunks", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nlastEND", "200", "last"},
		},
	},
}
