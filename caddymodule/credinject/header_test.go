package credinject_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestOnlyOurCredentialReachesTheUpstream fails when something the caller
// sent can stand in for the route's credential, or take it away.
func TestOnlyOurCredentialReachesTheUpstream(t *testing.T) {
	const foreign = "TEST-FOREIGN-credential"
	tests := []struct {
		name    string
		headers []string
	}{
		{"nothing", nil},
		{"one", []string{"Authorization: Bearer " + foreign}},
		{"three", []string{"Authorization: Bearer " + foreign, "Authorization: Basic " + foreign, "Authorization: " + foreign}},
		{"in lower case", []string{"authorization: Bearer " + foreign}},
		{"in odd case", []string{"aUtHoRiZaTiOn: Bearer " + foreign}},
		{"nominated by Connection", []string{"Connection: Authorization", "Authorization: Bearer " + foreign}},
		{"nominated in odd case among others", []string{"Connection: close, aUTHORIZATION , x-api-key", "X-Api-Key: " + foreign}},
		{"nominated over two lines", []string{"Connection: keep-alive", "Connection: authorization"}},
		{"Keep-Alive nominated", []string{"Connection: Keep-Alive, Host, Transfer-Encoding"}},
		{"with an underscore", []string{"X_Api_Key: " + foreign, "Private_Token: " + foreign}},
		{"for a proxy", []string{"Proxy-Authorization: Basic " + foreign, "Proxy: " + foreign}},
		{"API keys", []string{"X-Api-Key: " + foreign, "Api-Key: " + foreign, "X-Goog-Api-Key: " + foreign, "X-Auth-Token: " + foreign}},
		{"forge tokens", []string{"Private-Token: " + foreign, "Job-Token: " + foreign, "Deploy-Token: " + foreign, "X-Gitlab-Token: " + foreign, "X-GitHub-Token: " + foreign, "X-JFrog-Art-Api: " + foreign}},
		{"a session", []string{"Cookie: session=" + foreign, "Sudo: " + foreign}},
		{"an operator's own", []string{"X-Internal: " + foreign}},
		{"steering", []string{"X-Original-URL: /" + foreign, "X-Rewrite-URL: /" + foreign, "X-HTTP-Method-Override: " + foreign, "X-Method-Override: " + foreign, "X-WebAuth-User: " + foreign, "Forwarded: for=" + foreign, "Via: " + foreign}},
		{"forwarding", []string{"X-Forwarded-For: " + foreign, "X-Forwarded-Host: " + foreign, "X-Forwarded-Prefix: /" + foreign, "X-Forwarded-User: " + foreign}},
		{"an upgrade to h2c", []string{"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: " + foreign}},
		{"an upgrade to two protocols", []string{"Connection: Upgrade", "Upgrade: websocket, h2c", "Sec-WebSocket-Protocol: x"}},
	}
	address, upstream := start(t, "strip X-Internal")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, get("/a/x", test.headers...))
			received := upstream.Take()
			if resp.Status != 200 || len(received) != 1 {
				t.Fatalf("got %d %s", resp.Status, resp.Body)
			}
			if diff := cmp.Diff([]string{"Bearer " + testToken}, received[0].Header["Authorization"]); diff != "" {
				t.Errorf("Authorization (-want +got):\n%s", diff)
			}
			for name, values := range received[0].Header {
				if strings.Contains(strings.Join(values, ","), foreign) {
					t.Errorf("%s reached the upstream", name)
				}
			}
			for _, name := range []string{"Upgrade", "Connection", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"} {
				if received[0].Header[name] != nil {
					t.Errorf("%s reached the upstream as %q", name, received[0].Header[name])
				}
			}
		})
	}
}

// TestCredentialForms fails when a route authenticates in another way than it
// is configured to.
func TestCredentialForms(t *testing.T) {
	tests := []struct{ name, options, header, want string }{
		{"Bearer by default", "", "Authorization", "Bearer " + testToken},
		{"another scheme", "scheme token", "Authorization", "token " + testToken},
		{"Basic", "basic x-access-token", "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("x-access-token:"+testToken))},
		{"a header of its own", "header x-api-key", "X-Api-Key", testToken},
		{"a header of its own with a scheme", "header X-Auth\nscheme Key", "X-Auth", "Key " + testToken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address, upstream := start(t, test.options)
			sidecartest.Raw(t, address, get("/a/x", "Authorization: Bearer TEST-FOREIGN", "X-Api-Key: TEST-FOREIGN", "X-Auth: TEST-FOREIGN"))
			received := upstream.Take()
			if len(received) != 1 {
				t.Fatalf("%d requests upstream", len(received))
			}
			for _, name := range []string{"Authorization", "X-Api-Key", "X-Auth"} {
				var want []string
				switch name {
				case test.header:
					want = []string{test.want}
				case "X-Auth": // a header nobody configured is none of ours
					want = []string{"TEST-FOREIGN"}
				}
				if diff := cmp.Diff(want, received[0].Header[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// TestAppendAddsOnce fails when a list header loses the caller's members or
// gets one twice.
func TestAppendAddsOnce(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		want    string
	}{
		{"when there is none", nil, "oauth-2025-04-20"},
		{"behind the caller's", []string{"anthropic-beta: a,b"}, "a, b, oauth-2025-04-20"},
		{"behind two lines", []string{"anthropic-beta: a", "anthropic-beta: b"}, "a, b, oauth-2025-04-20"},
		{"not again", []string{"anthropic-beta: a, oauth-2025-04-20"}, "a, oauth-2025-04-20"},
	}
	address, upstream := start(t, "append anthropic-beta oauth-2025-04-20")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sidecartest.Raw(t, address, get("/a/x", test.headers...))
			received := upstream.Take()
			if len(received) != 1 || strings.Join(received[0].Header["Anthropic-Beta"], ", ") != test.want {
				t.Errorf("upstream got %v", received)
			}
		})
	}
}

// TestTrailersAreDropped fails when a request trailer called Authorization
// reaches the upstream beside our header.
func TestTrailersAreDropped(t *testing.T) {
	address, upstream := start(t, "")
	for _, declared := range []string{"Trailer: Authorization, X-Checksum\r\n", ""} {
		sidecartest.Raw(t, address, "POST /a/x HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n"+declared+
			"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nAuthorization: Bearer TEST-FOREIGN\r\nX-Checksum: 1\r\n\r\n")
		received := upstream.Take()
		if len(received) != 1 || received[0].Body != "hi" {
			t.Fatalf("upstream got %v", received)
		}
		if len(received[0].Trailer) != 0 || received[0].Header["Trailer"] != nil {
			t.Errorf("trailers reached the upstream: %v", received[0].Trailer)
		}
	}
}

// TestQueryCredentialsAreRemoved fails when an upstream that prefers a query
// parameter to our header gets the caller's.
func TestQueryCredentialsAreRemoved(t *testing.T) {
	tests := []struct{ query, want string }{
		{"?a=1&token=x&b=2", "?a=1&b=2"},
		{"?token=x", ""},
		{"?a=1&token=x", "?a=1"},
		{"?token=x&a=1", "?a=1"},
		{"?TOKEN=x&a=1", "?a=1"},
		{"?t%6fken=x&a=%2F", "?a=%2F"},
		{"?t%256fken=x&a=1", "?a=1"},
		{"?a=1;access_token=x;b=2", "?a=1;b=2"},
		{"?bad=%zz&access_token=x", "?bad=%zz"},
		{"?access_token", ""},
		{"?tokens=x&my_token=y", "?tokens=x&my_token=y"},
		{"?a=1&&b=2", "?a=1&&b=2"},
	}
	address, upstream := start(t, "strip_query access_token token sudo")
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, get("/b/x"+test.query))
			received := upstream.Take()
			if len(received) != 1 || received[0].Target != "/base/v1/x"+test.want {
				t.Errorf("got %d; upstream got %v", resp.Status, received)
			}
		})
	}
}

// TestFormsWithCredentialsAreRefused fails when a form body can carry a
// credential past the header rules.
func TestFormsWithCredentialsAreRefused(t *testing.T) {
	const form = "Content-Type: application/x-www-form-urlencoded"
	const multi = "Content-Type: multipart/form-data; boundary=b"
	part := func(disposition string) string {
		return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\nx\r\n--b--\r\n"
	}
	tests := []struct {
		name, body string
		headers    []string
		code       string
		status     int
	}{
		{"a harmless form", "a=1&b=2", []string{form}, "", 200},
		{"JSON is not a form", `{"token":"x"}`, []string{"Content-Type: application/json"}, "", 200},
		{"a token", "a=1&token=x", []string{form}, "credential_refused", 403},
		{"a token, encoded", "a=1&t%6Fken=x", []string{form}, "credential_refused", 403},
		{"a method", "_method=DELETE", []string{form}, "credential_refused", 403},
		{"a token without a content type", "token=x", nil, "credential_refused", 403},
		{"a token whose content type Connection removes", "token=x", []string{"Content-Type: application/json", "Connection: Content-Type"}, "body_refused", 422},
		{"JSON that Connection makes a form", `{"x":"&token=x"}`, []string{"Content-Type: application/json", "Connection: Content-Type"}, "body_refused", 422},
		{"a coding that Connection removes", "a=1", []string{form, "Content-Encoding: gzip", "Connection: close, content-encoding"}, "body_refused", 422},
		{"a token in brackets", "[token]=x", []string{form}, "credential_refused", 403},
		{"a content type in odd case", "token=x", []string{"content-type: Application/X-WWW-Form-Urlencoded; charset=utf-8"}, "credential_refused", 403},
		{"two content types", "token=x", []string{"Content-Type: text/plain", form}, "body_refused", 422},
		{"a malformed content type", "token=x", []string{form + "; ="}, "body_refused", 422},
		{"a compressed form", "token=x", []string{form, "Content-Encoding: gzip"}, "body_refused", 422},
		{"a form that is too large", "a=" + strings.Repeat("x", 1<<20), []string{form}, "body_refused", 413},
		{"a harmless multipart", part(`form-data; name="a"`), []string{multi}, "", 200},
		{"a token in a multipart", part(`form-data; name="token"`), []string{multi}, "credential_refused", 403},
		{"two names in a multipart", part(`form-data; name="a"; name="token"`), []string{multi}, "body_refused", 422},
		{"a token behind the end of a multipart", part(`form-data; name="a"`) + part(`form-data; name="token"`), []string{multi}, "body_refused", 422},
		{"a multipart that ends early", strings.TrimSuffix(part(`form-data; name="a"`), "--b--\r\n"), []string{multi}, "body_refused", 422},
		{"a multipart without a part", "--b--\r\n", []string{multi}, "", 200},
		{"two names in a multipart, one extended", part(`form-data; name="token"; name*=UTF-8''a`), []string{multi}, "body_refused", 422},
		{"two names in a multipart, one continued", part(`form-data; name="token"; name*0=a`), []string{multi}, "body_refused", 422},
		{"a name with an escape in a multipart", part(`form-data; name="to\ken"`), []string{multi}, "body_refused", 422},
		{"a second name behind an escaped quote", part(`form-data; name="a\"; name=token; x=\""`), []string{multi}, "body_refused", 422},
		{"a file whose name is extended", part(`form-data; name="a"; filename="f"; filename*=UTF-8''f`), []string{multi}, "", 200},
		{"two boundaries, one extended", part(`form-data; name="token"`), []string{multi + "; boundary*=UTF-8''other"}, "body_refused", 422},
		{"a boundary with an escape", part(`form-data; name="token"`), []string{`Content-Type: multipart/form-data; boundary="\b"`}, "body_refused", 422},
		{"a multipart without boundary", part(`form-data; name="token"`), []string{"Content-Type: multipart/form-data"}, "body_refused", 422},
	}
	address, upstream := start(t, "strip_query access_token token sudo")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, request("POST", "/a/x", test.body, test.headers...))
			received := upstream.Take()
			if resp.Status != test.status || resp.Header.Get("Cred-Proxy-Error") != test.code {
				t.Errorf("got %d %q", resp.Status, resp.Header.Get("Cred-Proxy-Error"))
			}
			if (test.code == "") != (len(received) == 1) {
				t.Errorf("upstream got %v", received)
			}
			if test.code == "" && len(received) == 1 && received[0].Body != test.body {
				t.Errorf("the body arrived as %q", received[0].Body)
			}
		})
	}
}
