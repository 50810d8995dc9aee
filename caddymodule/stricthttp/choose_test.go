package stricthttp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// If this fails, a request's variables are written while a connection that is
// being made reads them, which ends the process: by the choice of a proxy at each
// new try, or by the handlers that go on when the request has ended.
func TestConnectionsShareNoVariablesWithHandlers(t *testing.T) {
	proxy, asked := &url.URL{Scheme: "http", Host: "proxy.example.com"}, 0
	h := new(StrictHTTP)
	h.Transport = &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
		asked++
		caddyhttp.SetVar(r.Context(), "proxy", proxy)
		return proxy, nil
	}}
	h.chooseOnce()
	vars := map[string]any{"before": "yes"}
	r := httptest.NewRequestWithContext(context.WithValue(t.Context(), caddyhttp.VarsCtxKey, vars), http.MethodGet, "http://api.example.com/", nil)
	ctx := h.choose(r.Context(), r)
	vars["after"] = "yes"
	for range 3 { // tries
		if got, err := h.Transport.Proxy(r.WithContext(ctx)); got != proxy || err != nil {
			t.Errorf("the proxy is %v, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("the proxy was chosen %d times", asked)
	}
	if vars["proxy"] != nil {
		t.Error("the choice is in the handlers' variables")
	}
	if caddyhttp.GetVar(ctx, "proxy") != proxy || caddyhttp.GetVar(ctx, "before") != "yes" || caddyhttp.GetVar(ctx, "after") != nil {
		t.Error("the connection's variables are not a copy with the choice")
	}
}
