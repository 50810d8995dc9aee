package e2e

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	apiToken = "TEST-SECRET-api-8b1d2c3e4f5a6b"
	evil     = "evil-credential-of-the-agent"
)

// smuggles are requests that carry a credential of the agent's own; AGENT
// stands for the agent token, without which nothing passes. HTTP itself
// forbids some of them: those may be answered 400, but never forwarded.
var smuggles = []struct{ name, head, body string }{
	{"Authorization beside the agent token", "Authorization: Bearer " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"the agent token itself", "Authorization: Bearer AGENT\r\n", ""},
	{"several Authorization lines", "Authorization: Bearer " + evil + "\r\nAuthorization: Basic ZXZpbA==\r\nX-Api-Key: AGENT\r\n", ""},
	{"odd case", "aUtHoRiZaTiOn: Bearer " + evil + "\r\nx-API-key: AGENT\r\n", ""},
	{"two spellings", "authorization: Bearer " + evil + "\r\nAUTHORIZATION: Bearer " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"named in Connection", "Connection: Authorization\r\nAuthorization: Bearer " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"only named in Connection", "Connection: authorization, close\r\nX-Api-Key: AGENT\r\n", ""},
	{"named in two Connection lines", "Connection: keep-alive\r\nConnection: AUTHORIZATION\r\nX-Api-Key: AGENT\r\n", ""},
	{"named in Proxy-Connection", "Proxy-Connection: authorization\r\nAuthorization: " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"folded over two lines", "Authorization: Bearer\r\n " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"a folded line that hides a header", "X-Innocent: a\r\n\tAuthorization: Bearer " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"a space before the colon", "Authorization : Bearer " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"an underscore for a hyphen", "Proxy_Authorization: Bearer " + evil + "\r\nX_Api_Key: " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"Proxy-Authorization", "Proxy-Authorization: Basic ZXZpbDpldmls\r\nX-Api-Key: AGENT\r\n", ""},
	{"a second X-Api-Key", "X-Api-Key: AGENT\r\nAuthorization: Bearer AGENT\r\nApi-Key: " + evil + "\r\n", ""},
	{"headers other forges read", "PRIVATE-TOKEN: " + evil + "\r\nJob-Token: " + evil + "\r\nX-Goog-Api-Key: " + evil + "\r\nX-Auth-Token: " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"cookies", "Cookie: session=" + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"Sudo", "Sudo: " + evil + "\r\nX-Api-Key: AGENT\r\n", ""},
	{"a trailer", "X-Api-Key: AGENT\r\nTrailer: Authorization\r\nTransfer-Encoding: chunked\r\n", "4\r\nbody\r\n0\r\nAuthorization: Bearer " + evil + "\r\n\r\n"},
	{"an undeclared trailer", "X-Api-Key: AGENT\r\nTransfer-Encoding: chunked\r\n", "4\r\nbody\r\n0\r\nAuthorization: Bearer " + evil + "\r\n\r\n"},
	{"an upgrade to h2c", "X-Api-Key: AGENT\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nAuthorization: " + evil + "\r\n", ""},
	{"an upgrade to something else", "X-Api-Key: AGENT\r\nConnection: Upgrade, Authorization\r\nUpgrade: websocket, tcp\r\n", ""},
	{"both lengths", "X-Api-Key: AGENT\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /plain/second HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + evil + "\r\n\r\n"},
	{"two lengths", "X-Api-Key: AGENT\r\nContent-Length: 4\r\nContent-Length: 5\r\n", "body!"},
	{"a bare line feed", "X-Api-Key: AGENT\r\nX-Innocent: a\nAuthorization: Bearer " + evil + "\r\n", ""},
	{"a bare carriage return", "X-Api-Key: AGENT\r\nX-Innocent: a\rAuthorization: Bearer " + evil + "\r\n", ""},
	{"forwarding headers", "X-Api-Key: AGENT\r\nX-Forwarded-Host: evil.example\r\nX-Original-URL: /admin\r\nX-HTTP-Method-Override: DELETE\r\nForwarded: for=" + evil + "\r\nX-Forwarded-User: " + evil + "\r\n", ""},
}

// credentialNames are the headers in which an upstream might find a credential.
var credentialNames = []string{
	"Authorization", "Proxy-Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "Private-Token", "Job-Token",
	"Cookie", "Sudo", "X-Forwarded-User",
}

// If this fails, a credential that the agent sent reaches an upstream, or ours
// does not, or more than one does.
func TestSmuggledCredentials(t *testing.T) {
	h2, h1 := startUpstream(t, true, nil), startUpstream(t, false, nil)
	s := up(t, "routes:\n"+
		"- {path: /plain/, upstream: "+h2.URL+", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /basic/, upstream: "+h1.URL+", auth: {basic: bot, token_ref: T}}\n"+
		"- {path: /key/, upstream: "+h1.URL+", auth: {header: X-Api-Key, token_ref: T}}\n", map[string]string{"T": apiToken})
	routes := []struct {
		path     string
		upstream *upstream
		want     http.Header
	}{
		{"/plain/", h2, http.Header{"Authorization": {"Bearer " + apiToken}}},
		{"/basic/", h1, http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("bot:"+apiToken))}}},
		{"/key/", h1, http.Header{"X-Api-Key": {apiToken}}},
	}
	for _, route := range routes {
		for _, smuggle := range smuggles {
			t.Run(route.path+" "+smuggle.name, func(t *testing.T) {
				got := s.raw(t, "POST "+route.path+"x HTTP/1.1\r\nHost: "+s.Address+"\r\n"+smuggle.head+"\r\n"+smuggle.body)
				requests := route.upstream.take()
				if len(requests) == 0 {
					if got.Status != http.StatusBadRequest {
						t.Errorf("status %d, and nothing reached the upstream: %s", got.Status, got.Body)
					}
					return
				}
				checkCredentials(t, s, requests, route.want)
			})
		}
	}
}

func checkCredentials(t *testing.T, s *sidecar, requests []received, want http.Header) {
	t.Helper()
	if len(requests) != 1 {
		t.Errorf("%d requests reached the upstream", len(requests))
	}
	for _, r := range requests {
		got := http.Header{}
		for name, values := range r.Header {
			if slices.Contains(credentialNames, name) {
				got[name] = values
			}
			for _, value := range values {
				// A folded line becomes part of the header before it (RFC 9112 §5.2).
				if name != "X-Innocent" && strings.Contains(value, evil) || strings.Contains(value, s.Token) {
					t.Errorf("the upstream got %s: %s", name, value)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("credentials at the upstream (-want +got):\n%s", diff)
		}
		if len(r.Trailer) > 0 {
			t.Errorf("the upstream got trailers %v", r.Trailer)
		}
		if r.Method != http.MethodPost || r.Target != "/x" {
			t.Errorf("the upstream got %s %s", r.Method, r.Target)
		}
	}
}

// If this fails, what people type into curl and git to present a credential of
// their own reaches the upstream.
func TestClientsCannotAddCredentials(t *testing.T) {
	u := newUpstream(t, nil)
	s := up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	agentToken := "X-Api-Key: " + s.Token
	for name, args := range map[string][]string{
		"curl -u":                     {"curl", "-sS", "-H", agentToken, "-u", "evil:" + evil},
		"curl -H":                     {"curl", "-sS", "-H", agentToken, "-H", "authorization: Bearer " + evil, "-H", "AUTHORIZATION: x"},
		"curl --oauth2-bearer":        {"curl", "-sS", "-H", agentToken, "--oauth2-bearer", evil},
		"curl -b":                     {"curl", "-sS", "-H", agentToken, "-b", "session=" + evil},
		"curl --http2":                {"curl", "-sS", "--http2", "-H", agentToken, "-H", "Authorization: " + evil},
		"curl -H Connection":          {"curl", "-sS", "-H", agentToken, "-H", "Connection: Authorization", "-H", "Authorization: " + evil},
		"curl with the agent's token": {"curl", "-sS", "-u", "agent:" + s.Token},
	} {
		t.Run(name, func(t *testing.T) {
			s.run(t, t.TempDir(), args[0], append(args[1:], "-X", "POST", s.URL+"/api/x")...).must(t)
			checkCredentials(t, s, u.take(), http.Header{"Authorization": {"Bearer " + apiToken}})
		})
	}
	for _, setting := range []string{"http.extraHeader=Authorization: Bearer " + evil, "http.extraHeader=Cookie: " + evil, "http.userAgent=" + "git/2"} {
		t.Run("git -c "+setting, func(t *testing.T) {
			s.run(t, t.TempDir(), "git", "-c", setting, "ls-remote", strings.Replace(s.URL, "//", "//agent:"+s.Token+"@", 1)+"/api/x")
			for _, r := range u.take() {
				if diff := cmp.Diff([]string{"Bearer " + apiToken}, r.Header["Authorization"]); diff != "" || r.Header.Get("Cookie") != "" {
					t.Errorf("at the upstream (-want +got):\n%s", diff)
				}
			}
		})
	}
}
