package writeguard_test

import (
	"fmt"
	"strings"
	"testing"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// guard runs a write_guard in front of an upstream that records.
func guard(t *testing.T, directive string) (address string, upstream *sidecartest.Upstream) {
	t.Helper()
	upstream = sidecartest.NewUpstream(t, nil)
	return sidecartest.Run(t, "route {\nwrite_guard "+directive+"\nreverse_proxy "+upstream.URL+"\n}"), upstream
}

// attempt is a request, and what has to become of it.
type attempt struct {
	name, method, target string
	// headers are whole lines.
	headers []string
	body    string
	// code is that of the refusal; empty if the request has to pass.
	code string
}

func (a attempt) String() string {
	lines := []string{a.method + " " + a.target + " HTTP/1.1", "Host: sidecar:9099"}
	lines = append(lines, a.headers...)
	if a.body != "" || a.method == "POST" || a.method == "PUT" || a.method == "PATCH" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(a.body)))
	}
	lines = append(lines, "Connection: close", "", "")
	return strings.Join(lines, "\r\n") + a.body
}

var statuses = map[string][]int{
	"": {200}, "write_refused": {403}, "credential_refused": {403}, "ambiguous_path": {400}, "body_refused": {413, 422},
}

// judge sends the attempts and checks that each gets its answer, that nothing
// refused reaches the upstream, and that what passes arrives as it was sent.
func judge(t *testing.T, address string, upstream *sidecartest.Upstream, attempts []attempt) {
	t.Helper()
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) {
			response := sidecartest.Raw(t, address, a.String())
			received := upstream.Take()
			if code := response.Header.Get("Cred-Proxy-Error"); code != a.code {
				t.Errorf("%s %s: code %q, want %q; %s", a.method, a.target, code, a.code, response.Body)
			}
			known := false
			for _, status := range statuses[a.code] {
				known = known || response.Status == status
			}
			if !known {
				t.Errorf("%s %s: status %d for %q", a.method, a.target, response.Status, a.code)
			}
			switch {
			case a.code != "" && len(received) != 0:
				t.Errorf("it reached the upstream: %s %s", received[0].Method, received[0].Target)
			case a.code == "" && len(received) != 1:
				t.Errorf("the upstream got %d requests", len(received))
			case a.code == "" && (received[0].Method != a.method || received[0].Target != a.target || received[0].Body != a.body):
				t.Errorf("the upstream got %s %s %q", received[0].Method, received[0].Target, received[0].Body)
			}
		})
	}
}
