package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// upstream is the service the agent works with: a forge with a private
// repository and a JSON API, and a model that streams its answer. It speaks TLS
// with a certificate of its own throw-away CA and demands a token everywhere.
type upstream struct {
	forgeToken string
	modelToken string
	server     *httptest.Server
	git        *cgi.Handler
	// arrived is sent a value for each event that the agent has printed; the
	// next event is sent only then, so a stream that is held back comes to a stop.
	arrived chan struct{}

	mu   sync.Mutex
	seen []sighting
}

// sighting is one request as it reached the upstream.
type sighting struct {
	method, path string
	credentials  []string // every header that could be one, as "Name: value"
	status       int
}

// startUpstream serves the bare repositories below repos on a free loopback port.
func startUpstream(repos, gitExecPath, forgeToken, modelToken string) (*upstream, error) {
	u := &upstream{
		forgeToken: forgeToken,
		modelToken: modelToken,
		arrived:    make(chan struct{}, len(events)),
		git: &cgi.Handler{
			Path: filepath.Join(gitExecPath, "git-http-backend"),
			Env: []string{
				"GIT_PROJECT_ROOT=" + repos,
				"GIT_HTTP_EXPORT_ALL=1",
				"REMOTE_USER=demo", // who may push, as far as this server is concerned
			},
			Stderr: os.Stderr,
		},
	}
	certificate, err := newCertificate("localhost")
	if err != nil {
		return nil, err
	}
	u.server = httptest.NewUnstartedServer(http.HandlerFunc(u.serve))
	u.server.TLS = certificate.config()
	u.server.EnableHTTP2 = true
	u.server.StartTLS()
	return u, os.WriteFile(filepath.Join(filepath.Dir(repos), "ca.pem"), certificate.caPEM, 0o600)
}

// host is the upstream's name and port as the bottle file has them.
func (u *upstream) host() string {
	_, port, _ := net.SplitHostPort(u.server.Listener.Addr().String())
	return net.JoinHostPort("localhost", port)
}

// credentialHeaders are those a request could carry a credential in here.
var credentialHeaders = []string{"Authorization", "Proxy-Authorization", "X-Api-Key", "Cookie"}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	record := sighting{method: r.Method, path: r.URL.RequestURI()}
	for _, name := range credentialHeaders {
		for _, value := range r.Header.Values(name) {
			record.credentials = append(record.credentials, name+": "+value)
		}
	}
	counting := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	u.route(counting, r)
	record.status = counting.status
	u.mu.Lock()
	u.seen = append(u.seen, record)
	u.mu.Unlock()
}

func (u *upstream) route(w http.ResponseWriter, r *http.Request) {
	_, password, _ := r.BasicAuth()
	switch path := r.URL.Path; {
	case path == "/api/v1/debug" && r.Header.Get("Authorization") == "token "+u.forgeToken:
		// As error pages and debug endpoints do.
		fmt.Fprintf(w, "GET %s\nAuthorization: %s\n", path, r.Header.Get("Authorization"))
	case strings.HasPrefix(path, "/api/v1/") && r.Header.Get("Authorization") == "token "+u.forgeToken:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"full_name": "team/app", "private": true, "default_branch": "main"})
	case strings.HasPrefix(path, "/team/") && password == u.forgeToken:
		u.git.ServeHTTP(w, r)
	case path == "/v1/messages" && r.Header.Get("Authorization") == "Bearer "+u.modelToken:
		u.stream(w, r)
	default:
		w.Header().Set("WWW-Authenticate", `Basic realm="demo upstream"`)
		http.Error(w, "a token is needed", http.StatusUnauthorized)
	}
}

// events is what the model says.
var events = []string{"The token", "is in the sidecar,", "not in the agent."}

// stream sends one event at a time, and the next when the agent has shown it.
func (u *upstream) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	for _, event := range events {
		fmt.Fprintf(w, "data: %s\n\n", event)
		if err := flush.Flush(); err != nil {
			return
		}
		select {
		case <-u.arrived:
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Second):
			fmt.Fprint(w, "data: (an event was held back on its way)\n\n")
			return
		}
	}
}

// sightings is what has reached the upstream so far.
func (u *upstream) sightings() []sighting {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]sighting(nil), u.seen...)
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach Flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
