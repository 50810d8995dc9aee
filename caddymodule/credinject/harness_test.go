package credinject_test

import (
	"fmt"
	"strings"
	"testing"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

const testToken = "TEST-SECRET-credinject-0123456789"

// route renders one route as the launcher does.
func route(prefix, base, upstream, options string) string {
	return fmt.Sprintf(`
	handle %[1]s* {
		uri path_regexp ^%[1]s %[2]s
		cred_inject {
			route %[1]s
			token_env CRED_PROXY_TOKEN_0
			%[4]s
		}
		reverse_proxy %[3]s {
			header_up Host {http.reverse_proxy.upstream.host}
			header_up -X-Forwarded-For
			header_up -X-Forwarded-Host
			header_up -X-Forwarded-Proto
			header_up -Via
		}
	}`, prefix, base, upstream, options)
}

const noRoute = "\nhandle {\n\trefuse no_route \"routes: /a/, /b/\"\n}\n"

func get(target string, headers ...string) string {
	return request("GET", target, "", headers...)
}

func request(method, target, body string, headers ...string) string {
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: sidecar", "Connection: close"}, headers...)
	if body != "" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// start runs a sidecar with routes /a/ (no base path) and /b/ (base /base/v1/).
func start(t *testing.T, options string) (address string, upstream *sidecartest.Upstream) {
	t.Helper()
	t.Setenv("CRED_PROXY_TOKEN_0", testToken)
	upstream = sidecartest.NewUpstream(t, nil)
	address = sidecartest.Run(t, route("/a/", "/", upstream.URL, options)+route("/b/", "/base/v1/", upstream.URL, options)+noRoute)
	return address, upstream
}
