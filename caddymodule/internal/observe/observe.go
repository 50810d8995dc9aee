// Package observe records what became of a request: fields of the access log,
// and metrics. Neither ever holds a token, a header or a query.
package observe

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// Injected is the decision of a request that went upstream with a credential.
// Every other decision is the code of a refusal.
const Injected = "injected"

// The collectors belong to the process, so that counters survive a reload.
var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cred_proxy_requests_total",
		Help: "Requests by route, decision and class of the response's status.",
	}, []string{"route", "decision", "status"})
	inFlight = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "cred_proxy_requests_in_flight",
		Help: "Requests being answered, by route.",
	}, []string{"route"})
	redactions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cred_proxy_redactions_total",
		Help: "Responses in which the token was masked, by route.",
	}, []string{"route"})
	latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "cred_proxy_upstream_response_seconds",
		Help:    "Time until the upstream's response headers arrived, by route.",
		Buckets: prometheus.DefBuckets,
	}, []string{"route"})
)

// Provision makes the metrics part of the configuration's registry. It may be
// called by every handler.
func Provision(ctx caddy.Context) error {
	registry := ctx.GetMetricsRegistry()
	if registry == nil {
		return nil
	}
	for _, c := range []prometheus.Collector{requests, inFlight, redactions, latency} {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

// Decision puts route, decision and upstream (empty if none was asked) into
// the request's access-log line, with method and original path.
func Decision(r *http.Request, route, decision, upstream string) {
	fields, ok := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields)
	if !ok {
		return
	}
	fields.Set(zap.String("route", route))
	fields.Set(zap.String("method", r.Method))
	fields.Set(zap.String("path", OriginalPath(r)))
	fields.Set(zap.String("decision", decision))
	fields.Set(zap.String("upstream", upstream))
}

// OriginalTarget returns the request target as the client sent it.
func OriginalTarget(r *http.Request) string {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		return original.RequestURI
	}
	return r.RequestURI
}

// maxPath is how much of a path is shown, in bytes.
const maxPath = 1 << 10

// OriginalPath returns the path of the original target, without the query, to
// be shown: bytes beyond visible ASCII are percent-encoded, since net/http
// lets them pass and terminals obey U+009B as they do ESC [.
//
// Of a path that is too long for the log, the end is left out: a refusal would
// otherwise take six times what the agent sent.
func OriginalPath(r *http.Request) string {
	path, _, _ := strings.Cut(OriginalTarget(r), "?")
	end := ""
	if left := len(path) - maxPath; left > 0 {
		path, end = path[:maxPath], fmt.Sprintf("[and %d bytes]", left)
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if c := path[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(path[i])
	}
	return b.String() + end
}

// Started counts a request in; the returned function counts it out.
func Started(route string) (ended func()) {
	gauge := inFlight.WithLabelValues(route)
	gauge.Inc()
	return gauge.Dec
}

// Answered records the time to an upstream's response headers.
func Answered(route string, elapsed time.Duration) {
	latency.WithLabelValues(route).Observe(elapsed.Seconds())
}

// Redacted counts a response in which the token was masked.
func Redacted(route string) { redactions.WithLabelValues(route).Inc() }

// Counted counts a finished request. A status of 0 means that the client was
// gone before there was one.
func Counted(route, decision string, status int) {
	requests.WithLabelValues(route, decision, strconv.Itoa(status/100)+"xx").Inc()
}
