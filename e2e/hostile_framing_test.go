package e2e

import (
	"strings"
	"testing"
)

// request is a request line without version, the lines without which nothing
// passes, more of them, and what follows the header.
func request(line, header, rest string) string {
	return line + " HTTP/1.1\r\nHost: SIDECAR\r\nX-Api-Key: AGENT\r\n" + header + "\r\n" + rest
}

// post is a POST of a body that no rule has to read before it is forwarded.
func post(header, rest string) string {
	return request("POST /api/x", "Content-Type: text/plain\r\n"+header, rest)
}

// hiddenBody is a request of 45 bytes in a body, where the agent token would
// be the agent's own business; hidden is one behind a body.
const (
	hiddenBody = "GET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
	hidden     = "GET /api/hidden HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: AGENT\r\n\r\n"
)

// If this fails, two servers can disagree on where a request ends, and the
// agent's body is another's request.
func TestHostileFraming(t *testing.T) { testClasses(t) }

var framingClasses = []hostileClass{
	{
		"a length and chunks in one request (CL.TE, TE.CL)",
		"framed by the chunks alone; what follows them is the connection's next request, and is judged as one",
		"net/http server: RFC 9112 §6.3",
		[]hostileTry{
			{"a length that reaches behind the chunks", post("Content-Length: 103\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden), "200, 200", []string{"POST /x\nTransfer-Encoding: chunked", "GET /hidden"}},
			{"a length that ends within a chunk", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"the transfer coding first", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"two lengths and chunks", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "5\r\nhello\r\n0\r\n\r\n"), "400 closed", nil},
			{"a length that is none and chunks", post("Content-Length: x\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "400 closed", nil},
			{"a length named in Connection", post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"), "422 body_refused", nil},
			{"a transfer coding named in Connection", post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"chunks on HTTP/1.0", strings.Replace(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "1.1", "1.0", 1), "200 closed", []string{"POST /x\nContent-Length: 0"}},
			{"chunks on HTTP/1.0 that stays open", strings.Replace(post("Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden), "1.1", "1.0", 1), "200, 400 closed", []string{"POST /x\nContent-Length: 0"}},
			{"a length and chunks on HTTP/1.0", strings.Replace(post("Connection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "1.1", "1.0", 1), "200", []string{"POST /x\nContent-Length: 5\n\n0\r\n\r\n"}},
		},
	},
	{
		"Transfer-Encoding in disguise (TE.TE)",
		"400 or 501 and the connection ends, or framed as net/http understands it and framed anew",
		"net/http server: one Transfer-Encoding, exactly `chunked`; a header line is a token and a colon", transferEncodings,
	},
	{
		"two lengths (CL.CL)",
		"400; equal ones are one",
		"net/http server: RFC 9112 §6.3 rule 5",
		[]hostileTry{
			{"two different lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), "400 closed", nil},
			{"a short length last", post("Content-Length: 70\r\nContent-Length: 0\r\n", hidden), "400 closed", nil},
			{"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
			{"two lengths in odd case", post("content-length: 5\r\nCONTENT-LENGTH: 6\r\n", "hello!"), "400 closed", nil},
			{"one of two is empty", post("Content-Length: 5\r\nContent-Length:\r\n", "hello"), "400 closed", nil},
			{"one of two has a leading zero", post("Content-Length: 5\r\nContent-Length: 05\r\n", "hello"), "400 closed", nil},
			{"a list of equal lengths", post("Content-Length: 5, 5\r\n", "hello"), "400 closed", nil},
			{"a list of different lengths", post("Content-Length: 5,6\r\n", "hello!"), "400 closed", nil},
		},
	},
	{
		"lengths that are no plain number",
		"400, or the number it is, written plainly",
		"net/http server: RFC 9110 §8.6",
		[]hostileTry{
			{"a plus sign", post("Content-Length: +5\r\n", "hello"), "400 closed", nil},
			{"a minus sign", post("Content-Length: -5\r\n", "hello"), "400 closed", nil},
			{"minus zero", post("Content-Length: -0\r\n", ""), "400 closed", nil},
			{"a space within", post("Content-Length: 1 0\r\n", "hello"), "400 closed", nil},
			{"spaces around", post("Content-Length:   5  \r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
			{"a tab before", post("Content-Length:\t5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
			{"a vertical tab", post("Content-Length: \v5\r\n", "hello"), "400 closed", nil},
			{"hexadecimal", post("Content-Length: 0x5\r\n", "hello"), "400 closed", nil},
			{"hexadecimal without prefix", post("Content-Length: a\r\n", "helloworld"), "400 closed", nil},
			{"leading zeros", post("Content-Length: 0005\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
			{"a fraction", post("Content-Length: 5.0\r\n", "hello"), "400 closed", nil},
			{"an exponent", post("Content-Length: 5e0\r\n", "hello"), "400 closed", nil},
			{"an underscore", post("Content-Length: 0_5\r\n", "hello"), "400 closed", nil},
			{"quotes", post("Content-Length: \"5\"\r\n", "hello"), "400 closed", nil},
			{"a semicolon", post("Content-Length: 5;\r\n", "hello"), "400 closed", nil},
			{"other digits", post("Content-Length: ٥\r\n", "hello"), "400 closed", nil},
			{"a NUL", post("Content-Length: 5\x00\r\n", "hello"), "400 closed", nil},
			{"nothing", post("Content-Length:\r\n", "hello"), "400 closed", nil},
			{"more than 63 bits", post("Content-Length: 9223372036854775808\r\n", "hello"), "400 closed", nil},
			{"more than 64 bits, five when cut off", post("Content-Length: 18446744073709551621\r\n", "hello"), "400 closed", nil},
			{"a space before the colon", post("Content-Length : 5\r\n", "hello"), "400 closed", nil},
			{"an underscore in the name", post("Content_Length: 5\r\n", "\r\n"), "200", []string{"POST /x\nContent-Length: 0"}},
		},
	},
	{
		"lengths that do not fit the body",
		"a body that is not whole ends the upstream's connection, so that nothing completes it; what is behind a whole one is the next request",
		"net/http server and transport: RFC 9112 §8",
		[]hostileTry{
			{"a huge length and an end", post("Content-Length: 9223372036854775807\r\n", "helloEND"), "499 closed", []string{"POST /x\nContent-Length: 9223372036854775807\n(the body ends before its length)"}},
			{"a length beyond the end", post("Content-Length: 6\r\n", "helloEND"), "499 closed", []string{"POST /x\nContent-Length: 6\n(the body ends before its length)"}},
			{"a request in a body", post("Content-Length: 45\r\n", hiddenBody), "200", []string{"POST /x\nContent-Length: 45\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"a request behind a body", post("Content-Length: 5\r\n", "hello"+hidden), "200, 200", []string{"POST /x\nContent-Length: 5\n\nhello", "GET /hidden"}},
			{"a request behind an empty body", post("Content-Length: 0\r\n", hidden), "200, 200", []string{"POST /x\nContent-Length: 0", "GET /hidden"}},
			{"a GET with a length", request("GET /api/x", "Content-Type: text/plain\r\nContent-Length: 45\r\n", hiddenBody), "200", []string{"GET /x\nConnection: close\nContent-Length: 45\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"a GET with chunks", request("GET /api/x", "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"GET /x\nConnection: close\nTransfer-Encoding: chunked\n\nhello"}},
			{"a HEAD with a length", request("HEAD /api/x", "Content-Type: text/plain\r\nContent-Length: 45\r\n", hiddenBody), "200", []string{"HEAD /x\nConnection: close\nContent-Length: 45\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"a HEAD with chunks", request("HEAD /api/x", "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"HEAD /x\nConnection: close\nTransfer-Encoding: chunked\n\nhello"}},
			{"a DELETE with a length", request("DELETE /api/x", "Content-Type: text/plain\r\nContent-Length: 5\r\n", "hello"), "200", []string{"DELETE /x\nConnection: close\nContent-Length: 5\n\nhello"}},
			{"a request behind a GET without a body", get() + hidden, "200, 200", []string{"GET /x", "GET /hidden"}},
			{"empty lines before a request", "\r\n\r\n" + get(), "400 closed", nil},
			{"an empty line behind a body", post("Content-Length: 5\r\n", "hello\r\n"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
		},
	},
}

func get(header ...string) string {
	return request("GET /api/x", strings.Join(append(header, ""), "\r\n"), "")
}
