//go:build long

package e2e

import (
	"net/http"
	"testing"
)

// If this fails, an egress proxy that takes a connection and never says
// anything holds requests for good.
func TestSilentEgressProxy(t *testing.T) {
	t.Parallel()
	proxy := "http" + rawServer(t, drain)[len("https"):]
	s := up(t, egressRoutes+"egress: {proxy_url: \""+proxy+"\", ca_file: \""+authority.caFile(t)+"\"}\n", map[string]string{"T": egressToken})
	// A minute, which is net/http's own limit for CONNECT; the client's is longer.
	resp, err := (&http.Client{}).Do(s.request(t, http.MethodGet, "/a/x", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := readRefusal(t, resp)
	t.Logf("status %d: %s", resp.StatusCode, got.Message)
	if resp.StatusCode != http.StatusGatewayTimeout && resp.StatusCode != http.StatusBadGateway {
		t.Errorf("status %d, %+v", resp.StatusCode, got)
	}
}
