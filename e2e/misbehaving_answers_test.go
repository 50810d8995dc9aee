package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// ownCut is for answers that begin and are seen to be cut.
const ownCut = -1

// leads are places to which an upstream would like to lead.
var leads = []string{
	"http://EVIL/x", "https://EVILTLS/x", "//EVIL/x", "//EVILTLS/x", "///EVIL/x", "https://user:password@EVILTLS/x", "https://OWN@EVILTLS/x", "https://OWN.EVIL/",
	"https:EVILTLS/x", "https:/EVILTLS/x", "\\\\EVIL\\x", "/\\EVIL/x", "http:\\\\EVIL\\x", "/x", "x", "?x", "", "/..//EVIL/x", "https://OWN/x", "https://OTHER/x",
	"http://SIDECAR/b/x", "http://SIDECAR/-/healthz", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/", "http://localhost:1/", "file:///proc/self/environ",
	"unix:///var/run/docker.sock", "{http.reverse_proxy.upstream.hostport}", "https://{env.CRED_PROXY_TOKEN_0}.EVIL/",
}

// misbehaviour is what an upstream sends, and the status that the agent gets.
type misbehaviour struct {
	name, script, method string
	status               int
}

// heads make an answer with a body of a header.
func heads(status int, header string) string {
	return fmt.Sprintf("HTTP/1.1 %d Whatever\r\n%sContent-Length: 4\r\n\r\nbody", status, header)
}

func redirecting() (answers []misbehaviour) {
	for _, status := range []int{300, 301, 302, 303, 305, 307, 308, 201} {
		for _, lead := range leads {
			answers = append(answers, misbehaviour{fmt.Sprintf("%d to %q", status, lead), heads(status, "Location: "+lead+"\r\n"), "GET", status})
		}
	}
	for _, header := range []string{
		"Refresh: 0; url=LEAD", "Link: <LEAD>; rel=preload", "Content-Location: LEAD", "Alt-Svc: h2=\"EVILTLS\"; ma=86400; persist=1", "Alt-Svc: h3=\"EVILTLS\"",
		"X-Accel-Redirect: LEAD", "X-Sendfile: /proc/self/environ", "X-Reproxy-URL: LEAD", "X-Lighttpd-Send-File: /proc/self/environ", "Location: LEAD\r\nLocation: https://OWN/x",
		"Location: https://OWN/x\r\nLocation: LEAD", "Proxy-Authenticate: Basic realm=x", "Upgrade: h2c\r\nConnection: Upgrade", "Connection: Location, Content-Length\r\nLocation: LEAD",
		"Proxy-Connection: keep-alive\r\nProxy: LEAD", "Origin: LEAD", "Host: EVIL", "Access-Control-Allow-Origin: LEAD", "Set-Cookie: to=LEAD", "NEL: {}\r\nReport-To: LEAD",
		"Strict-Transport-Security: max-age=1", "Content-Security-Policy: upgrade-insecure-requests; report-uri LEAD", "SourceMap: LEAD",
	} {
		for _, status := range []int{200, 302, 503} {
			answers = append(answers, misbehaviour{fmt.Sprintf("%d with %s", status, header), heads(status, strings.ReplaceAll(header, "LEAD", "http://EVIL/x")+"\r\n"), "GET", status})
		}
	}
	for _, challenge := range []string{
		"Basic realm=\"x\"", "Negotiate", "NTLM TlRMTVNTUAACAAAA", "Bearer realm=\"http://EVIL/token\",service=\"registry\"", "Digest realm=x, nonce=y", "Basic realm=\"unclosed", ",,,", "Hoba", "",
	} {
		for status, header := range map[int]string{401: "WWW-Authenticate", 407: "Proxy-Authenticate"} {
			answers = append(answers, misbehaviour{fmt.Sprintf("%d with %q", status, challenge), heads(status, header+": "+challenge+"\r\n"), "GET", status})
		}
	}
	return append(answers,
		misbehaviour{"401 that closes", heads(401, "Connection: close\r\nWWW-Authenticate: Basic\r\n") + bye, "POST", 401},
		misbehaviour{"407 without a challenge", heads(407, ""), "POST", 407},
		misbehaviour{"421", heads(421, ""), "GET", 421}, misbehaviour{"421 to a write", heads(421, ""), "POST", 421},
		misbehaviour{"408", heads(408, ""), "POST", 408}, misbehaviour{"425", heads(425, ""), "GET", 425},
		misbehaviour{"426", heads(426, "Connection: Upgrade\r\nUpgrade: h2c\r\n"), "GET", 426},
		misbehaviour{"429 with Retry-After", heads(429, "Retry-After: 0\r\n"), "GET", 429},
		misbehaviour{"503 that closes", heads(503, "Connection: close\r\nRetry-After: 0\r\n") + bye, "POST", 503},
	)
}

const chunkedAnswer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// surplusAnswer is an answer that nobody asked for, behind another one.
const surplusAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSTRAY"

// framed are answers whose end is not where it seems.
var framed = []misbehaviour{
	{"two answers", heads(200, "") + surplusAnswer, "GET", 200},
	{"two answers to a write", heads(200, "") + surplusAnswer, "POST", 200},
	{"ten answers", heads(200, "") + strings.Repeat(surplusAnswer, 10), "GET", 200},
	{"two chunked answers", chunkedAnswer + "4\r\nbody\r\n0\r\n\r\n" + surplusAnswer, "GET", 200},
	{"two answers, the first without a body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + surplusAnswer, "GET", 200},
	{"a line feed behind a body", heads(200, "") + "\r\n", "GET", 200},
	{"half an answer behind a body", heads(200, "") + "HTTP/1.1 200 OK\r\nContent-Le", "GET", 200},
	{"a body of 204", "HTTP/1.1 204 No Content\r\n\r\nSTRAY", "GET", 204},
	{"an answer behind 204", "HTTP/1.1 204 No Content\r\n\r\n" + surplusAnswer, "GET", 204},
	{"204 that is chunked", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nSTRAY\r\n0\r\n\r\n", "GET", 204},
	{"a body of 304", "HTTP/1.1 304 Not Modified\r\n\r\nSTRAY", "GET", 304},
	{"an answer behind 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n" + surplusAnswer, "GET", 304},
	{"a body for HEAD", heads(200, ""), "HEAD", 200},
	{"an answer for a body, for HEAD", fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(surplusAnswer)) + surplusAnswer, "HEAD", 200},
	{"a chunked body for HEAD", chunkedAnswer + "5\r\nSTRAY\r\n0\r\n\r\n", "HEAD", 200},
	{"one length twice", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody", "GET", 200},
	{"two lengths in one line", "HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\nbody!", "GET", 502},
	{"a signed length", "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nbody", "GET", 502},
	{"a hexadecimal length", "HTTP/1.1 200 OK\r\nContent-Length: 0x4\r\n\r\nbody", "GET", 502},
	{"a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nbody", "GET", 502},
	{"a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "GET", 200},
	{"a length and chunks, and an answer behind the length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + surplusAnswer, "GET", 200},
	{"two codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "GET", 502},
	{"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\nbody", "GET", 502},
	{"a chunk without a size", chunkedAnswer + "\r\nbody\r\n0\r\n\r\n", "GET", ownCut},
	{"a chunk of a negative size", chunkedAnswer + "-4\r\nbody\r\n0\r\n\r\n", "GET", ownCut},
	{"a chunk of a huge size", chunkedAnswer + "fffffffffffffffff\r\nbody\r\n0\r\n\r\n", "GET", ownCut},
	{"a chunk that is too long", chunkedAnswer + "4\r\nbodyandmore\r\n0\r\n\r\n", "GET", ownCut},
	{"a chunk with a word for a size", chunkedAnswer + "body\r\nbody\r\n0\r\n\r\n", "GET", ownCut},
	{"an endless chunk size", chunkedAnswer + strings.Repeat("0", 10_000) + "4\r\nbody\r\n0\r\n\r\n", "GET", ownCut},
	{"an endless chunk extension", chunkedAnswer + "4;" + strings.Repeat("x", 100_000) + "\r\nbody\r\n0\r\n\r\n", "GET", ownCut},
	{"a trailer that is none", chunkedAnswer + "4\r\nbody\r\n0\r\nno trailer\r\n\r\n", "GET", ownCut},
	{"a body cut", "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nbody" + bye, "GET", ownCut},
	{"a chunk cut", chunkedAnswer + "ff\r\nbody" + bye, "GET", ownCut},
	{"chunks without an end", chunkedAnswer + "4\r\nbody\r\n" + bye, "GET", ownCut},
	{"chunks without the last line", chunkedAnswer + "4\r\nbody\r\n0\r\n" + bye, "GET", ownCut},
	{"a coded body cut", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 400\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + bye, "GET", ownCut},
	{"a coded body without an end", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "GET", ownCut},
	{"an upload that is cut", "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nbody" + bye, "POST", ownCut},
	{"no answer", bye, "POST", 502},
	{"garbage", "\x00\x01\x02\xff\xfe\r\n\r\n" + bye, "GET", 502},
	{"an empty line", "\r\n\r\n" + whole("ID"), "GET", 502},
	{"HTTP/1.0 that keeps the connection", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody", "GET", 200},
	{"HTTP/1.0 with an answer behind it", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody" + surplusAnswer, "GET", 200},
	{"HTTP/1.0 without a length", "HTTP/1.0 200 OK\r\n\r\nbody" + bye, "GET", 200},
	{"HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 4\r\n\r\nbody", "GET", 200},
	{"HTTP/2.0 in words", "HTTP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nbody" + surplusAnswer, "GET", 200},
	{"HTTP/3.0 in words", "HTTP/3.0 200 OK\r\nContent-Length: 4\r\n\r\nbody" + surplusAnswer, "GET", 200},
	{"a server's preface", "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + bye, "GET", 502},
	{"a request", "GET http://EVIL/x HTTP/1.1\r\nHost: EVIL\r\n\r\n", "GET", 502},
	{"a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 4\r\n\r\nbody", "GET", 502},
	{"a space before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\nbody" + bye, "GET", 200},
	{"100 and 102 and 103", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <http://EVIL/x>\r\n\r\n" + heads(200, ""), "GET", 200},
	{"a flood of 100", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 3000) + heads(200, ""), "GET", 200},
	{"a flood of 102", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 3000) + heads(200, ""), "POST", 200},
	{"a flood of 103", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: <http://EVIL/x>; rel=preload\r\n\r\n", 3000) + heads(200, ""), "GET", 200},
	{"199 with a length", "HTTP/1.1 199 Odd\r\nContent-Length: 5\r\n\r\n" + heads(200, ""), "GET", 200},
	{"100 behind an answer", heads(200, "") + "HTTP/1.1 100 Continue\r\n\r\n", "GET", 200},
	{"101", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + surplusAnswer, "GET", 502},
	{"101 to a write", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + surplusAnswer, "POST", 502},
	{"101 to HEAD", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n" + surplusAnswer, "HEAD", 502},
}

// If this fails, an upstream's answer leads the sidecar to another host,
// perhaps with the token, or becomes the answer to somebody else's request.
func TestMisbehavingUpstreams(t *testing.T) {
	w := newSteered(t)
	for _, hostile := range append(redirecting(), framed...) {
		t.Run(hostile.name, func(t *testing.T) {
			w.own.play(w.in(hostile.script))
			got, cut := w.ask(t, hostile.method, "/a/hostile?id="+w.next())
			switch {
			case hostile.status == ownCut && cut == nil && got.Status < http.StatusBadGateway:
				t.Errorf("the answer seems whole: %d %q", got.Status, got.Body)
			case hostile.status != ownCut && (cut != nil || got.Status != hostile.status):
				t.Errorf("status %d, want %d; %q, %v", got.Status, hostile.status, got.Body, cut)
			case hostile.status == http.StatusBadGateway && got.Header.Get("Cred-Proxy-Error") != "upstream_unreachable":
				t.Errorf("got %+v", got)
			case strings.Contains(got.Body, "STRAY"):
				t.Errorf("the answer has what follows it: %q", got.Body)
			}
			if seen := len(w.own.take()); seen != 1 {
				t.Errorf("the upstream got the request %d times", seen)
			}
			w.answersItsOwn(t, 3)
			w.checkTokens(t)
		})
	}
	if n := w.own.Connections.Load(); n > 300 {
		t.Errorf("%d connections were made; connections are not kept, and this tests nothing", n)
	}
}
