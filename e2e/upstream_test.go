package e2e

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// received is a request as an upstream got it.
type received struct {
	Proto, Method, Target, Host string
	Header, Trailer             http.Header
	// Body is the first MiB.
	Body       string
	BodyLength int64
}

// recorder keeps the requests that an upstream got.
type recorder struct {
	mu       sync.Mutex
	requests []received
}

func (u *recorder) record(r received) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests = append(u.requests, r)
}

// take returns what was recorded since the last call.
func (u *recorder) take() []received {
	u.mu.Lock()
	defer u.mu.Unlock()
	requests := u.requests
	u.requests = nil
	return requests
}

// upstream is an HTTPS server that records every request.
type upstream struct {
	recorder
	// URL is https://localhost:<port>, Address its loopback address.
	URL, Address string
}

// newUpstream starts a recording upstream that also goes by names. The handler
// may be nil; it runs after the request was read and recorded.
func newUpstream(t *testing.T, handler http.HandlerFunc, names ...string) *upstream {
	t.Helper()
	return startUpstream(t, true, handler, names...)
}

func startUpstream(t *testing.T, http2 bool, handler http.HandlerFunc, names ...string) *upstream {
	t.Helper()
	u := &upstream{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var head bytes.Buffer
		n, _ := io.Copy(&head, io.LimitReader(r.Body, 1<<20))
		rest, _ := io.Copy(io.Discard, r.Body)
		u.record(received{r.Proto, r.Method, r.RequestURI, r.Host, r.Header.Clone(), r.Trailer.Clone(), head.String(), n + rest})
		if handler != nil {
			r.Body = io.NopCloser(&head)
			handler(w, r)
		}
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, names...)}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests are about
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	u.Address = server.Listener.Addr().String()
	u.URL = "https://localhost" + u.Address[strings.LastIndex(u.Address, ":"):]
	return u
}

// demand answers 401 unless header holds exactly the one value.
func demand(header, value string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Values(header); len(got) != 1 || got[0] != value {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"message":"Bad credentials"}`)
			return
		}
		next(w, r)
	}
}
