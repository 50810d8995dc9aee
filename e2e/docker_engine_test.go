package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/client"
)

// engineFront stands between a launcher and the real engine. It can stop a
// launcher at any of its calls, and hides bottles of others, which a `cleanup`
// under test must not touch.
type engineFront struct {
	// Host is its address, as DOCKER_HOST has it.
	Host string

	slug string
	mu   sync.Mutex
	// changes counts the calls that change something.
	changes int
	// each is called with every such call before the engine gets it, and with
	// its number from 1 on.
	each func(number int, r *http.Request)
	// answered is called with every answer.
	answered func(r *http.Response)
}

// engineHost is where the real engine is.
func engineHost() string {
	if host, set := os.LookupEnv("DOCKER_HOST"); set {
		return host
	}
	return client.DefaultDockerHost
}

// frontOf gives a bottle's launchers an engine in which there is no other
// bottle.
func frontOf(t *testing.T, s *sidecar) *engineFront {
	t.Helper()
	socket, local := strings.CutPrefix(engineHost(), "unix://")
	if !local {
		t.Skipf("the engine at %s has no socket here", engineHost())
	}
	f := &engineFront{slug: s.slug}
	dir, err := os.MkdirTemp("", "e2e-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "docker.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "docker"})
		},
		Transport:      &http.Transport{DialContext: dialUnix(socket), DisableCompression: true},
		ModifyResponse: f.answer,
		FlushInterval:  -1,
		ErrorLog:       log.New(io.Discard, "", 0), // calls that an interrupt cuts short
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.count(r)
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	f.Host = "unix://" + path
	direct := s.host
	s.host = append(slices.Clone(direct), "DOCKER_HOST="+f.Host)
	t.Cleanup(func() {
		s.host = direct
		_ = server.Close()
	})
	return f
}

func (f *engineFront) count(r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	f.mu.Lock()
	f.changes++
	number, each := f.changes, f.each
	f.mu.Unlock()
	if each != nil {
		each(number, r)
	}
}

// onChange sets what is called with every change from now on, whose numbers
// begin at 1 again.
func (f *engineFront) onChange(each func(number int, r *http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes, f.each = 0, each
}

// onAnswer sets what is called with every answer before the launcher gets it.
func (f *engineFront) onAnswer(answered func(r *http.Response)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = answered
}

// answer hides the bottles of others from lists.
func (f *engineFront) answer(r *http.Response) error {
	f.mu.Lock()
	answered := f.answered
	f.mu.Unlock()
	if answered != nil {
		answered(r)
	}
	path := r.Request.URL.Path
	if r.Request.Method != http.MethodGet || r.StatusCode != http.StatusOK {
		return nil
	}
	var field string
	switch {
	case strings.HasSuffix(path, "/containers/json"), strings.HasSuffix(path, "/networks"):
	case strings.HasSuffix(path, "/volumes"):
		field = "Volumes"
	default:
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if body, err = f.filter(body, field); err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

func (f *engineFront) filter(body []byte, field string) ([]byte, error) {
	var list []map[string]any
	object := make(map[string]json.RawMessage)
	if field != "" {
		if err := json.Unmarshal(body, &object); err != nil {
			return nil, err
		}
		body = object[field]
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	kept := []map[string]any{}
	for _, item := range list {
		labels, _ := item["Labels"].(map[string]any)
		if slug, of := labels["cred-proxy.bottle"].(string); !of || slug == f.slug {
			kept = append(kept, item)
		}
	}
	body, err := json.Marshal(kept)
	if err != nil || field == "" {
		return body, err
	}
	object[field] = body
	return json.Marshal(object)
}

func dialUnix(path string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
}
