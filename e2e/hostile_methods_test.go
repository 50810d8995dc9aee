package e2e

import (
	"strings"
	"testing"
)

// by is a request by a method as it is given.
func by(method string) string { return method + " /api/x HTTP/1.1\r\n" + headAndEnd }

// If this fails, a method goes upstream that no rule knows as what the
// upstream takes it for, or a client that waits waits for ever.
func TestHostileMethods(t *testing.T) { testClasses(t) }

var methodClasses = []hostileClass{
	{
		"TRACE, TRACK and CONNECT",
		"405, in whatever case: to some servers the case does not matter",
		"Caddyfile.tmpl: `refuse method_refused`; cred_inject: refused methods",
		[]hostileTry{
			{"TRACE", by("TRACE"), "405 method_refused", nil},
			{"TRACK", by("TRACK"), "405 method_refused", nil},
			{"CONNECT", by("CONNECT"), "405 method_refused", nil},
			{"TRACE in lower case", by("trace"), "405 method_refused", nil},
			{"TRACE in mixed case", by("TrAcE"), "405 method_refused", nil},
			{"TRACK in mixed case", by("Track"), "405 method_refused", nil},
			{"CONNECT in mixed case", by("Connect"), "405 method_refused", nil},
			{"TRACE with a body", "TRACE /api/x HTTP/1.1\r\nContent-Length: 45\r\n" + headAndEnd + hiddenBody, "405 method_refused", nil},
			{"TRACE with Max-Forwards", "TRACE /api/x HTTP/1.1\r\nMax-Forwards: 0\r\n" + headAndEnd, "405 method_refused", nil},
			{"OPTIONS with Max-Forwards", "OPTIONS /api/x HTTP/1.1\r\nMax-Forwards: 0\r\n" + headAndEnd, "200", []string{"OPTIONS /x\nMax-Forwards: 0"}},
		},
	},
	{
		"odd methods",
		"400 for what is no token; others go upstream as they are, if they fit",
		"net/http server: RFC 9110 §9.1",
		[]hostileTry{
			{"an unknown one", by("FROBNICATE"), "200", []string{"FROBNICATE /x"}},
			{"lower case", by("get"), "200", []string{"get /x"}},
			{"odd token characters", by("GE!#$%&'*+-.^_`|~T"), "200", []string{"GE!#$%&'*+-.^_`|~T /x"}},
			{"a digit", by("0"), "200", []string{"0 /x"}},
			{"a NUL", by("GE\x00T"), "400 closed", nil},
			{"a control character", by("GE\x01T"), "400 closed", nil},
			{"a byte above ASCII", by("GE\xffT"), "400 closed", nil},
			{"a colon", by("GET:"), "400 closed", nil},
			{"a slash", by("GET/"), "400 closed", nil},
			{"a comma", by("GET,POST"), "400 closed", nil},
			{"quotes", by(`"GET"`), "400 closed", nil},
			{"a placeholder", by("{env.HOME}"), "400 closed", nil},
			{"a tab", by("GET\tPOST"), "400 closed", nil},
			{"a long one", by(strings.Repeat("M", 1000)), "405", nil},
			{"one longer than the limit", by(strings.Repeat("M", 100_000)), "431 closed", nil},
			{"HTTP/2's preface", by("PRI"), "200", []string{"PRI /x"}},
			{"an unknown one with a body", "FROBNICATE /api/x HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 45\r\n" + headAndEnd + hiddenBody, "200", []string{"FROBNICATE /x\nConnection: close\nContent-Length: 45\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
		},
	},
	{
		"Expect",
		"100-continue is between two neighbours: the client's leave comes from the sidecar, and the body is framed as ever; any other is a 417",
		"net/http server: RFC 9110 §10.1.1",
		[]hostileTry{
			{"100-continue with a body", post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\nExpect: 100-continue\n\nhello"}},
			{"100-continue in chunks", post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\nExpect: 100-continue\n\nhello"}},
			{"100-continue without a body", get("Expect: 100-continue"), "200", []string{"GET /x\nExpect: 100-continue"}},
			{"100-continue with an empty body", post("Expect: 100-continue\r\nContent-Length: 0\r\n", ""), "200", []string{"POST /x\nContent-Length: 0\nExpect: 100-continue"}},
			{"100-continue on a GET with a hidden request", request("GET /api/x", "Content-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: 45\r\n", hiddenBody), "200", []string{"GET /x\nConnection: close\nContent-Length: 45\nExpect: 100-continue\n\nGET /api/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"}},
			{"100-continue twice", post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\nExpect: 100-continue\nExpect: 100-continue\n\nhello"}},
			{"100-continue in upper case", post("Expect: 100-CONTINUE\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\nExpect: 100-CONTINUE\n\nhello"}},
			{"100-continue and another", post("Expect: 100-continue, x\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\nExpect: 100-continue, x\n\nhello"}},
			{"another", post("Expect: x\r\nContent-Length: 5\r\n", "hello"), "417 closed", nil},
			{"another and 100-continue", post("Expect: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "417 closed", nil},
			{"an empty one", post("Expect:\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\nExpect: \n\nhello"}},
			{"a folded one", post("Expect:\r\n 100-continue\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\nExpect: 100-continue\n\nhello"}},
			{"100-continue on HTTP/1.0", strings.Replace(post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "1.1", "1.0", 1), "200 closed", []string{"POST /x\nContent-Length: 5\nExpect: 100-continue\n\nhello"}},
			{"100-continue of a refused request with a body", request("POST /api/../x", "Expect: 100-continue\r\nContent-Length: 45\r\n", hiddenBody), "404 no_route closed", nil},
			{"100-continue of a refused request with a request behind", request("POST /api/r.git/git-receive-pack", "Expect: 100-continue\r\nContent-Length: 0\r\n", hidden), "403 git_push_refused closed", nil},
			{"100-continue named in Connection", post("Connection: Expect\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "200", []string{"POST /x\nContent-Length: 5\n\nhello"}},
		},
	},
	{
		"HTTP/1.0 clients",
		"answered as HTTP/1.0; the upstream gets HTTP/1.1",
		"net/http server: RFC 9112 §2.3; Caddyfile.tmpl: `refuse host_refused`",
		[]hostileTry{
			{"a plain one", strings.Replace(get(), "1.1", "1.0", 1), "200 closed", []string{"GET /x"}},
			{"without Host", "GET /api/x HTTP/1.0\r\nX-Api-Key: AGENT\r\n\r\n", "403 host_refused closed", nil},
			{"that stays open", strings.Replace(get("Connection: keep-alive"), "1.1", "1.0", 1), "200", []string{"GET /x"}},
			{"with a length", strings.Replace(post("Content-Length: 5\r\n", "hello"), "1.1", "1.0", 1), "200 closed", []string{"POST /x\nContent-Length: 5\n\nhello"}},
			{"without a length", strings.Replace(post("", "hello"), "1.1", "1.0", 1), "200 closed", []string{"POST /x\nContent-Length: 0"}},
			{"that names a header in Connection", strings.Replace(get("Connection: keep-alive, authorization"), "1.1", "1.0", 1), "200", []string{"GET /x"}},
			{"that upgrades", strings.Replace(get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"), "1.1", "1.0", 1), "200 closed", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
		},
	},
}
