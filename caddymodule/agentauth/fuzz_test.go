package agentauth

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

const fuzzToken = "0123456789abcdef0123456789abcdef01234567"

// The forms in which the contract has the token come, written out.
var (
	prefixed  = `(?:ghp_|sk-ant-oat01-|sk-ant-api03-|npm_|glpat-|hf_|pypi-|sk-)?` + fuzzToken
	asKey     = regexp.MustCompile(`^` + prefixed + `$`)
	asWord    = regexp.MustCompile(`^(?i:bearer|token) \s*` + prefixed + `\s*$`)
	asBasic   = regexp.MustCompile(`^(?i:basic) \s*([A-Za-z0-9+/=\r\n]+?)\s*$`)
	passwords = regexp.MustCompile(`(?s)^[^:]*:` + prefixed + `$`)
)

// FuzzAgentAuth fails when a request passes that does not present the agent
// token in one of the forms of the contract, or one that does is refused. In
// the inputs "T" stands for the token, and "{…}" for Base64 of what is in it.
func FuzzAgentAuth(f *testing.F) {
	for _, seed := range []string{
		"Bearer T", "token T", "BEARER ghp_T", "Basic {u:T}", "basic {:sk-ant-oat01-T}", "Basic {u:T:}", "Basic {uT}", "Bearer  T ", "Bearer\tT", "T", "Bearer", "Bearer ghp_ghp_T", "Bearer T, Bearer T", "Digest T", "Basic {u:x}",
		"Basic {u:T}=", "Bearer x", "Basic T", "Basic u:T", "Bearer {T}", "Bearer \x00T", "Bearer T\x00", "pypi-T", "sk-T", "sk-ant-T", "Basic {u:T\n}", "Basic {{u:T}}", "GHP_T", "", "Token glpat-T", "Bearer TT", "Basic {u:v:T}", "Basic {u::T}", "Bearer ghp_npm_T", "sk-ant-oat01-sk-T",
	} {
		for name := range 4 {
			f.Add(uint8(name), seed, "")
		}
	}
	f.Add(uint8(0), "Bearer T", "Bearer T")
	f.Add(uint8(1), "T", "x")
	f.Setenv("AGENT", fuzzToken)
	token, err := secret.FromEnv("AGENT")
	if err != nil {
		f.Fatal(err)
	}
	h := &AgentAuth{token: token, logger: zap.NewNop()}
	f.Fuzz(func(t *testing.T, header uint8, first, second string) {
		name := []string{"Authorization", "X-Api-Key", "X-Goog-Api-Key", "Private-Token", "Proxy-Authorization", "Cookie"}[int(header)%6]
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		values := []string{written(first)}
		if second != "" {
			values = append(values, written(second))
		}
		r.Header[name] = values
		passed := false
		next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { passed = true; return nil })
		recorder := httptest.NewRecorder()
		if err := h.ServeHTTP(recorder, r, next); err != nil {
			t.Fatal(err)
		}
		if want := len(values) == 1 && presents(name, values[0]); passed != want {
			t.Errorf("%s: %q: passed %v, want %v", name, values, passed, want)
		}
		if !passed && (recorder.Code != http.StatusUnauthorized || recorder.Header().Get("WWW-Authenticate") != `Basic realm="cred-proxy"`) {
			t.Errorf("%s: %q: refused with %d, %v", name, values, recorder.Code, recorder.Header())
		}
		if strings.Contains(recorder.Body.String(), fuzzToken) {
			t.Errorf("the refusal of %q shows the token: %s", values, recorder.Body)
		}
	})
}

var inBraces = regexp.MustCompile(`\{[^{}]*\}`)

func written(input string) string {
	input = strings.ReplaceAll(input, "T", fuzzToken)
	return inBraces.ReplaceAllStringFunc(input, func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s[1 : len(s)-1])) })
}

func presents(name, value string) bool {
	if strings.Contains(value, "\v") || strings.ContainsFunc(value, func(r rune) bool { return r >= 0x80 }) {
		return asKey.MatchString(value) && name != "Authorization"
	}
	switch name {
	case "Authorization":
		if encoded := asBasic.FindStringSubmatch(value); encoded != nil {
			decoded, err := base64.StdEncoding.DecodeString(encoded[1])
			return err == nil && passwords.Match(decoded)
		}
		return asWord.MatchString(value)
	case "X-Api-Key", "X-Goog-Api-Key", "Private-Token":
		return asKey.MatchString(value)
	}
	return false
}
