package agentauth_test

import (
	"encoding/base64"
	"strings"
	"testing"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// TestAmbiguousCredentials fails when a request passes whose credential
// depends on which of its parts one looks at, or when a part of the token, or
// a different spelling of it, is enough.
func TestAmbiguousCredentials(t *testing.T) {
	t.Setenv("AGENT", token)
	address := sidecartest.Run(t, "agent_auth AGENT\nrespond 200")
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name    string
		headers []string
		status  int
	}{
		{"the token after a wrong one in a list", []string{"Authorization: Bearer x, Bearer " + token}, 401},
		{"the token before a wrong one in a list", []string{"Authorization: Bearer " + token + ", Bearer x"}, 401},
		{"two headers, the right one last", []string{"Authorization: Bearer x", "Authorization: Bearer " + token}, 401},
		{"two headers in different case", []string{"Authorization: Bearer " + token, "AUTHORIZATION: Basic eDp5"}, 401},
		{"an empty header beside the right one", []string{"Authorization:", "Authorization: Bearer " + token}, 401},
		{"two X-Api-Key, both right but for one byte", []string{"X-Api-Key: " + token, "x-api-key: " + token[:39] + "8"}, 401},
		{"a wrong Authorization beside the right X-Api-Key", []string{"Authorization: Bearer x", "X-Api-Key: " + token}, 200},
		{"a tab for the space", []string{"Authorization: Bearer\t" + token}, 401},
		{"no scheme", []string{"Authorization: " + token}, 401},
		{"a scheme that only starts like one", []string{"Authorization: Bearerx " + token}, 401},
		{"a colon in the password", []string{"Authorization: Basic " + encode("u:"+token+":x")}, 401},
		{"a NUL after the password", []string{"Authorization: Basic " + encode("u:"+token+"\x00")}, 401},
		{"a line break after the password", []string{"Authorization: Basic " + encode("u:"+token+"\n")}, 401},
		{"a Basic credential without a colon", []string{"Authorization: Basic " + encode(token)}, 401},
		{"an empty Basic credential", []string{"Authorization: Basic "}, 401},
		{"a prefix alone", []string{"Authorization: Bearer ghp_"}, 401},
		{"a prefix that clients do not ask for", []string{"Authorization: Bearer xyz_" + token}, 401},
		{"a prefix in upper case", []string{"Authorization: Bearer GHP_" + token}, 401},
		{"the token twice", []string{"Authorization: Bearer " + token + token}, 401},
		{"in the wrong header", []string{"Proxy-Authorization: Bearer " + token}, 401},
		{"nominated as hop-by-hop", []string{"Authorization: Bearer x", "Connection: Authorization"}, 401},
		{"in a header with an underscore", []string{"X_Api_Key: " + token}, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := sidecartest.Raw(t, address, get(test.headers...)).Status; got != test.status {
				t.Errorf("got %d, want %d", got, test.status)
			}
		})
	}
	if got := sidecartest.Raw(t, address, strings.Replace(get(), "/x", "/x?token="+token, 1)).Status; got != 401 {
		t.Errorf("in the query: %d", got)
	}
}

// TestARefusalTellsNothing fails when a 401 shows the token, the caller's
// guess or how near it came, or when a cache may keep it.
func TestARefusalTellsNothing(t *testing.T) {
	t.Setenv("AGENT", token)
	address := sidecartest.Run(t, "agent_auth AGENT\nrespond 200")
	guess := token[:39] + "0"
	near := sidecartest.Raw(t, address, get("Authorization: Bearer "+guess))
	far := sidecartest.Raw(t, address, get("Authorization: Bearer "+strings.Repeat("f", 40)))
	if near.Body != far.Body {
		t.Errorf("two wrong tokens, two answers:\n%s%s", near.Body, far.Body)
	}
	if strings.Contains(near.Body, token[:8]) {
		t.Errorf("the answer repeats the guess: %s", near.Body)
	}
	if got := near.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	git := sidecartest.Raw(t, address, get("User-Agent: git/2.39.5"))
	if git.Status != 401 || !strings.HasPrefix(git.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("git got %d %s", git.Status, git.Header.Get("Content-Type"))
	}
}

// TestATokenInPlaceOfItsName fails when someone who writes the token itself
// into the Caddyfile finds it in an error message, and so in a log.
func TestATokenInPlaceOfItsName(t *testing.T) {
	const misplaced = "abcdef0123456789abcdef0123456789abcdef01"
	err := sidecartest.Load("{\nadmin off\npersist_config off\n}\nhttp://" + sidecartest.FreeAddress(t) + " {\nagent_auth " + misplaced + "\n}\n")
	if err == nil {
		t.Fatal("the configuration was loaded")
	}
	if strings.Contains(err.Error(), misplaced) {
		t.Errorf("the error shows the token: %v", err)
	}
}

// TestAReloadTakesANewToken fails when a reload leaves the old token valid.
func TestAReloadTakesANewToken(t *testing.T) {
	t.Setenv("AGENT", token)
	address := sidecartest.Run(t, "agent_auth AGENT\nrespond 200")
	other := strings.Repeat("ab", 20)
	t.Setenv("OTHER", other)
	err := sidecartest.Load("{\nadmin off\npersist_config off\nauto_https off\nlog default {\noutput discard\n}\n}\nhttp://" + address + " {\nbind 127.0.0.1\nagent_auth OTHER\nrespond 200\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	request := func(host, token string) int {
		return sidecartest.Raw(t, address, strings.Replace(get("Authorization: Bearer "+token), "sidecar", host, 1)).Status
	}
	if got := request(address, token); got != 401 {
		t.Errorf("the old token: %d", got)
	}
	if got := request(address, other); got != 200 {
		t.Errorf("the new token: %d", got)
	}
}
