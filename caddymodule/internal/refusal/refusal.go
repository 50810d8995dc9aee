// Package refusal writes every answer that is cred-proxy's own.
package refusal

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
)

// Header is in every refusal.
const Header = "Cred-Proxy-Error"

// Code names a refusal; it is the value of the Cred-Proxy-Error header.
type Code string

// The codes. They are part of the interface to agents and operators.
const (
	AmbiguousPath       Code = "ambiguous_path"
	AgentTokenRequired  Code = "agent_token_required"
	GitPushRefused      Code = "git_push_refused"
	CredentialRefused   Code = "credential_refused"
	WriteRefused        Code = "write_refused"
	HostRefused         Code = "host_refused"
	OriginRefused       Code = "origin_refused"
	NoRoute             Code = "no_route"
	MethodRefused       Code = "method_refused"
	BodyRefused         Code = "body_refused"
	Misdirected         Code = "misdirected"
	Misconfigured       Code = "misconfigured"
	UpstreamUnreachable Code = "upstream_unreachable"
	TokenUnavailable    Code = "token_unavailable"
	TokenExpired        Code = "token_expired"
	Overloaded          Code = "overloaded"
	UpstreamTimeout     Code = "upstream_timeout"
)

// codes gives each code its status and a message for those who have no
// better one.
var codes = map[Code]struct {
	status  int
	message string
}{
	AmbiguousPath:       {http.StatusBadRequest, "the path can be read in more than one way"},
	AgentTokenRequired:  {http.StatusUnauthorized, "this sidecar requires the agent token"},
	GitPushRefused:      {http.StatusForbidden, "git push over HTTP is refused"},
	CredentialRefused:   {http.StatusForbidden, "the request body holds a credential parameter"},
	WriteRefused:        {http.StatusForbidden, "this write is refused"},
	HostRefused:         {http.StatusForbidden, "this sidecar is not known by that host name"},
	OriginRefused:       {http.StatusForbidden, "requests of web pages are refused"},
	NoRoute:             {http.StatusNotFound, "no route matches this path"},
	MethodRefused:       {http.StatusMethodNotAllowed, "this method is refused"},
	BodyRefused:         {http.StatusUnprocessableEntity, "the request body cannot be read without doubt"},
	Misdirected:         {http.StatusMisdirectedRequest, "Host and TLS server name disagree"},
	Misconfigured:       {http.StatusInternalServerError, "the sidecar's configuration adds two credentials to this request"},
	UpstreamUnreachable: {http.StatusBadGateway, "the upstream cannot be reached"},
	TokenUnavailable:    {http.StatusServiceUnavailable, "this route's token is not available"},
	TokenExpired:        {http.StatusServiceUnavailable, "this route's token has expired"},
	Overloaded:          {http.StatusServiceUnavailable, "too many requests at once"},
	UpstreamTimeout:     {http.StatusGatewayTimeout, "the upstream did not answer in time"},
}

// Known reports whether code is one of the above.
func Known(code Code) bool {
	_, ok := codes[code]
	return ok
}

// Refusal is one answer.
type Refusal struct {
	Code Code
	// Status replaces the code's own when it is not 0.
	Status int
	// Message says what was refused; empty: the code's own.
	Message string
	// Hint says what to do instead.
	Hint string
	// Route names the route for log and metrics; empty if there is none.
	Route string
	// Reason is for the log only: what exactly the rule saw.
	Reason string
}

// Error is a refusal that another handler than the one that decides on it has
// to write: cred_inject, which counts and logs the request.
type Error struct{ Refusal }

// Error implements error.
func (e Error) Error() string { return e.Message + ": " + e.Reason }

// body is flat so that gh, octokit, npm and git-lfs print it as it is.
type body struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	Code    Code   `json:"code"`
	Hint    string `json:"hint"`
	Source  string `json:"source"`
}

// maxReason bounds what the log repeats of a reason, in bytes: an error may
// quote what an upstream sent.
const maxReason = 1 << 10

// Write answers the request with the refusal: text for git, which shows it as
// "remote:" lines, and JSON for everyone else. It logs at warn and records
// the decision.
func Write(w http.ResponseWriter, r *http.Request, log *zap.Logger, ref Refusal) {
	known := codes[ref.Code]
	if ref.Status == 0 {
		ref.Status = known.status
	}
	if ref.Message == "" {
		ref.Message = known.message
	}
	observe.Decision(r, ref.Route, string(ref.Code), "")
	observe.Counted(ref.Route, string(ref.Code), ref.Status)
	if c := log.Check(zap.WarnLevel, "request refused"); c != nil {
		c.Write(
			zap.String("code", string(ref.Code)),
			zap.Int("status", ref.Status),
			zap.String("route", ref.Route),
			zap.String("method", r.Method),
			zap.String("path", observe.OriginalPath(r)),
			zap.String("reason", ref.Reason[:min(len(ref.Reason), maxReason)]),
		)
	}

	caddyhttp.SetVar(r.Context(), writtenVar, true)
	content, contentType := render(r, ref)
	header := w.Header()
	header.Set(Header, string(ref.Code))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	if ref.Status == http.StatusMethodNotAllowed { // RFC 9110 §15.5.6
		header.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	if ref.Code == Overloaded {
		header.Set("Retry-After", "1") // RFC 9110 §10.2.3
	}
	if r.Header.Get("Expect") != "" {
		// A client that waits for "100 Continue" sends no body after a
		// refusal. net/http would wait for it, since Caddy's wrapper hides
		// from it that the body was never asked for.
		header.Set("Connection", "close")
	}
	w.WriteHeader(ref.Status)
	_, _ = w.Write(content) // the client may be gone; there is nobody to tell
}

// writtenVar is the request's variable that tells our answer from one of an
// upstream that has our header.
const writtenVar = "cred_proxy.refused"

// Written reports whether Write has answered the request.
func Written(r *http.Request) bool {
	return caddyhttp.GetVar(r.Context(), writtenVar) != nil
}

func render(r *http.Request, ref Refusal) (content []byte, contentType string) {
	if strings.HasPrefix(r.UserAgent(), "git/") {
		text := "cred-proxy: " + ref.Message + "\n"
		if ref.Hint != "" {
			text += ref.Hint + "\n"
		}
		return []byte(text), "text/plain; charset=utf-8"
	}
	message := ref.Message
	if strings.HasPrefix(r.UserAgent(), "git-lfs/") && ref.Hint != "" {
		message += ". " + ref.Hint // it shows the message alone
	}
	// Strings of valid UTF-8 or not always marshal, so the error is nil.
	content, _ = json.Marshal(body{message, message, ref.Code, ref.Hint, "cred-proxy"})
	return append(content, '\n'), "application/json"
}
