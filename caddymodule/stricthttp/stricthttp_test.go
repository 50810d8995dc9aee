package stricthttp

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// If this fails, requests over HTTP/2 without TLS, which share a connection, cut
// each other off: an answer to one of them was taken for one that nobody asked
// for, while the next was about to be sent.
func TestHTTP2WithoutTLSIsShared(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 50 {
			_, _ = io.WriteString(w, "some more of it ")
			_ = http.NewResponseController(w).Flush()
		}
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	h := new(StrictHTTP)
	h.Versions = []string{"h2c"}
	provision(t, h)
	var requests sync.WaitGroup
	for range 8 {
		requests.Go(func() {
			for range 400 {
				if err := get(t.Context(), h, server.URL); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	requests.Wait()
}

func provision(t *testing.T, h *StrictHTTP) {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	if err := h.Provision(ctx); err != nil {
		t.Fatal(err)
	}
}

// If this fails, read_timeout does nothing, and a request to a silent upstream
// waits for good.
func TestReadTimeoutIsKept(t *testing.T) {
	released := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
	defer server.Close()
	defer close(released)
	h := new(StrictHTTP)
	h.ReadTimeout = caddy.Duration(100 * time.Millisecond)
	provision(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := get(ctx, h, server.URL); err == nil || ctx.Err() != nil {
		t.Errorf("the request ended with %v", err)
	}
}

// If this fails, a connection that cannot be watched is used as if it were.
func TestUnwatchableConnectionsAreRefused(t *testing.T) {
	for name, with := range map[string]func(h *StrictHTTP){
		"a placeholder in the server's name": func(h *StrictHTTP) { h.TLS.ServerName = "{http.request.host}" },
		"the PROXY protocol":                 func(h *StrictHTTP) { h.ProxyProtocol = "v1" },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
			defer cancel()
			h := new(StrictHTTP)
			h.TLS = new(reverseproxy.TLSConfig)
			with(h)
			if err := h.Provision(ctx); err == nil || !strings.Contains(err.Error(), "cannot be watched") {
				t.Errorf("provisioning ends with %v", err)
			}
		})
	}
}

func get(ctx context.Context, h *StrictHTTP, url string) error {
	ctx = context.WithValue(ctx, caddy.ReplacerCtxKey, caddy.NewReplacer())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := h.RoundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
