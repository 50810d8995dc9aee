// Package agentauth has the handler that decides who may use the proxy.
package agentauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

func init() {
	caddy.RegisterModule(AgentAuth{})
}

// AgentAuth lets a request pass that presents the bottle's agent token, and
// answers every other with 401. On a loopback address any process of the
// machine can reach the port; the token tells the agent's apart.
//
// The token, 40 lower-case hex digits, is accepted as Bearer or token
// credential, as the password of a Basic one, and as the value of X-Api-Key,
// X-Goog-Api-Key or Private-Token, bare or behind a prefix that a client's
// own checks ask for. It is compared in constant time. cred_inject removes it.
type AgentAuth struct {
	// TokenEnv is the environment variable that holds the agent token.
	TokenEnv string `json:"token_env,omitempty"`

	token  secret.Token
	logger *zap.Logger
}

var agentToken = regexp.MustCompile(`^[0-9a-f]{40}$`)

// prefixes are what clients want a token to start with.
var prefixes = []string{"ghp_", "sk-ant-oat01-", "sk-ant-api03-", "npm_", "glpat-", "hf_", "pypi-", "sk-"}

// keyHeaders carry a bare token.
var keyHeaders = []string{"X-Api-Key", "X-Goog-Api-Key", "Private-Token"}

// CaddyModule returns the Caddy module information.
func (AgentAuth) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.agent_auth",
		New: func() caddy.Module { return new(AgentAuth) },
	}
}

// Provision reads the agent token.
func (h *AgentAuth) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	if h.TokenEnv == "" {
		return errors.New("the name of the environment variable with the agent token is required")
	}
	// Not quoted: whoever mistakes the argument for the token wrote it there.
	if agentToken.MatchString(h.TokenEnv) {
		return errors.New("the argument is an agent token; give the name of the environment variable that holds it")
	}
	var err error
	if h.token, err = secret.FromEnv(h.TokenEnv); err != nil {
		return err
	}
	if !agentToken.MatchString(h.token.Reveal()) {
		return fmt.Errorf("environment variable %s is not 40 lower-case hex digits", h.TokenEnv)
	}
	return observe.Provision(ctx)
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *AgentAuth) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	reason := "no agent token"
	for _, candidate := range candidates(r.Header) {
		if h.matches(candidate) {
			return next.ServeHTTP(w, r)
		}
		reason = "wrong agent token"
	}
	// git asks its credential store only after a challenge.
	w.Header().Set("WWW-Authenticate", `Basic realm="cred-proxy"`)
	refusal.Write(w, r, h.logger, refusal.Refusal{
		Code: refusal.AgentTokenRequired, Hint: "use the environment that `cred-proxy env` prints", Reason: reason,
	})
	return nil
}

// matches compares digests, so that not even the candidate's length takes
// another time.
func (h *AgentAuth) matches(candidate string) bool {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(candidate, prefix); ok {
			candidate = rest
			break
		}
	}
	got, want := sha256.Sum256([]byte(candidate)), sha256.Sum256([]byte(h.token.Reveal()))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// candidates returns what may be the agent token. Several values of one
// header are none: nobody could say which one counts.
func candidates(header http.Header) []string {
	var found []string
	if values := header["Authorization"]; len(values) == 1 {
		scheme, credential, _ := strings.Cut(values[0], " ")
		credential = strings.TrimSpace(credential)
		switch strings.ToLower(scheme) {
		case "bearer", "token":
			found = append(found, credential)
		case "basic":
			if decoded, err := base64.StdEncoding.DecodeString(credential); err == nil {
				_, password, _ := strings.Cut(string(decoded), ":")
				found = append(found, password)
			}
		}
	}
	for _, name := range keyHeaders {
		if values := header[name]; len(values) == 1 {
			found = append(found, values[0])
		}
	}
	return found
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens.
//
// Syntax:
//
//	agent_auth [<matcher>] <env>
func (h *AgentAuth) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // directive name
	if !d.AllArgs(&h.TokenEnv) || d.NextBlock(0) {
		return d.ArgErr()
	}
	return nil
}

// ParseCaddyfile sets up the directive.
func ParseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	handler := new(AgentAuth)
	return handler, handler.UnmarshalCaddyfile(h.Dispenser)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*AgentAuth)(nil)
	_ caddyhttp.MiddlewareHandler = (*AgentAuth)(nil)
	_ caddyfile.Unmarshaler       = (*AgentAuth)(nil)
)
