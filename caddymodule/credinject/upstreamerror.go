package credinject

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/redact"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// upstreamRefusal says in the agent's and the operator's words why a request
// did not get through. The error's own text goes to the log alone, and there
// without the token: an upstream can put what it received into a malformed
// status line, which Go quotes.
func upstreamRefusal(err error, forms *redact.Forms) refusal.Refusal {
	var decided refusal.Error
	if errors.As(err, &decided) {
		return decided.Refusal
	}
	ref := refusal.Refusal{Code: refusal.UpstreamUnreachable}
	ref.Message, ref.Hint = explain(err)
	var status caddyhttp.HandlerError
	if errors.As(err, &status) {
		if status.StatusCode == http.StatusGatewayTimeout && !isDial(err) {
			ref.Code, ref.Message, ref.Hint = refusal.UpstreamTimeout, "", ""
		}
		if status.Err != nil {
			err = status.Err
		}
	}
	ref.Reason, _ = forms.Mask(err.Error())
	return ref
}

func explain(err error) (message, hint string) {
	var (
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		record      tls.RecordHeaderError
		dns         *net.DNSError
		op          *net.OpError
	)
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return "the egress proxy cannot be reached", "check that the egress proxy is running and that its address is right"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "the upstream's TLS certificate is not trusted", "trust its CA on the host, or set egress.ca_file if an inspecting proxy signs it"
	case errors.As(err, &record):
		return "the upstream does not speak TLS", "check the upstream's scheme and port"
	case errors.As(err, &dns), isDial(err) && strings.Contains(err.Error(), ": lookup "): // DialError hides what it wraps
		return "the upstream's name does not resolve", "check the upstream's host name"
	case isDial(err):
		return "cannot connect to the upstream", "check that the upstream is running and reachable"
	case isStatusText(err):
		return "the egress proxy refused the connection", "allow the upstream's host in the egress proxy"
	}
	return "the upstream closed the connection or broke the protocol", ""
}

func isDial(err error) bool {
	var dial reverseproxy.DialError
	return errors.As(err, &dial)
}

// isStatusText recognises net/http's error for a CONNECT that was answered
// with anything but 200: the bare reason phrase of the response.
func isStatusText(err error) bool {
	var status caddyhttp.HandlerError
	if errors.As(err, &status) && status.Err != nil {
		err = status.Err
	}
	text := err.Error()
	for code := http.StatusMultipleChoices; code < 600; code++ {
		if known := http.StatusText(code); known != "" && text == known {
			return true
		}
	}
	return false
}
