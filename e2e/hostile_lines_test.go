package e2e

import (
	"strings"
	"testing"
)

// If this fails, what is one header to the sidecar is two, or another one, to
// the upstream.
func TestHostileLines(t *testing.T) { testClasses(t) }

var lineClasses = []hostileClass{
	{
		"bare line feeds and carriage returns",
		"a line feed ends a line and goes upstream as CR LF; a carriage return within one is a 400",
		"net/http server: RFC 9112 §2.2",
		[]hostileTry{
			{"line feeds alone", strings.ReplaceAll(get("X: y"), "\r\n", "\n"), "200", []string{"GET /x\nX: y"}},
			{"a header behind a line feed", get("X: y\nAuthorization: Bearer evil"), "200", []string{"GET /x\nX: y"}},
			{"a length behind a line feed", get("X: y\nContent-Length: 5") + "END", "499 closed", []string{"GET /x\nConnection: close\nContent-Length: 5\nX: y\n(the body ends before its length)"}},
			{"a second Host behind a line feed", get("X: y\nHost: evil.example"), "400 closed", nil},
			{"the header's end by line feeds", get("X: y\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: AGENT"), "200, 200", []string{"GET /x\nX: y", "GET /hidden"}},
			{"the header's end by line feed and CR LF", get("X: y\n") + hidden, "200, 400 closed", []string{"GET /x\nX: y"}},
			{"a carriage return", get("X: y\rAuthorization: Bearer evil"), "400 closed", nil},
			{"a carriage return at a value's end", get("X: y\r"), "400 closed", nil},
			{"the header's end by carriage returns", get("X: y\r\rGET /api/hidden HTTP/1.1"), "400 closed", nil},
			{"a carriage return in the request line", "GET /api/x\r HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"a line feed in the request line", "GET /api/x\n HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"two carriage returns behind the request line", "GET /api/x HTTP/1.1\r\r\n" + headAndEnd, "400 closed", nil},
		},
	},
	{
		"lines folded into the one before (obs-fold)",
		"one line with a space where it was folded; the first line cannot be",
		"net/http server: RFC 9112 §5.2",
		[]hostileTry{
			{"a credential behind a space", get("X: y", " Authorization: Bearer evil"), "200", []string{"GET /x\nX: y Authorization: Bearer evil"}},
			{"a credential behind a tab", get("X: y", "\tAuthorization: Bearer evil"), "200", []string{"GET /x\nX: y Authorization: Bearer evil"}},
			{"an empty folded line", get("X: y", " ", "Z: z"), "200", []string{"GET /x\nX: y\nZ: z"}},
			{"the first header", "GET /api/x HTTP/1.1\r\n X: y\r\n" + headAndEnd, "400 closed", nil},
			{"Host", "GET /api/x HTTP/1.1\r\nHost:\r\n SIDECAR\r\nX-Api-Key: AGENT\r\n\r\n", "200", []string{"GET /x"}},
			{"a second host", "GET /api/x HTTP/1.1\r\nHost: SIDECAR\r\n ,evil.example\r\nX-Api-Key: AGENT\r\n\r\n", "400 closed", nil},
			{"a length", post("Content-Length:\r\n 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
			{"Connection", get("Connection: close,", " authorization"), "200 closed", []string{"GET /x"}},
			{"a line folded with a line feed", get("X: y\n Authorization: Bearer evil"), "200", []string{"GET /x\nX: y Authorization: Bearer evil"}},
		},
	},
	{
		"header names that are none",
		"400",
		"net/http server: RFC 9110 §5.1",
		[]hostileTry{
			{"a space before the colon", get("Authorization : Bearer evil"), "400 closed", nil},
			{"a tab before the colon", get("Authorization\t: Bearer evil"), "400 closed", nil},
			{"a space within", get("X Y: z"), "400 closed", nil},
			{"no colon", get("Authorization"), "400 closed", nil},
			{"no name", get(": Bearer evil"), "400 closed", nil},
			{"a NUL", get("Authorization\x00: Bearer evil"), "400 closed", nil},
			{"a control character", get("Authorization\x01: Bearer evil"), "400 closed", nil},
			{"a DEL", get("Authorization\x7f: Bearer evil"), "400 closed", nil},
			{"a byte above ASCII", get("Authorizatio\xf1: Bearer evil"), "400 closed", nil},
			{"a letter that folds to k", get("Coo\u212aie: evil"), "400 closed", nil},
			{"a letter that folds to s", get("Ho\u017ft: evil.example"), "400 closed", nil},
			{"parentheses", get("Authorization(): Bearer evil"), "400 closed", nil},
			{"a comma", get("Authorization,X: Bearer evil"), "400 closed", nil},
			{"a slash", get("Authorization/x: Bearer evil"), "400 closed", nil},
			{"an at sign", get("@Authorization: Bearer evil"), "400 closed", nil},
			{"braces", get("{Authorization}: Bearer evil"), "400 closed", nil},
			{"quotes", get("\"Authorization\": Bearer evil"), "400 closed", nil},
		},
	},
	{
		"header names with _ or .",
		"dropped, whatever they name",
		"Caddy: header names with `_` or `.` dropped; cred_inject strips by a key in which `_` is `-`",
		[]hostileTry{
			{"underscores for hyphens", get("X_Api_Key: evil", "Proxy_Authorization: evil", "X_Forwarded_For: 1.2.3.4"), "200", []string{"GET /x"}},
			{"points for hyphens", get("X.Api.Key: evil", "Proxy.Authorization: evil"), "200", []string{"GET /x"}},
			{"both", get("X_Api.Key: evil"), "200", []string{"GET /x"}},
			{"an underscore before the name", get("_Authorization: evil", "Authorization_: evil"), "200", []string{"GET /x"}},
			{"a length", post("Content_Length: 5\r\n", ""), "200", []string{"POST /x\nContent-Length: 0"}},
			{"a harmless one", get("My_Header: y", "My.Header: z"), "200", []string{"GET /x"}},
			{"other token characters", get("X~Api~Key: a", "X|Api|Key: b", "X!Api!Key: c", "X'Api`Key: d", "X#$%&*+^: e"), "200", []string{"GET /x\nX!api!key: c\nX#$%&*+^: e\nX'api`key: d\nX|api|key: b\nX~api~key: a"}},
		},
	},
	{
		"pseudo-headers of HTTP/2 in HTTP/1.1",
		"400",
		"net/http server: a name does not begin with a colon",
		[]hostileTry{
			{":authority", get(":authority: evil.example"), "400 closed", nil},
			{":path", get(":path: /admin"), "400 closed", nil},
			{":method", get(":method: DELETE"), "400 closed", nil},
			{":scheme", get(":scheme: https"), "400 closed", nil},
			{":protocol", get(":protocol: websocket"), "400 closed", nil},
			{"as the first line", "GET /api/x HTTP/1.1\r\n:authority: evil.example\r\n" + headAndEnd, "400 closed", nil},
		},
	},
	{
		"values with odd bytes",
		"400 for control characters; the rest as it was sent",
		"net/http server: RFC 9110 §5.5",
		[]hostileTry{
			{"a NUL", get("X: a\x00b"), "400 closed", nil},
			{"an escape", get("X: a\x1bb"), "400 closed", nil},
			{"a backspace", get("X: a\bb"), "400 closed", nil},
			{"a DEL", get("X: a\x7fb"), "400 closed", nil},
			{"a tab", get("X: a\tb"), "200", []string{"GET /x\nX: a\tb"}},
			{"bytes above ASCII", get("X: \xff\xfeb"), "200", []string{"GET /x\nX: \xff\xfeb"}},
			{"a line separator of Unicode", get("X: a\u2028Authorization: b", "Y: a\u560d\u560aAuthorization: c"), "200", []string{"GET /x\nX: a Authorization: b\nY: a嘍嘊Authorization: c"}},
			{"escapes of CR LF", get(`X: a\r\nAuthorization: b%0d%0aAuthorization: c`), "200", []string{"GET /x\nX: a\\r\\nAuthorization: b%0d%0aAuthorization: c"}},
			{"placeholders", get("X: {http.request.header.X-Api-Key} {env.CRED_PROXY_TOKEN_0} {$CRED_PROXY_TOKEN_0}"), "200", []string{"GET /x\nX: {http.request.header.X-Api-Key} {env.CRED_PROXY_TOKEN_0} {$CRED_PROXY_TOKEN_0}"}},
		},
	},
	{
		"lines that are no HTTP/1.1 request",
		"400 or 505",
		"net/http server: RFC 9112 §3",
		[]hostileTry{
			{"HTTP/0.9", "GET /api/x\r\nEND", "400 closed", nil},
			{"HTTP/0.9 with its version", "GET /api/x HTTP/0.9\r\n" + headAndEnd, "505 closed", nil},
			{"HTTP/2.0", "GET /api/x HTTP/2.0\r\n" + headAndEnd, "505 closed", nil},
			{"HTTP/1.2", "GET /api/x HTTP/1.2\r\n" + headAndEnd, "200", []string{"GET /x"}},
			{"HTTP/1.10", "GET /api/x HTTP/1.10\r\n" + headAndEnd, "400 closed", nil},
			{"HTTP/01.1", "GET /api/x HTTP/01.1\r\n" + headAndEnd, "400 closed", nil},
			{"HTTP/1.1 in lower case", "GET /api/x http/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"another protocol", "GET /api/x ICAP/1.0\r\n" + headAndEnd, "400 closed", nil},
			{"no version and a header", "GET /api/x\r\n" + headAndEnd, "400 closed", nil},
			{"a space in the target", "GET /api/x y HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"a second request in the target", "GET /api/x HTTP/1.1 /api/y HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"two spaces before the target", "GET  /api/x HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"two spaces before the version", "GET /api/x  HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"a tab before the target", "GET\t/api/x\tHTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"a space before the method", " GET /api/x HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"no target", "GET HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"no method", "/api/x HTTP/1.1\r\n" + headAndEnd, "400 closed", nil},
			{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03END", "400 closed", nil},
			{"a PROXY header", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + get(), "400 closed", nil},
			{"a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "400 closed", nil},
			{"nothing", "END", "closed", nil},
			{"half a header", "GET /api/x HTTP/1.1\r\nHost: SIDECAR\r\nX-Api-Key: AGENT\r\nEND", "400 closed", nil},
		},
	},
}

const headAndEnd = "Host: SIDECAR\r\nX-Api-Key: AGENT\r\n\r\n"
