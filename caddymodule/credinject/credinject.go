// Package credinject has the handler that keeps an agent's requests and the
// tokens apart: it removes what the caller sent and adds the route's own.
package credinject

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/net/http/httpguts"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/exiting"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/redact"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

func init() {
	caddy.RegisterModule(CredInject{})
}

// shortToken is the length in bytes below which a token can be guessed by
// having guesses echoed.
const shortToken = 20

// CredInject adds a credential to a request and sees to it that it is the
// only one. In order, it refuses a path that can be read in two ways, refuses
// git pushes, removes every credential the caller sent, removes headers that
// steer proxies and upstreams, and adds one header line with the route's
// token to a clone of the request, which it hands on. On the way back it
// masks the token wherever the upstream shows it.
//
// The token is read from an environment variable or a file when the
// configuration is loaded; a token that is missing, or holds anything but
// visible ASCII, is an error that shows the name and never the value. The
// value is used as it is: placeholders in it are not expanded.
//
// Two cred_inject for one request are an error (500), never two headers.
type CredInject struct {
	// Route is the path prefix of the route, with a slash at both ends. It
	// names the route in logs and metrics. When set, a request whose path
	// spells the prefix in any other way is refused.
	Route string `json:"route,omitempty"`
	// Scheme is the word before the token. Default: Bearer, and none when
	// Header is set.
	Scheme string `json:"scheme,omitempty"`
	// Basic is the user name of a Basic credential (RFC 7617); then there is
	// no Scheme and no Header.
	Basic string `json:"basic,omitempty"`
	// Header is the header that carries the token. Default: Authorization.
	Header string `json:"header,omitempty"`
	// TokenEnv is the environment variable that holds the token. Exactly one
	// of TokenEnv and TokenFile is set.
	TokenEnv string `json:"token_env,omitempty"`
	// TokenFile is a file that holds the token. It is read again when it
	// changes; while it is unusable requests get 503.
	TokenFile string `json:"token_file,omitempty"`
	// GitPush is "refuse" (the default) or "allow". Writes to Git LFS are
	// pushes.
	GitPush string `json:"git_push,omitempty"`
	// GitHint is the last sentence of a refused push.
	GitHint string `json:"git_hint,omitempty"`
	// Strip names request headers to remove beside the built-in ones.
	Strip []string `json:"strip,omitempty"`
	// StripQuery names query parameters to remove. In a form body they are
	// refused.
	StripQuery []string `json:"strip_query,omitempty"`
	// Append lists values to add to list headers that lack them.
	Append []HeaderValue `json:"append,omitempty"`
	// Redact is "on" (the default) or "off": whether the token is masked in
	// what the upstream sends back. While it is on, upstreams are asked for
	// whole bodies without a content coding.
	Redact string `json:"redact,omitempty"`

	logger *zap.Logger
	tokens source
	strip  map[string]struct{}
	forms  []string
	masked *atomic.Pointer[redact.Forms]
}

// HeaderValue is one value of a request header.
type HeaderValue struct {
	Header string `json:"header"`
	Value  string `json:"value"`
}

// CaddyModule returns the Caddy module information.
func (CredInject) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.cred_inject",
		New: func() caddy.Module { return new(CredInject) },
	}
}

// Provision reads the token and fails when there is none to use.
func (h *CredInject) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	h.masked = new(atomic.Pointer[redact.Forms])
	if err := h.check(); err != nil {
		return err
	}
	// reverse_proxy logs the headers it sends at debug level, and only
	// Authorization is masked there.
	for _, logger := range []*zap.Logger{h.logger, ctx.Logger(reverseproxy.Handler{})} {
		if logger.Core().Enabled(zapcore.DebugLevel) {
			return errors.New("debug logging would write credentials to the log; remove `debug` and `level DEBUG`")
		}
	}
	if err := makeUndumpable(); err != nil {
		return fmt.Errorf("protecting the process's memory: %w", err)
	}
	if err := observe.Provision(ctx); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	if err := exiting.Watch(ctx); err != nil {
		return err
	}
	h.prepareStripping()
	redact.MaskStandardLog()
	return h.readToken()
}

func (h *CredInject) readToken() error {
	var err error
	if h.tokens, err = newSource(h.TokenEnv, h.TokenFile); err != nil {
		return err
	}
	token, err := h.tokens.token()
	if err != nil {
		return err
	}
	h.formsOf(token)
	if len(token.Reveal()) < shortToken {
		h.logger.Warn("token is short enough to be guessed",
			zap.String("token_env", h.TokenEnv), zap.String("token_file", h.TokenFile), zap.Int("recommended_length", shortToken))
	}
	return nil
}

// check looks at everything but the token; see Validate.
func (h *CredInject) check() error {
	switch {
	case (h.TokenEnv == "") == (h.TokenFile == ""):
		return errors.New("exactly one of token_env and token_file is required")
	case h.Basic != "" && (h.Scheme != "" || h.Header != ""):
		return errors.New("basic goes without scheme and header")
	case strings.ContainsFunc(h.Basic, func(r rune) bool { return r == ':' || r < 0x20 || r == 0x7f }):
		return errors.New("basic: a user name has no colon and no control character")
	case h.Scheme != "" && !httpguts.ValidHeaderFieldName(h.Scheme):
		return fmt.Errorf("scheme %q is not one word", h.Scheme)
	case h.GitPush != "" && h.GitPush != "refuse" && h.GitPush != "allow":
		return fmt.Errorf("git_push is refuse or allow, not %q", h.GitPush)
	case h.Redact != "" && h.Redact != "on" && h.Redact != "off":
		return fmt.Errorf("redact is on or off, not %q", h.Redact)
	case h.Route != "" && (!strings.HasPrefix(h.Route, "/") || !strings.HasSuffix(h.Route, "/")):
		return fmt.Errorf("route %q must start and end with a slash", h.Route)
	}
	names := append([]string(nil), h.Strip...)
	if h.Header != "" {
		names = append(names, h.Header)
	}
	for _, a := range h.Append {
		names = append(names, a.Header)
		if !httpguts.ValidHeaderFieldValue(a.Value) {
			return fmt.Errorf("append: the value for %s is not a header value", a.Header)
		}
	}
	for _, name := range names {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("%q is not a header name", name)
		}
		if framing[http.CanonicalHeaderKey(name)] {
			return fmt.Errorf("header %s belongs to the connection and cannot be changed", name)
		}
	}
	return nil
}

// Cleanup waits, when the process exits, for what is under way. On a reload it
// runs at once, and what is under way goes on.
func (h *CredInject) Cleanup() error {
	if h.logger == nil || !caddy.Exiting() {
		return nil
	}
	left := exiting.Drain()
	for _, route := range slices.Sorted(maps.Keys(left)) {
		h.logger.Warn("requests cut off after the grace period", zap.String("route", route), zap.Int("requests", left[route]))
	}
	return nil
}

// credential returns the header and the value that authenticate a request.
func (h *CredInject) credential(token secret.Token) (name, value string) {
	name = http.CanonicalHeaderKey(h.Header)
	if name == "" {
		name = "Authorization"
	}
	switch {
	case h.Basic != "":
		return name, "Basic " + base64.StdEncoding.EncodeToString([]byte(h.Basic+":"+token.Reveal()))
	case h.Scheme != "":
		return name, h.Scheme + " " + token.Reveal()
	case h.Header != "":
		return name, token.Reveal()
	}
	return name, "Bearer " + token.Reveal()
}

// formsOf returns the forms of a token, which are computed when it changes.
func (h *CredInject) formsOf(token secret.Token) *redact.Forms {
	forms := h.masked.Load()
	if forms == nil || !forms.Are(token) {
		forms = redact.Of(token)
		redact.Remember(forms)
		h.masked.Store(forms)
	}
	return forms
}

// injectedKey marks a request that has its credential.
type injectedKey struct{}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *CredInject) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if r.Context().Value(injectedKey{}) != nil {
		h.refuse(w, r, refusal.Refusal{Code: refusal.Misconfigured, Hint: "remove one of the two cred_inject that match this request", Reason: "second cred_inject"})
		return nil
	}
	if ref := h.judge(r); ref != nil {
		h.refuse(w, r, *ref)
		return nil
	}
	token, err := h.tokens.token()
	if err != nil {
		h.refuse(w, r, refusal.Refusal{Code: refusal.TokenUnavailable, Hint: "the operator has to repair the token file", Reason: err.Error()})
		return nil
	}
	clone, ref := h.prepare(r, token)
	if ref != nil {
		h.refuse(w, r, *ref)
		return nil
	}
	return h.forward(w, r, clone, token, next)
}

func (h *CredInject) refuse(w http.ResponseWriter, r *http.Request, ref refusal.Refusal) {
	ref.Route = h.Route
	refusal.Write(w, r, h.logger, ref)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*CredInject)(nil)
	_ caddy.CleanerUpper          = (*CredInject)(nil)
	_ caddyhttp.MiddlewareHandler = (*CredInject)(nil)
)
