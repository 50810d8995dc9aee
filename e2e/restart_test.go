package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// restarting is an HTTPS upstream that can be killed, with all connections cut,
// and started again on its port. It answers with the request's id.
type restarting struct {
	URL, Address string

	config  *tls.Config
	server  *http.Server
	mu      sync.Mutex
	writes  map[string]int
	answers atomic.Int64
}

// answerLines is how often an answer says the id; that is long enough for
// some to be cut.
const answerLines = 10_000

func newRestarting(t *testing.T, http2 bool, names ...string) *restarting {
	t.Helper()
	u := &restarting{Address: freeAddress(t), writes: make(map[string]int), config: &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, names...)}, NextProtos: []string{"http/1.1"}}}
	if http2 {
		u.config.NextProtos = []string{"h2", "http/1.1"}
	}
	u.URL = "https://" + u.Address
	u.start(t)
	t.Cleanup(u.kill)
	return u
}

func (u *restarting) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", u.Address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(u.answer), TLSConfig: u.config.Clone(), ErrorLog: quiet, ReadHeaderTimeout: time.Minute}
	u.server = server
	go func() { _ = server.ServeTLS(listener, "", "") }()
}

// kill cuts all connections.
func (u *restarting) kill() { _ = u.server.Close() }

func (u *restarting) answer(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if r.Method != http.MethodGet {
		u.mu.Lock()
		u.writes[id]++
		u.mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
	}
	_, _ = io.WriteString(w, id+"\n")
	_ = http.NewResponseController(w).Flush()
	_, _ = io.WriteString(w, strings.Repeat(id+"\n", answerLines-1))
	u.answers.Add(1)
}

// callers send requests from many clients until they are stopped, and check that
// each gets its own answer, a part of it that is seen to be one, or a refusal.
type callers struct {
	s                     *sidecar
	whole, refused, parts atomic.Int64
	stop                  func()
}

func startCallers(t *testing.T, s *sidecar, path string) *callers {
	t.Helper()
	l := &callers{s: s}
	ctx, cancel := context.WithCancel(t.Context())
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 20 * time.Second}
	var workers sync.WaitGroup
	for worker := range 12 {
		workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				method := []string{http.MethodGet, http.MethodPost, http.MethodDelete}[i%3]
				if err := l.request(t.Context(), client, method, path, fmt.Sprintf("%s-%d-%d", method, worker, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	l.stop = sync.OnceFunc(func() {
		cancel()
		workers.Wait()
		client.CloseIdleConnections()
	})
	t.Cleanup(l.stop)
	return l
}

func (l *callers) request(ctx context.Context, client *http.Client, method, path, id string) error {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("body of " + id)
	}
	r, err := http.NewRequestWithContext(ctx, method, l.s.URL+path+"?id="+id, body)
	if err != nil {
		return err
	}
	r.Header.Set("X-Api-Key", l.s.Token)
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	want := strings.Repeat(id+"\n", answerLines)
	switch {
	case resp.StatusCode == http.StatusOK && err == nil && string(got) == want:
		l.whole.Add(1)
	case resp.StatusCode == http.StatusOK && err != nil && strings.HasPrefix(want, string(got)):
		l.parts.Add(1)
	case resp.StatusCode == http.StatusBadGateway && err == nil && resp.Header.Get("Cred-Proxy-Error") == "upstream_unreachable":
		l.refused.Add(1)
	default:
		return fmt.Errorf("%s: status %d, %d bytes beginning %.60q, %w", id, resp.StatusCode, len(got), got, err)
	}
	return nil
}

// until waits until counter has grown by n.
func until(t *testing.T, what string, counter *atomic.Int64, n int64) {
	t.Helper()
	from := counter.Load()
	eventually(t, what, func() bool { return counter.Load() >= from+n })
}

// checkRestarts has fail and heal called twice under load.
func checkRestarts(t *testing.T, s *sidecar, path string, u *restarting, fail, heal func()) {
	t.Helper()
	l := startCallers(t, s, path)
	for range 2 {
		until(t, "requests to succeed", &l.whole, 200)
		fail()
		until(t, "requests to be refused", &l.refused, 50)
		heal()
	}
	until(t, "requests to succeed again", &l.whole, 200)
	// What was under way when it was healed has ended by now.
	refused, parts := l.refused.Load(), l.parts.Load()
	until(t, "requests to go on succeeding", &l.whole, 500)
	l.stop()
	if late := l.refused.Load() + l.parts.Load() - refused - parts; late > 0 {
		t.Errorf("%d requests failed after all was well again", late)
	}
	t.Logf("%d requests succeeded, %d were refused, %d were cut in the answer", l.whole.Load(), l.refused.Load(), l.parts.Load())
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.writes) == 0 {
		t.Error("no write reached the upstream")
	}
	for id, times := range u.writes {
		if times > 1 {
			t.Errorf("%s reached the upstream %d times", id, times)
		}
	}
}

// If this fails, requests hang when an upstream restarts, get each other's
// answers, are sent twice, or still fail when it is back.
func TestUpstreamRestarts(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			u := newRestarting(t, http2)
			s := up(t, "routes: [{path: /api/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": lifeToken})
			checkRestarts(t, s, "/api/x", u, u.kill, func() { u.start(t) })
		})
	}
}

// If this fails, the same goes for an egress proxy; or requests go around it
// while it is away.
func TestEgressProxyRestarts(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			u, world := newRestarting(t, http2, "a.example.com"), newInternet(t)
			world.lead("a.example.com", u.Address)
			address := strings.TrimPrefix(world.URL, "http://")
			s := up(t, "routes: [{path: /api/, upstream: \"https://a.example.com\", auth: {scheme: Bearer, token_ref: T}}]\n"+world.egress(t), map[string]string{"T": lifeToken})
			away := func() {
				world.stop()
				answers := u.answers.Load()
				// The first ones may see connections break.
				eventually(t, "the proxy to be missed", func() bool {
					return readRefusal(t, s.get(t, "/api/x?id=away")).Message == "the egress proxy cannot be reached"
				})
				if now := u.answers.Load(); now > answers+12 { // what was under way
					t.Errorf("%d requests reached the upstream without the proxy", now-answers)
				}
			}
			back := func() {
				var listener net.Listener
				eventually(t, "the proxy's port", func() (ok bool) {
					var err error
					listener, err = net.Listen("tcp", address)
					return err == nil
				})
				world.restart(listener)
			}
			checkRestarts(t, s, "/api/x", u, away, back)
		})
	}
}
