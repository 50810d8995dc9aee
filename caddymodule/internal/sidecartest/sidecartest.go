// Package sidecartest runs a Caddyfile in the test's own process, with an
// upstream that records what reached it and a client that sends raw bytes.
package sidecartest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	// The adapter and the handlers that the tests' Caddyfiles use.
	_ "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/rewrite"
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
)

const globalOptions = `{
	admin off
	persist_config off
	auto_https off
	grace_period 1s
	log default {
		output discard
	}
}
`

// Adapt turns a Caddyfile into Caddy's JSON.
func Adapt(caddyfile string) ([]byte, error) {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	return config, err
}

// Run serves the body of a site on a free loopback port until the test ends,
// and returns the address. Caddy is one per process: no parallel tests.
func Run(t *testing.T, site string) (address string) {
	t.Helper()
	address = FreeAddress(t)
	host, port, _ := net.SplitHostPort(address)
	if err := Load(globalOptions + "http://:" + port + " {\nbind " + host + "\n" + site + "\n}\n"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Errorf("stopping Caddy: %v", err)
		}
	})
	return address
}

// Load replaces the running configuration.
func Load(caddyfile string) error {
	config, err := Adapt(caddyfile)
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

// FreeAddress returns a loopback address nobody listens on.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Request is what an upstream received.
type Request struct {
	Method, Target, Host, Body string
	Header, Trailer            http.Header
}

// Upstream records every request.
type Upstream struct {
	// URL is the base URL.
	URL string

	mu       sync.Mutex
	requests []Request
}

// NewUpstream starts a recording upstream; handler may be nil, and answers
// after the request was recorded.
func NewUpstream(t *testing.T, handler http.HandlerFunc) *Upstream {
	t.Helper()
	u := &Upstream{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		u.mu.Lock()
		u.requests = append(u.requests, Request{r.Method, r.RequestURI, r.Host, string(body), r.Header.Clone(), r.Trailer.Clone()})
		u.mu.Unlock()
		if handler != nil {
			handler(w, r)
		}
	}))
	t.Cleanup(server.Close)
	u.URL = server.URL
	return u
}

// Take returns what was recorded since the last call.
func (u *Upstream) Take() []Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	requests := u.requests
	u.requests = nil
	return requests
}

// Response is an answer read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Raw sends bytes to address as they are and reads one response. While a
// configuration is being replaced Caddy closes the old listener and what waited
// there; a request that got not one byte of an answer is sent again.
func Raw(t *testing.T, address, request string) Response {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		response, err := exchange(address, request, deadline)
		if err == nil {
			return response
		}
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) || time.Now().After(deadline) {
			t.Fatalf("sending %q: %v", request, err)
		}
	}
}

func exchange(address, request string, deadline time.Time) (Response, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return Response{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return Response{}, err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return Response{}, err
	}
	reader := bufio.NewReader(conn)
	if _, err := reader.Peek(1); err != nil {
		return Response{}, err
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		return Response{}, fmt.Errorf("reading the response: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Response{}, fmt.Errorf("reading the response's body: %w", err)
	}
	return Response{resp.StatusCode, resp.Header, string(body)}, nil
}
