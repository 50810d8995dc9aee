package e2e

import "testing"

// to is a request to a target as it is given.
func to(target string) string { return "GET " + target + " HTTP/1.1\r\n" + headAndEnd }

// If this fails, the agent chooses by the form of a target or by Host where a
// request goes, or one goes somewhere else than it was judged by.
func TestHostileTargets(t *testing.T) { testClasses(t) }

var targetClasses = []hostileClass{
	{
		"targets in absolute form",
		"refused, whatever they name",
		"cred_inject: the target is not a path (`internal/target`); Caddyfile.tmpl: `refuse host_refused`",
		[]hostileTry{
			{"the sidecar itself", to("http://SIDECAR/api/x"), "400 ambiguous_path", nil},
			{"another host", to("http://evil.example/api/x"), "403 host_refused", nil},
			{"another port", to("http://127.0.0.1:1/api/x"), "400 ambiguous_path", nil},
			{"https", to("https://SIDECAR/api/x"), "400 ambiguous_path", nil},
			{"a scheme in mixed case", to("hTTp://SIDECAR/api/x"), "400 ambiguous_path", nil},
			{"another scheme", to("ftp://SIDECAR/api/x"), "400 ambiguous_path", nil},
			{"a file", to("file:///etc/passwd"), "404 no_route", nil},
			{"gopher", to("gopher://evil.example:70/_x"), "403 host_refused", nil},
			{"a scheme without host", to("http:/api/x"), "400 ambiguous_path", nil},
			{"a scheme without slashes", to("http:api/x"), "404 no_route", nil},
			{"an empty host", to("http:///api/x"), "400 ambiguous_path", nil},
			{"user info", to("http://user:pass@SIDECAR/api/x"), "400 ambiguous_path", nil},
			{"the sidecar as user info", to("http://SIDECAR@evil.example/api/x"), "403 host_refused", nil},
			{"no path", to("http://SIDECAR"), "404 no_route", nil},
			{"no path and a query", to("http://SIDECAR?x=/api/x"), "404 no_route", nil},
			{"a fragment", to("http://SIDECAR/api/x#y"), "400 ambiguous_path", nil},
			{"a backslash", to(`http:\\evil.example\api/x`), "404 no_route", nil},
			{"a host with an escape", to("http://localhos%74/api/x"), "400 closed", nil},
			{"WebSocket's scheme", to("ws://SIDECAR/api/x"), "400 ambiguous_path", nil},
		},
	},
	{
		"targets in authority form and *",
		"refused",
		"cred_inject: the target is not a path (`internal/target`); net/http server; CONNECT is refused site-wide",
		[]hostileTry{
			{"an authority", to("evil.example:443"), "404 no_route", nil},
			{"the sidecar's authority", to("SIDECAR"), "400 closed", nil},
			{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\n" + headAndEnd, "403 host_refused", nil},
			{"CONNECT to the sidecar", "CONNECT SIDECAR HTTP/1.1\r\n" + headAndEnd, "405 method_refused", nil},
			{"CONNECT of the sidecar's name", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nX-Api-Key: AGENT\r\n\r\n", "403 host_refused", nil},
			{"CONNECT to a path", "CONNECT /api/x HTTP/1.1\r\n" + headAndEnd, "405 method_refused", nil},
			{"CONNECT to a URL", "CONNECT http://SIDECAR/api/x HTTP/1.1\r\n" + headAndEnd, "403 host_refused", nil},
			{"CONNECT with a body", "CONNECT evil.example:443 HTTP/1.1\r\nContent-Length: 45\r\n" + headAndEnd + hiddenBody, "403 host_refused", nil},
			{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + headAndEnd, "200", nil},
			{"GET *", to("*"), "404 no_route", nil},
			{"two asterisks", to("**"), "400 closed", nil},
			{"a relative path", to("api/x"), "400 closed", nil},
			{"a query alone", to("?x"), "400 closed", nil},
			{"a fragment alone", to("#x"), "400 closed", nil},
			{"an at sign first", to("@evil.example/api/x"), "400 closed", nil},
			{"two slashes and a host", to("//evil.example/api/x"), "404 no_route", nil},
			{"two slashes and the sidecar", to("//SIDECAR/api/x"), "404 no_route", nil},
			{"three slashes", to("///api/x"), "400 ambiguous_path", nil},
			{"a slash and a backslash", to(`/\evil.example/api/x`), "404 no_route", nil},
		},
	},
	{
		"paths that lead out of the route, and fragments",
		"refused, or forwarded byte for byte below the upstream's path",
		"cred_inject: ambiguous paths (`internal/target`)",
		[]hostileTry{
			{"a fragment", to("/api/x#y"), "400 ambiguous_path", nil},
			{"a fragment in the query", to("/api/x?y#z"), "200", []string{"GET /x?y#z"}},
			{"an escaped fragment", to("/api/x%23y"), "200", []string{"GET /x%23y"}},
			{"user info in the path", to("/api/@evil.example/x"), "200", []string{"GET /@evil.example/x"}},
			{"user info right behind the prefix", to("/api@evil.example/x"), "404 no_route", nil},
			{"a host behind the prefix", to("/api//evil.example/x"), "200", []string{"GET //evil.example/x"}},
			{"a URL behind the prefix", to("/api/http://evil.example/x"), "200", []string{"GET /http://evil.example/x"}},
			{"a URL in the query", to("/api/x?url=http://evil.example/&host=evil.example"), "200", []string{"GET /x?url=http://evil.example/&host=evil.example"}},
			{"a dot segment", to("/api/../x"), "404 no_route", nil},
			{"an escaped dot segment", to("/api/%2e%2e/x"), "404 no_route", nil},
			{"a twice escaped dot segment", to("/api/%252e%252e/x"), "400 ambiguous_path", nil},
			{"a dot segment with parameters", to("/api/..;x/x"), "400 ambiguous_path", nil},
			{"escaped CR LF", to("/api/x%0d%0aHost:%20evil.example"), "400 ambiguous_path", nil},
			{"escaped CR LF, twice", to("/api/x%250d%250aHost:%20evil.example"), "400 ambiguous_path", nil},
			{"escaped CR LF in the query", to("/api/x?y=%0d%0aHost:%20evil.example"), "200", []string{"GET /x?y=%0d%0aHost:%20evil.example"}},
			{"an escaped NUL", to("/api/x%00"), "400 ambiguous_path", nil},
			{"an escaped request", to("/api/x%20HTTP/1.1%0d%0a"), "400 ambiguous_path", nil},
			{"an escaped space", to("/api/x%20HTTP/1.1"), "200", []string{"GET /x%20HTTP/1.1"}},
			{"a bad escape", to("/api/x%zz"), "400 closed", nil},
			{"bytes above ASCII", to("/api/\xff"), "400 ambiguous_path", nil},
			{"a line separator of Unicode", to("/api/\u560d\u560ax"), "400 ambiguous_path", nil},
			{"a control character", to("/api/\x01"), "400 closed", nil},
			{"a NUL", to("/api/\x00"), "400 closed", nil},
			{"a tab", to("/api/x\ty"), "400 closed", nil},
			{"placeholders", to("/api/{http.request.header.X-Api-Key}"), "400 ambiguous_path", nil},
			{"escaped placeholders", to("/api/%7Benv.CRED_PROXY_TOKEN_0%7D"), "200", []string{"GET /%7Benv.CRED_PROXY_TOKEN_0%7D"}},
			{"placeholders in the query", to("/api/x?{env.CRED_PROXY_TOKEN_0}"), "200", []string{"GET /x?{env.CRED_PROXY_TOKEN_0}"}},
			{"an empty query", to("/api/x?"), "200", []string{"GET /x?"}},
			{"two question marks", to("/api/x??y"), "200", []string{"GET /x??y"}},
			{"the prefix alone", to("/api/"), "200", []string{"GET /"}},
			{"the prefix without slash", to("/api"), "404 no_route", nil},
			{"the prefix in upper case", to("/API/x"), "400 ambiguous_path", nil},
			{"the prefix escaped", to("/%61pi/x"), "400 ambiguous_path", nil},
		},
	},
	{
		"odd Host headers",
		"400, or refused as a foreign host; the upstream's Host is always its own",
		"net/http server: RFC 9112 §3.2; Caddyfile.tmpl: `refuse host_refused`", hosts(),
	},
}

// hosts sends each Host that is foreign or none, and those that are the
// sidecar's.
func hosts() (tries []hostileTry) {
	for _, host := range []struct{ name, lines, answer string }{
		{"none", "", "400 closed"},
		{"two", "Host: SIDECAR\r\nHost: SIDECAR\r\n", "400 closed"},
		{"two different ones", "Host: SIDECAR\r\nHost: evil.example\r\n", "400 closed"},
		{"two in odd case", "Host: SIDECAR\r\nhOST: evil.example\r\n", "400 closed"},
		{"empty", "Host:\r\n", "400"},
		{"a space", "Host: \r\n", "400"},
		{"a path", "Host: SIDECAR/api\r\n", "400 closed"},
		{"a query", "Host: SIDECAR?x\r\n", "400 closed"},
		{"a fragment", "Host: SIDECAR#x\r\n", "400 closed"},
		{"a scheme", "Host: http://SIDECAR\r\n", "400 closed"},
		{"user info", "Host: user@SIDECAR\r\n", "400 closed"},
		{"the sidecar as user info", "Host: SIDECAR@evil.example\r\n", "400 closed"},
		{"another host", "Host: evil.example\r\n", "403 host_refused"},
		{"no port", "Host: 127.0.0.1\r\n", "200"},
		{"port 0", "Host: 127.0.0.1:0\r\n", "200"},
		{"an empty port", "Host: 127.0.0.1:\r\n", "200"},
		{"a port too high", "Host: 127.0.0.1:65536\r\n", "200"},
		{"a negative port", "Host: 127.0.0.1:-1\r\n", "200"},
		{"a port that is a name", "Host: 127.0.0.1:http\r\n", "200"},
		{"two ports", "Host: 127.0.0.1:80:81\r\n", "403 host_refused"},
		{"a port and user info", "Host: 127.0.0.1:80@evil.example\r\n", "400 closed"},
		{"a trailing dot", "Host: localhost.\r\n", "403 host_refused"},
		{"a trailing dot behind an address", "Host: 127.0.0.1.\r\n", "403 host_refused"},
		{"an IPv6 zone", "Host: [::1%25eth0]\r\n", "403 host_refused"},
		{"an IPv6 zone unescaped", "Host: [fe80::1%eth0]\r\n", "403 host_refused"},
		{"IPv6", "Host: [::1]\r\n", "403 host_refused"},
		{"IPv6 without brackets", "Host: ::1\r\n", "403 host_refused"},
		{"half a bracket", "Host: [::1\r\n", "403 host_refused"},
		{"IPv4 in IPv6", "Host: [::ffff:127.0.0.1]\r\n", "403 host_refused"},
		{"a list", "Host: SIDECAR, evil.example\r\n", "400 closed"},
		{"a list without spaces", "Host: evil.example,SIDECAR\r\n", "403 host_refused"},
		{"two words", "Host: SIDECAR evil.example\r\n", "400 closed"},
		{"upper case", "Host: LOCALHOST\r\n", "200"},
		{"an escape", "Host: localhos%74\r\n", "403 host_refused"},
		{"a NUL", "Host: localhost\x00.evil.example\r\n", "400 closed"},
		{"a tab before", "Host:\tSIDECAR\r\n", "200"},
		{"spaces around", "Host:   SIDECAR   \r\n", "200"},
		{"a folded line", "Host: SIDECAR\r\n evil.example\r\n", "400 closed"},
		{"a space before the colon", "Host : SIDECAR\r\n", "400 closed"},
		{"an underscore", "Host: local_host\r\n", "403 host_refused"},
		{"an asterisk", "Host: *\r\n", "403 host_refused"},
		{"a placeholder", "Host: {env.HOME}\r\n", "400 closed"},
		{"a letter that folds to s", "Host: localho\u017ft\r\n", "400 closed"},
		{"a full-width stop", "Host: 127\uff0e0.0.1\r\n", "400 closed"},
	} {
		try := hostileTry{name: host.name, send: "GET /api/x HTTP/1.1\r\n" + host.lines + "X-Api-Key: AGENT\r\n\r\n", answer: host.answer}
		if host.answer == "200" {
			try.sees = []string{"GET /x"}
		}
		tries = append(tries, try)
	}
	return tries
}
