package credinject

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/credheader"
)

// steering are the request headers by which some servers and frameworks
// change the target, the method or the user of a request.
var steering = []string{
	"Proxy", "X-Rewrite-Url", "X-Override-Url", "X-Request-Uri", "X-Host", "X-Http-Host-Override", "X-Real-Host", "Forwarded-Host", "Fastly-Host", "Alt-Used",
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "X-Accel-Redirect", "X-Sendfile",
	"Forwarded", "X-Forwarded", "Via", "Front-End-Https", "X-Scheme", "X-Url-Scheme",
	"X-Proxy-Host", "X-Proxy-Url", "X-Backend", "X-Backend-Host", "X-Backend-Server", "X-Upstream", "X-Upstream-Host",
	"X-Real-Ip", "True-Client-Ip", "Client-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Originating-Ip", "X-Remote-Ip", "X-Remote-Addr",
	"Cf-Connecting-Ip", "Cf-Connecting-Ipv6", "Fastly-Client-Ip", "X-Azure-Clientip",
	"X-Webauth-User", "X-Webauth-Email", "X-Webauth-Fullname", "Remote-User", "X-Remote-User",
}

// steeringPrefixes cover X-Forwarded-Host, -Proto, -Prefix and -User,
// X-Original-URL, -Method and -Host, X-Envoy-Original-Path and so on, and what
// is said to proxies.
var steeringPrefixes = []string{"x-forwarded-", "x-original-", "x-envoy-", "proxy-"}

// framing are the headers that belong to one connection (RFC 9110 §7.6.1) or
// to the message's framing. Nobody configures those.
var framing = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true, "Trailer": true,
	"Transfer-Encoding": true, "Upgrade": true, "Http2-Settings": true, "Content-Length": true, "Host": true,
}

func (h *CredInject) prepareStripping() {
	h.strip = make(map[string]struct{})
	for _, names := range [][]string{credheader.Names, steering, h.Strip, {h.Header}} {
		for _, name := range names {
			h.strip[credheader.Key(name)] = struct{}{}
		}
	}
	for i, name := range h.StripQuery {
		h.StripQuery[i] = strings.ToLower(name)
	}
	h.forms = append([]string{"_method"}, h.StripQuery...)
}

// cleanHeader returns a copy of the caller's header without credentials,
// steering headers, and what is meant for this hop only: Connection and all
// it nominates, of which a genuine WebSocket upgrade is put back. An agent
// that sends "Connection: Authorization" would otherwise make the reverse
// proxy drop our credential.
func (h *CredInject) cleanHeader(r *http.Request) http.Header {
	nominated := credheader.Nominated(r.Header)
	cleaned := make(http.Header, len(r.Header)+2)
	for name, values := range r.Header {
		key := credheader.Key(name)
		if _, stripped := h.strip[key]; stripped || nominated[key] || steers(key) {
			continue
		}
		if framing[name] {
			continue
		}
		cleaned[name] = append([]string(nil), values...)
	}
	if isWebSocketUpgrade(r, nominated) {
		cleaned["Connection"] = []string{"Upgrade"}
		cleaned["Upgrade"] = []string{"websocket"}
	}
	if acceptsTrailers(r.Header["Te"]) {
		cleaned["Te"] = []string{"trailers"}
	}
	return cleaned
}

func steers(key string) bool {
	return slices.ContainsFunc(steeringPrefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// isWebSocketUpgrade recognises the opening handshake of RFC 6455 §4.1 and
// nothing else; h2c and other protocols would carry requests past every rule.
func isWebSocketUpgrade(r *http.Request, nominated map[string]bool) bool {
	upgrade := r.Header["Upgrade"]
	return r.Method == http.MethodGet && r.ProtoMajor == 1 && r.ProtoMinor == 1 &&
		nominated["upgrade"] && len(upgrade) == 1 && strings.EqualFold(upgrade[0], "websocket") &&
		r.Header.Get("Sec-Websocket-Key") != "" && !nominated["sec-websocket-key"] && r.ContentLength == 0
}

func acceptsTrailers(te []string) bool {
	for _, line := range te {
		for member := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(member), "trailers") {
				return true
			}
		}
	}
	return false
}
