package agentauth_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

const token = "0123456789abcdef0123456789abcdef01234567"

func get(headers ...string) string {
	return "GET /x HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n" + strings.Join(append(headers, "\r\n"), "\r\n")
}

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// TestOnlyTheAgentTokenOpensTheProxy fails when another process of the
// machine can use the sidecar, or the agent's own clients cannot.
func TestOnlyTheAgentTokenOpensTheProxy(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		status  int
	}{
		{"Bearer", []string{"Authorization: Bearer " + token}, 200},
		{"bearer in lower case", []string{"authorization: bearer " + token}, 200},
		{"token", []string{"Authorization: token " + token}, 200},
		{"Basic, any user", []string{basic("anyone", token)}, 200},
		{"X-Api-Key", []string{"X-Api-Key: " + token}, 200},
		{"gh's form", []string{"Authorization: token ghp_" + token}, 200},
		{"Claude Code's form", []string{"Authorization: Bearer sk-ant-oat01-" + token}, 200},
		{"an API key's form", []string{"X-Api-Key: sk-ant-api03-" + token}, 200},
		{"npm's form", []string{"Authorization: Bearer npm_" + token}, 200},
		{"npm's form as Basic", []string{basic("x", "npm_"+token)}, 200},
		{"GitLab's form", []string{"PRIVATE-TOKEN: glpat-" + token}, 200},
		{"nothing", nil, 401},
		{"an empty credential", []string{"Authorization: Bearer "}, 401},
		{"a wrong token", []string{"Authorization: Bearer " + strings.Repeat("0", 40)}, 401},
		{"a prefix of the token", []string{"Authorization: Bearer " + token[:39]}, 401},
		{"more than the token", []string{"Authorization: Bearer " + token + "0"}, 401},
		{"the token in upper case", []string{"Authorization: Bearer " + strings.ToUpper(token)}, 401},
		{"two prefixes", []string{"Authorization: Bearer ghp_ghp_" + token}, 401},
		{"as the user of Basic", []string{basic(token, "x")}, 401},
		{"Basic that is not Base64", []string{"Authorization: Basic " + token}, 401},
		{"another scheme", []string{"Authorization: Digest " + token}, 401},
		{"two Authorization headers", []string{"Authorization: Bearer " + token, "Authorization: Bearer x"}, 401},
		{"two X-Api-Key headers", []string{"X-Api-Key: " + token, "X-Api-Key: x"}, 401},
		{"as a cookie", []string{"Cookie: token=" + token}, 401},
	}
	t.Setenv("AGENT", token)
	address := sidecartest.Run(t, "agent_auth AGENT\nrespond 200")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp := sidecartest.Raw(t, address, get(test.headers...))
			if resp.Status != test.status {
				t.Fatalf("got %d, want %d", resp.Status, test.status)
			}
			if test.status != 401 {
				return
			}
			if got := resp.Header.Get("WWW-Authenticate"); got != `Basic realm="cred-proxy"` {
				t.Errorf("challenge %q", got)
			}
			if got := resp.Header.Get("Cred-Proxy-Error"); got != "agent_token_required" {
				t.Errorf("code %q", got)
			}
		})
	}
}

// TestTheAgentTokenGoesNoFurther fails when an upstream gets to see it.
func TestTheAgentTokenGoesNoFurther(t *testing.T) {
	t.Setenv("AGENT", token)
	t.Setenv("SLOT", "TEST-SECRET-agentauth-0123456789")
	upstream := sidecartest.NewUpstream(t, nil)
	address := sidecartest.Run(t, "agent_auth AGENT\ncred_inject Bearer SLOT\nreverse_proxy "+upstream.URL)
	for _, header := range []string{"Authorization: Bearer " + token, "X-Api-Key: " + token, "PRIVATE-TOKEN: " + token, basic("x", token)} {
		sidecartest.Raw(t, address, get(header))
		received := upstream.Take()
		if len(received) != 1 || strings.Contains(fmt.Sprint(received[0].Header), token) || received[0].Header.Get("Authorization") != "Bearer TEST-SECRET-agentauth-0123456789" {
			t.Errorf("%s: upstream got %v", header, received)
		}
	}
}

// TestWhereAgentAuthStands fails when a request can reach a handler before
// the caller was checked.
func TestWhereAgentAuthStands(t *testing.T) {
	t.Setenv("AGENT", token)
	for name, site := range map[string]string{
		"before handle":      "handle /x {\nrespond 200\n}\nagent_auth AGENT",
		"before handle_path": "handle_path /x* {\nrespond 200\n}\nagent_auth AGENT",
		"before route":       "route {\nrespond 200\n}\nagent_auth AGENT",
		"inside handle":      "handle {\nrespond 200\nagent_auth AGENT\n}",
		"inside route":       "route {\nagent_auth AGENT\nrespond 200\n}",
	} {
		t.Run(name, func(t *testing.T) {
			address := sidecartest.Run(t, site)
			if got := sidecartest.Raw(t, address, get()).Status; got != 401 {
				t.Errorf("without a token: %d", got)
			}
			if got := sidecartest.Raw(t, address, get("Authorization: Bearer "+token)).Status; got != 200 {
				t.Errorf("with the token: %d", got)
			}
		})
	}
}

// TestBadAgentTokens fails when a sidecar starts with a token that is none.
func TestBadAgentTokens(t *testing.T) {
	for _, value := range []string{"", "short", strings.ToUpper(token), token + "\n", "TEST-SECRET-agent-token-of-another-form-"} {
		t.Setenv("AGENT", value)
		err := sidecartest.Load("{\nadmin off\npersist_config off\n}\nhttp://" + sidecartest.FreeAddress(t) + " {\nagent_auth AGENT\n}\n")
		if err == nil || !strings.Contains(err.Error(), "AGENT") || strings.Contains(err.Error(), "TEST-SECRET") {
			t.Errorf("%q: %v", value, err)
		}
	}
	for _, directive := range []string{"agent_auth", "agent_auth A B", "agent_auth A {\nx\n}"} {
		if _, err := sidecartest.Adapt("http://:1 {\n" + directive + "\n}\n"); err == nil || !strings.Contains(err.Error(), "Caddyfile:") {
			t.Errorf("%s: %v", directive, err)
		}
	}
}
