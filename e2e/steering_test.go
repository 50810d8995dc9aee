package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// steeringFields are headers by which some proxy, framework or cloud takes a
// request's host, target, method or user from its client. EVIL stands for the
// evil host.
var steeringFields = []string{
	"X-Forwarded-Host: EVIL", "X-Forwarded-Server: EVIL", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Scheme: http", "X-Forwarded-Port: 80",
	"X-Forwarded-Ssl: off", "X-Forwarded-Prefix: //EVIL", "X-Forwarded-Path: /admin", "X-Forwarded-Uri: http://EVIL/x", "X-Forwarded-Method: DELETE", "X-Forwarded-User: admin",
	"X-Forwarded: EVIL", "Forwarded: host=EVIL;proto=http;for=127.0.0.1", "Forwarded-Host: EVIL", "Via: 1.1 EVIL", "X-Host: EVIL", "X-Original-Host: EVIL",
	"X-Http-Host-Override: EVIL", "X-Original-URL: http://EVIL/x", "X-Rewrite-URL: /admin", "X-Original-URI: /admin", "X-Original-Method: DELETE",
	"X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE", "X-Accel-Redirect: /admin", "X-Sendfile: /etc/passwd",
	"Proxy: http://EVIL", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic ZXZpbDpldmls", "Proxy-Authenticate: Basic", "Proxy-Host: EVIL", "Proxy-Url: http://EVIL",
	"X-Backend: EVIL", "X-Backend-Host: EVIL", "X-Backend-Server: EVIL", "X-Upstream: EVIL", "X-Upstream-Host: EVIL", "X-Target: http://EVIL", "X-Target-Host: EVIL", "X-Target-Url: http://EVIL/x",
	"X-Destination: EVIL", "Destination: http://EVIL/x", "X-Server: EVIL", "X-Server-Name: EVIL", "Server-Name: EVIL", "X-SNI: EVIL", "SNI: EVIL", "X-Tls-Server-Name: EVIL", "X-Real-Host: EVIL",
	"X-Route: /b/", "X-Route-To: EVIL", "X-Proxy-Host: EVIL", "X-Proxy-Url: http://EVIL", "X-Proxy-Pass: http://EVIL", "X-Envoy-Original-Path: /admin", "X-Envoy-Original-Host: EVIL",
	"X-Envoy-Decorator-Operation: x", "X-Envoy-Upstream-Rq-Timeout-Ms: 1", "X-Envoy-Retry-On: 5xx", "X-Istio-Attributes: EVIL", "X-Appengine-Default-Namespace: x",
	"X-Azure-SocketIP: 1.2.3.4", "X-Arr-Ssl: x", "X-Ms-Client-Principal: x", "Cf-Connecting-Ip: 127.0.0.1", "Cf-Worker: EVIL", "Fastly-Client-Ip: 127.0.0.1", "Fastly-Host: EVIL", "True-Client-Ip: 127.0.0.1",
	"X-Cluster-Client-Ip: 127.0.0.1", "X-Wap-Profile: http://EVIL/x", "Profile: http://EVIL/x", "Referer: http://EVIL/", "From: root@EVIL", "Contact: root@EVIL", "Base-Url: http://EVIL", "Url: http://EVIL/x",
	"Request-Uri: http://EVIL/x", "Uri: http://EVIL/x", "Redirect: http://EVIL/x", "X-Redirect-To: http://EVIL/x", "Location: http://EVIL/x", "Content-Location: http://EVIL/x", "Alt-Used: EVIL",
	"Alt-Svc: h2=\"EVIL\"", "Upgrade: TLS/1.0\r\nConnection: Upgrade", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "Expect: 200-ok", "Max-Forwards: 0",
	":authority: EVIL", ":path: /admin", ":scheme: http", "Host : EVIL", "HOST: EVIL", " Host: EVIL", "Connection: Host", "Connection: close, Host, Authorization, X-Other-Key",
	"X_Forwarded_Host: EVIL", "Http_Proxy: http://EVIL", "X-Host: {http.request.host}", "X-Note: {env.CRED_PROXY_TOKEN_0}{http.vars.x}{system.hostname}{file./etc/passwd}",
	"User-Agent: {env.CRED_PROXY_TOKEN_0}", "Accept: {http.request.header.Authorization}",
}

// steeringTargets are targets by which something might take another host for
// the upstream. ROUTE stands for the route's own part of the path.
var steeringTargets = []string{
	"/a//EVIL", "/a///EVIL/x", "/a/@EVIL", "/a/@EVIL/x", "/a/:80@EVIL/", "/a/\\EVIL", "/a/\\\\EVIL\\x", "/a/%2f%2fEVIL", "/a/%2F%2FEVIL%2Fx", "/a/%5cEVIL", "/a/%5c%5cEVIL", "/a/http://EVIL/x",
	"/a/http:%2f%2fEVIL/x", "/a/http%3A%2F%2FEVIL%2Fx", "/a/https:/EVIL/x", "/a/.EVIL/x", "/a/%2eEVIL", "/a/..EVIL", "/a/;@EVIL/", "/a/%40EVIL/", "/a/%00@EVIL", "/a/%0d%0aHost:%20EVIL", "/a/%0aX:y", "/a/?//EVIL",
	"/a/?url=http://EVIL/x", "/a/?@EVIL", "/a/?host=EVIL", "/a/%3f@EVIL", "/a/#@EVIL", "/a/x#@EVIL/", "/a/%23@EVIL", "/a/x?a#b", "/a/[::1]", "/a/%5b::1%5d:80/", "/a/x:80", "/a/:80", "/a/:443/x", "/a/*", "/a", "/a@EVIL/", "/a.EVIL/x",
	"/a%2f@EVIL", "/a%2f%2fEVIL", "/A/x", "/a/../b/x", "/a/%2e%2e/b/x", "/a/..%2fb/x", "/a/..;/b/x", "/a/.;/x", "/a/%252e%252e/b/x", "/b/../a/x", "//a/x", "///EVIL/a/x", "/./a/x", "\\a\\x", "//EVIL/a/x", "/%61/x", "/a%00/x",
	"http://EVIL/a/x", "http://EVIL@SIDECAR/a/x", "http://SIDECAR@EVIL/a/x", "http://SIDECAR/a/x", "https://EVIL/a/x", "http:///a/x", "http:/a/x", "http:a/x", "//SIDECAR/a/x", "ftp://EVIL/a/x", "EVIL:80", "EVIL", "a/x", "*", "?/a/x", "#/a/x",
	"unix:/a/x", "http://{http.request.host}/a/x", "/a/{http.request.host}", "/a/{env.CRED_PROXY_TOKEN_0}", "/a/x?{env.CRED_PROXY_TOKEN_0}", "/a/%7Benv.CRED_PROXY_TOKEN_0%7D", "/a/x?q=%7Benv.CRED_PROXY_TOKEN_0%7D&h={http.request.header.X-Api-Key}",
	"/a/$1", "/a/${1}", "/a/$0/x", "/a/\\1", "/{env.CRED_PROXY_TOKEN_0}/x", "/a/{http.regexp.1}", "/a/{file./etc/passwd}", "/a/x?{http.reverse_proxy.upstream.hostport}",
}

// hold reads whatever comes as an answer, and the status of it.
func (w *steered) hold(t *testing.T, request string) (status int) {
	t.Helper()
	conn := w.dial(t)
	defer conn.Close()
	_, _ = io.WriteString(conn, request)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: strings.SplitN(request, " ", 2)[0]})
	if err != nil {
		t.Errorf("no answer to %q: %v", request, err)
		return 0
	}
	defer resp.Body.Close()
	w.Seen.response(resp)
	if body, err := io.ReadAll(resp.Body); err != nil || strings.Contains(string(body), "evil") {
		t.Errorf("the answer to %q is %q, %v", request, body, err)
	}
	return resp.StatusCode
}

// checkSteered fails if a request did not go to its own upstream as it should,
// or with something in it that names the evil host where a server would look.
func (w *steered) checkSteered(t *testing.T, request string) {
	t.Helper()
	for _, r := range w.own.take() {
		if r.Host != strings.TrimPrefix(w.own.URL, "https://") || !slices.Equal(r.Header["Authorization"], []string{"Bearer " + steerToken}) || !strings.HasPrefix(r.Target, "/") {
			t.Errorf("%q reaches its upstream as %+v", request, r)
		}
		for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Host", "X-Original-Url", "X-Rewrite-Url", "Proxy", "Proxy-Url", "Proxy-Authorization", "Upgrade", "X-Backend", "X-Upstream", "Alt-Used", "X-Envoy-Original-Path"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%q reaches its upstream with %s: %q", request, name, r.Header[name])
			}
		}
		for _, token := range []string{steerToken, otherToken} {
			shown := fmt.Sprint(r.Target, r.Body)
			for name, values := range r.Header {
				if name != "Authorization" {
					shown += name + strings.Join(values, " ")
				}
			}
			if containsToken(shown, token) {
				t.Errorf("%q has a token put in its place: %+v", request, r)
			}
		}
	}
	if got := w.other.take(); len(got) > 0 {
		t.Errorf("%q reaches the other upstream as %+v", request, got)
	}
	w.evil.untouched(t)
}

// If this fails, what an agent writes into a request, be it the target, Host
// or another header, decides where a token goes.
func TestRequestsDoNotSteer(t *testing.T) {
	w := newSteered(t)
	passed := 0
	try := func(method, target string, head ...string) {
		t.Helper()
		request := w.in(method + " " + target + " HTTP/1.1\r\n" + strings.Join(append(head, "X-Api-Key: "+w.Token, "Connection: close"), "\r\n") + "\r\n\r\n")
		if w.hold(t, request) == http.StatusOK {
			passed++
		}
		w.checkSteered(t, request)
	}
	for _, header := range steeringFields {
		try("GET", "/a/x", "Host: SIDECAR", header)
		try("POST", "/a/x", header, "Host: SIDECAR", header, "Content-Length: 0")
	}
	if passed < len(steeringFields) {
		t.Errorf("only %d requests got through", passed)
	}
	for _, target := range steeringTargets {
		for _, method := range []string{"GET", "POST", "OPTIONS", "CONNECT", "PRI"} {
			try(method, target, "Host: SIDECAR")
		}
	}
	for _, host := range []string{
		"EVIL", "EVIL:80", "SIDECAR, EVIL", "SIDECAR@EVIL", "EVIL@SIDECAR", "SIDECAR#EVIL", "SIDECAR/EVIL", "SIDECAR\\EVIL", "SIDECAR:EVIL", "EVILTLS", "OWN", "OTHER", "{http.request.host}", "{env.CRED_PROXY_TOKEN_0}",
		"localhost.", "LOCALHOST", "127.0.0.1:80", "[::1]", "", "SIDECAR\r\nHost: EVIL", "EVIL\r\nHost: SIDECAR", "169.254.169.254",
	} {
		for _, target := range []string{"/a/x", "http://SIDECAR/a/x", "http://EVIL/a/x", "http://OTHER/b/x"} {
			try("GET", target, "Host: "+host)
		}
	}
}

// If this fails, a caller may have what it sends expanded, as several of
// Caddy's advisories have it, in some part of a request.
func TestPlaceholdersOfRequestsAreText(t *testing.T) {
	w := newSteered(t)
	const placeholder = "{env.CRED_PROXY_TOKEN_0}{http.request.host}{http.vars.root}"
	request := w.in("POST /a/" + placeholder + "?q=" + placeholder + " HTTP/1.1\r\nHost: SIDECAR\r\nX-Note: " + placeholder + "\r\nUser-Agent: " + placeholder +
		"\r\nX-{env.HOME}: x\r\nX-Api-Key: " + w.Token + "\r\nConnection: close\r\nContent-Length: 59\r\n\r\n" + placeholder)
	refused := w.hold(t, request) // braces are none of a path's characters
	if got := w.own.take(); refused != http.StatusBadRequest || len(got) > 0 {
		t.Errorf("status %d, and the upstream got %+v", refused, got)
	}
	encoded := strings.NewReplacer("{", "%7B", "}", "%7D").Replace(placeholder)
	request = strings.NewReplacer("/a/"+placeholder, "/a/"+encoded, "X-{env.HOME}: x\r\n", "").Replace(request)
	if status := w.hold(t, request); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	got := w.own.take()
	if len(got) != 1 {
		t.Fatalf("the upstream got %+v", got)
	}
	for what, pair := range map[string][2]string{
		"target": {"/" + encoded + "?q=" + placeholder, got[0].Target}, "header": {placeholder, got[0].Header.Get("X-Note")},
		"agent": {placeholder, got[0].Header.Get("User-Agent")}, "body": {placeholder, got[0].Body},
	} {
		if pair[0] != pair[1] {
			t.Errorf("the %s arrives as %q, want %q", what, pair[1], pair[0])
		}
	}
}
