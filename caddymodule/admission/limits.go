// Package admission decides what the sidecar takes on: how many requests and
// connections at a time, and which configuration gets a connection that comes
// in while one replaces another.
package admission

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/observe"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

func init() {
	caddy.RegisterModule(Limits{})
	caddy.RegisterModule(Handover{})
}

// Defaults. An agent and its tools have tens of requests under way; these are
// what the memory of a small container has room for.
const (
	DefaultRequests    = 2048
	DefaultConnections = 8192
)

// Limits bounds what callers can keep the process busy with. Both counts are
// of the whole process: of all servers and sites that have a limits, and of
// the configuration before while its requests end.
//
// A request beyond Requests is answered with 503 at once, and with a
// Retry-After. It is not queued, since requests may last for hours.
//
// A request with more than a hundred header fields is answered with 431.
//
// A connection beyond Connections takes the place of the one that has waited
// longest for a request, be it the first or a next one: a server may close
// such a connection at any time (RFC 9112 §9.5). If there is none, the place of
// the one whose request has longest not got to a limits: net/http answers some
// by itself, and waits for their bodies however long that takes. So limits
// belongs before all else on every site of a server. Until one has waited for a
// second, or less where fewer may be open, no more are accepted. If all others
// have requests under way the new one is closed, after a 503 where there is no
// TLS.
//
// Once a request has its answer, what is left of its body is read for five
// seconds at most. net/http reads on after an early answer, so that the client
// gets to see it, and one that sends byte by byte would keep it at that.
//
// A connection needs a descriptor, and so does the request's own to the
// upstream: limits that the process's limit of open files leaves no room for
// are lowered, with a warning.
type Limits struct {
	// Requests is how many requests may be under way. Default: 2048.
	Requests int `json:"requests,omitempty"`
	// Connections is how many connections may be open. Default: 8192.
	Connections int `json:"connections,omitempty"`
	// Always lists paths to which GET and HEAD requests pass however many are
	// under way: a busy process is a healthy one.
	Always []string `json:"always,omitempty"`

	logger *zap.Logger
}

// underWay counts the requests of all Limits.
var underWay atomic.Int64

// CaddyModule returns the Caddy module information.
func (Limits) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.limits",
		New: func() caddy.Module { return new(Limits) },
	}
}

// Provision sets defaults and begins to follow the server's connections.
func (h *Limits) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger()
	if h.Requests == 0 {
		h.Requests = DefaultRequests
	}
	if h.Connections == 0 {
		h.Connections = DefaultConnections
	}
	if err := h.Validate(); err != nil {
		return err
	}
	h.fitDescriptors()
	if server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok {
		server.RegisterConnContext(withConn)
		server.RegisterConnState(follow(open, h.Connections, h.logger))
	}
	return observe.Provision(ctx)
}

// Validate checks the numbers.
func (h *Limits) Validate() error {
	if h.Requests < 0 {
		return fmt.Errorf("requests must be positive, not %d", h.Requests)
	}
	if h.Connections < 0 {
		return fmt.Errorf("connections must be positive, not %d", h.Connections)
	}
	return nil
}

// spareDescriptors are for listeners, files, logs, and what the egress proxy
// and idle upstream connections take.
const spareDescriptors = 128

func (h *Limits) fitDescriptors() {
	files, known := maxOpenFiles()
	if !known {
		return
	}
	room := max(1, (files-spareDescriptors)/2)
	if h.Connections <= room && h.Requests <= room {
		return
	}
	h.logger.Warn("limits lowered to what the limit of open files has room for",
		zap.Int("open_files", files), zap.Int("requests", min(h.Requests, room)), zap.Int("connections", min(h.Connections, room)))
	h.Connections, h.Requests = min(h.Connections, room), min(h.Requests, room)
}

// maxFields is how many header fields a request may have. Handlers copy them a
// few times each, and the 32 KiB of a head have room for six thousand.
const maxFields = 100

// retryAfter is in seconds (RFC 9110 §10.2.3).
const retryAfter = "1"

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Limits) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	requestBegun(r)
	if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok {
		open.handled(conn)
	}
	if r.ContentLength != 0 {
		defer func() {
			// Of this request alone: net/http sets another for the next.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(restOfBody))
		}()
	}
	defer underWay.Add(-1)
	if underWay.Add(1) > int64(h.Requests) && !h.always(r) {
		refusal.Write(w, r, h.logger, refusal.Refusal{
			Code: refusal.Overloaded, Hint: "wait for some of the requests to end; the limit is limits.requests of the bottle file",
			Reason: strconv.Itoa(h.Requests) + " requests are under way",
		})
		return nil
	}
	if fields(r.Header) > maxFields {
		// As net/http answers a head that is too large, and without waiting for
		// a client that does not read.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Second))
		w.Header().Set("Connection", "close")
		http.Error(w, "431 Request Header Fields Too Large", http.StatusRequestHeaderFieldsTooLarge)
		return nil
	}
	return next.ServeHTTP(w, r)
}

// fields counts the lines, of which many may have one name.
func fields(header http.Header) (lines int) {
	for _, values := range header {
		lines += len(values)
	}
	return lines
}

func (h *Limits) always(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && slices.Contains(h.Always, r.URL.Path)
}

// restOfBody is for the rest of a body once there is an answer.
const restOfBody = 5 * time.Second

// Interface guards
var (
	_ caddy.Provisioner           = (*Limits)(nil)
	_ caddy.Validator             = (*Limits)(nil)
	_ caddyhttp.MiddlewareHandler = (*Limits)(nil)
)
