package credinject

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
)

// TestConnectIsRefused fails when the extended CONNECT of HTTP/2 or HTTP/3
// gets through: it carries WebSocket frames where nobody looks for frames.
func TestConnectIsRefused(t *testing.T) {
	ref := new(CredInject).judge(httptest.NewRequest(http.MethodConnect, "/a/x", nil))
	if ref == nil || ref.Code != refusal.MethodRefused {
		t.Errorf("got %+v", ref)
	}
}
