package e2e

import (
	"strings"
	"testing"
)

// If this fails, the agent takes our credential away, has another one beside
// it, or steers the upstream by a header.
func TestHostileHeaders(t *testing.T) { testClasses(t) }

// credentialHeaders are cred_inject: the caller's credentials (`credinject/strip.go`)'s.
var credentialHeaders = []string{
	"Authorization", "Proxy-Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "Private-Token", "Job-Token",
	"Deploy-Token", "X-Gitlab-Token", "X-Github-Token", "X-JFrog-Art-Api", "Cookie", "Sudo",
}

// steeringHeaders change the target, the method, the host, the user or the
// address of a request for some server or framework.
var steeringHeaders = []string{
	"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method",
	"X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Original-Host", "X-Host", "X-HTTP-Host-Override", "X-Accel-Redirect", "X-Sendfile",
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Scheme",
	"X-Forwarded-Ssl", "X-Forwarded-Server", "X-Forwarded-User", "X-Forwarded-Uri", "X-Forwarded-Method", "X-Forwarded-Path", "X-Forwarded",
	"Forwarded", "Via", "X-Real-IP", "True-Client-IP", "Client-IP", "X-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "X-Cluster-Client-IP",
	"X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "X-Azure-ClientIP", "Front-End-Https", "X-Url-Scheme", "X-Scheme",
	"X-Original-Path", "X-Override-URL", "X-Request-Uri", "X-Envoy-Original-Path", "X-WebAuth-User", "Remote-User", "X-Remote-User", "Proxy",
}

// hopHeaders belong to one connection.
var hopHeaders = []string{"Proxy-Connection: keep-alive", "Keep-Alive: timeout=5", "Upgrade: h2c", "Trailer: X", "TE: chunked", "Proxy-Authenticate: Basic", "HTTP2-Settings: AAMAAABkAAQAAP__"}

var headerClasses = []hostileClass{
	{
		"headers named in Connection",
		"removed, before our credential is added; Connection goes too. Names of the content are refused",
		"cred_inject: headers of one hop (`credinject/strip.go`)", append(nominations(), []hostileTry{
			{"our header alone", get("Connection: Authorization"), "200", []string{"GET /x"}},
			{"odd case and spacing", get("Connection: \t aUTHORIZATION \t,  x-API-key", "Authorization: evil"), "200", []string{"GET /x"}},
			{"empty members", get("Connection: ,, ,authorization,,"), "200", []string{"GET /x"}},
			{"two lines", get("Connection: keep-alive", "connection: authorization"), "200", []string{"GET /x"}},
			{"with close", get("Connection: close, authorization, host"), "200 closed", []string{"GET /x"}},
			{"Connection itself", get("Connection: connection, authorization"), "200", []string{"GET /x"}},
			{"by underscores", get("Connection: x_api_key, proxy_authorization"), "200", []string{"GET /x"}},
			{"quoted", get("Connection: \"authorization\""), "200", []string{"GET /x"}},
			{"with a parameter", get("Connection: authorization;q=1"), "200", []string{"GET /x"}},
			{"behind a semicolon", get("Connection: keep-alive; authorization"), "200", []string{"GET /x"}},
			{"Host", get("Connection: Host"), "200", []string{"GET /x"}},
			{"Content-Length", post("Connection: Content-Length\r\nContent-Length: 45\r\n", hiddenBody), "422 body_refused", nil},
			{"Content-Type", post("Connection: content-type\r\nContent-Length: 5\r\n", "hello"), "422 body_refused", nil},
			{"Transfer-Encoding", post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200", []string{"POST /x\nTransfer-Encoding: chunked\n\nhello"}},
			{"TE", get("Connection: TE", "TE: trailers"), "200", []string{"GET /x\nTe: trailers"}},
			{"Accept-Encoding", get("Connection: Accept-Encoding", "Accept-Encoding: gzip"), "200", []string{"GET /x"}},
			{"Range", get("Connection: Range", "Range: bytes=0-1"), "200", []string{"GET /x"}},
			{"User-Agent", get("Connection: User-Agent", "User-Agent: x"), "200", []string{"GET /x"}},
			{"a header of the agent's", get("Connection: X-Mine", "X-Mine: y"), "200", []string{"GET /x"}},
			{"more than a thousand names", get("Connection: " + strings.Repeat("x,", 2000) + "authorization"), "200", []string{"GET /x"}},
			{"in Proxy-Connection", get("Proxy-Connection: authorization", "X-Mine: y"), "200", []string{"GET /x\nX-Mine: y"}},
		}...),
	},
	{
		"credentials of the agent's own",
		"removed, in whatever case and number",
		"cred_inject: the caller's credentials (`credinject/strip.go`)", each(credentialHeaders, "evil"),
	},
	{
		"headers that steer proxies and frameworks",
		"removed",
		"cred_inject: steering headers (`credinject/strip.go`)", each(steeringHeaders, "/admin"),
	},
	{
		"headers of the connection",
		"removed; `TE: trailers` alone stays",
		"cred_inject: headers of one hop (`credinject/strip.go`); RFC 9110 §7.6.1", append(lines(hopHeaders), []hostileTry{
			{"TE: trailers", get("TE: trailers"), "200", []string{"GET /x\nTe: trailers"}},
			{"TE with more", get("TE: gzip, trailers;q=0.5, chunked"), "200", []string{"GET /x"}},
			{"TE with more, spelt out", get("TE: gzip,trailers"), "200", []string{"GET /x\nTe: trailers"}},
			{"TE twice", get("TE: trailers", "te: chunked"), "200", []string{"GET /x\nTe: trailers"}},
			{"Upgrade without Connection", get("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"), "200", []string{"GET /x\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-Websocket-Version: 13"}},
		}...),
	},
	{
		"duplicated and joined headers",
		"those of credentials and steering are gone, all of them; others go as they came, one line each",
		"cred_inject: the caller's credentials (`credinject/strip.go`)",
		[]hostileTry{
			{"Authorization twice", get("Authorization: a", "Authorization: b"), "200", []string{"GET /x"}},
			{"Authorization with commas", get("Authorization: a, Bearer b"), "200", []string{"GET /x"}},
			{"the agent token twice", "GET /api/x HTTP/1.1\r\nX-Api-Key: AGENT\r\nX-Api-Key: AGENT\r\nHost: SIDECAR\r\n\r\n", "401 agent_token_required", nil},
			{"the agent token beside another key", "GET /api/x HTTP/1.1\r\nX-Api-Key: AGENT\r\nX-Api-Key: evil\r\nHost: SIDECAR\r\n\r\n", "401 agent_token_required", nil},
			{"the agent token joined with another", "GET /api/x HTTP/1.1\r\nX-Api-Key: AGENT, evil\r\nHost: SIDECAR\r\n\r\n", "401 agent_token_required", nil},
			{"the agent token as Authorization, too", get("Authorization: Bearer AGENT"), "200", []string{"GET /x"}},
			{"another header twice", get("X-Mine: a", "X-Mine: b", "x-mine: c"), "200", []string{"GET /x\nX-Mine: a\nX-Mine: b\nX-Mine: c"}},
			{"another header joined", get("X-Mine: a, b,,c"), "200", []string{"GET /x\nX-Mine: a, b,,c"}},
			{"Content-Type twice", request("POST /api/x", "Content-Type: text/plain\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n", "_method=x"), "422 body_refused", nil},
			{"X-Forwarded-For joined", get("X-Forwarded-For: 127.0.0.1, 10.0.0.1", "X-Forwarded-For: 1.2.3.4"), "200", []string{"GET /x"}},
			{"Cookie twice", get("Cookie: a=b", "Cookie: c=d"), "200", []string{"GET /x"}},
			{"Accept-Encoding twice", get("Accept-Encoding: gzip", "accept-encoding: br"), "200", []string{"GET /x"}},
		},
	},
}

// nominations name each header that is removed or injected.
func nominations() (tries []hostileTry) {
	for _, name := range append(append([]string{}, credentialHeaders...), steeringHeaders...) {
		if name == "X-Api-Key" { // in which the agent token is
			tries = append(tries, hostileTry{name, get("Connection: " + name), "200", []string{"GET /x"}})
			continue
		}
		tries = append(tries, hostileTry{name, get("Connection: keep-alive, "+strings.ToUpper(name), name+": evil"), "200", []string{"GET /x"}})
	}
	return tries
}

// each sends every header in three spellings at once.
func each(names []string, value string) (tries []hostileTry) {
	for _, name := range names {
		send := get(name+": "+value, strings.ToUpper(name)+":"+value, strings.ToLower(name)+":\t"+value)
		if name == "X-Api-Key" {
			send = strings.Replace(send, "X-Api-Key: AGENT", "Authorization: Bearer AGENT", 1)
		}
		tries = append(tries, hostileTry{name, send, "200", []string{"GET /x"}})
	}
	return tries
}

func lines(headers []string) (tries []hostileTry) {
	for _, line := range headers {
		tries = append(tries, hostileTry{line, get(line), "200", []string{"GET /x"}})
	}
	return tries
}
