package e2e

import (
	"strings"
	"testing"
)

// chunked is a POST in chunks, which are given as they are.
func chunked(chunks string) string { return post("Transfer-Encoding: chunked\r\n", chunks) }

// If this fails, two servers can disagree on what is in a chunked body, and
// the agent's body is another's request.
func TestHostileChunks(t *testing.T) { testClasses(t) }

var chunkClasses = []hostileClass{
	{
		"chunk extensions",
		"read and not forwarded: the upstream gets plain chunks; a long one is a body that does not end",
		"net/http server: RFC 9112 §7.1.1; its transport frames anew",
		[]hostileTry{
			{"one", chunked("5;x=y\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"one on the last chunk", chunked("5\r\nhello\r\n0;x=y\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"quotes", chunked("5;x=\"y;z\"\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a quoted line break", chunked("5;x=\"\r\nhello\r\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n"), "200, 400 closed", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a quoted line feed", chunked("5;x=\"\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a bare line feed after it (TERM.EXT)", chunked("5;x\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a bare carriage return in it", chunked("5;x\rhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a space before it", chunked("5 ;x\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a NUL in it", chunked("5;\x00\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a request in it", chunked("5;GET /api/hidden HTTP/1.1\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a long one", chunked("5;" + strings.Repeat("x", 3000) + "\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"one longer than a buffer", chunked("5;" + strings.Repeat("x", 1<<20) + "\r\nhello\r\n0\r\n\r\nEND"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"more of them than content", chunked(strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\nh\r\n", 100) + "0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
		},
	},
	{
		"chunk sizes that are no plain hexadecimal number",
		"the body ends there: the upstream's connection is closed and nothing completes the request",
		"net/http server: RFC 9112 §7.1",
		[]hostileTry{
			{"negative", chunked("-5\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"minus one", chunked("-1\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"with a plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"empty", chunked("\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"an extension alone", chunked(";x\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a space before", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a space behind", chunked("5 \r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a tab behind", chunked("5\t\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a space within", chunked("0 5\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a quoted one", chunked("\"5\"\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"an underscore", chunked("0_5\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"no hexadecimal digit", chunked("g\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"upper case", chunked("A\r\nhelloworld\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhelloworld"}},
			{"leading zeros", chunked("0000005\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"more leading zeros than 64 bits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a last chunk of many zeros", chunked("5\r\nhello\r\n0000\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"huge", chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\nEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"half of that", chunked("7fffffffffffffff\r\nhello\r\n0\r\n\r\nEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"more than 64 bits, five when cut off", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"more than 32 bits, five when cut off", chunked("100000005\r\nhello\r\n0\r\n\r\nEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
		},
	},
	{
		"chunks that do not end as they should",
		"the body ends there, or at its last chunk; what is behind that is the connection's next request",
		"net/http server: RFC 9112 §7.1",
		[]hostileTry{
			{"no last chunk", chunked("5\r\nhello\r\nEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"no chunk at all", chunked("END"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"half a chunk", chunked("5\r\nhelEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"no empty line behind the last chunk", chunked("5\r\nhello\r\n0\r\nEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a chunk longer than its size", chunked("5\r\nhello!\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a chunk shorter than its size", chunked("6\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"no CR LF behind a chunk", chunked("5\r\nhello0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a line feed behind a chunk", chunked("5\r\nhello\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"two bytes that are no CR LF behind a chunk", chunked("5\r\nhelloXX0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a line feed behind a size", chunked("5\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a carriage return behind a size", chunked("5\rhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"two carriage returns behind a size", chunked("5\r\r\nhello\r\n0\r\n\r\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"line feeds alone", chunked("5\nhello\n0\n\n"), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a request behind the last chunk", chunked("5\r\nhello\r\n0\r\n\r\n" + hidden), "200, 200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello", "GET /hidden"}},
			{"a request in a chunk", chunked("2d\r\n" + hiddenBody + "\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"a request behind a chunk without CR LF", chunked("5\r\nhelloXX" + hidden), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a request behind a bad size", chunked("5\r\nhello\r\nx\r\n" + hidden), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"a second body behind the first", chunked("5\r\nhello\r\n0\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "200, 400 closed", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
		},
	},
	{
		"trailers",
		"read and not forwarded",
		"cred_inject: headers of one hop (`credinject/strip.go`)",
		[]hostileTry{
			{"a credential", chunked("5\r\nhello\r\n0\r\nAuthorization: Bearer evil\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a declared one", post("Trailer: Authorization, X-Sum\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nAuthorization: Bearer evil\r\nX-Sum: 1\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"framing", chunked("5\r\nhello\r\n0\r\nContent-Length: 45\r\nTransfer-Encoding: chunked\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a declared framing", post("Trailer: Content-Length\r\nTransfer-Encoding: chunked\r\n", "0\r\nContent-Length: 45\r\n\r\n"), "400 closed", nil},
			{"a request line", chunked("5\r\nhello\r\n0\r\n" + hiddenBody + ""), "422 body_refused closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
			{"Host", chunked("5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"a folded line", chunked("5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"line feeds", chunked("5\r\nhello\r\n0\r\nX: y\n\nEND"), "499 closed", []string{"POST /x\nTransfer-Encoding: chunked\n(the body ends before its last chunk)"}},
		},
	},
}
