package e2e

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

func sha(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// unrecorded is an HTTPS server that hands requests on as they come.
func unrecorded(t *testing.T, handler http.Handler) (url string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.leaf(t)}}
	server.Config.ErrorLog = quiet
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// readAgain has the configuration read again, and returns when that was done.
func (s *sidecar) readAgain(t *testing.T) {
	t.Helper()
	const done = `"msg":"successfully reloaded config from file"`
	before := strings.Count(s.logs(t), done)
	s.signal(t, syscall.SIGUSR1)
	eventually(t, "the configuration to be read again", func() bool { return strings.Count(s.logs(t), done) > before })
}

// setGracePeriod is for configurations to come: the one that is there ends with
// the period it has.
func (s *sidecar) setGracePeriod(t *testing.T, from, to string) {
	t.Helper()
	s.rewriteConfig(t, func(config string) string {
		// What is as long now was meant to follow from it.
		return strings.NewReplacer("grace_period "+from, "grace_period "+to, "_delay "+from, "_delay "+to).Replace(config)
	})
	s.readAgain(t)
}

// checkEnds lets all streams end, and fails unless all do well.
func (w *streams) checkEnds(t *testing.T) {
	t.Helper()
	close(w.proceed)
	for name, end := range w.ends {
		if err := end(); err != nil {
			t.Errorf("the %s: %v", name, err)
		}
	}
}

// If this fails, a reload cuts what is under way, at once or after the grace
// period. It was seen failing for WebSockets.
func TestSIGUSR1InMidStreamCutsNothing(t *testing.T) {
	w := openStreams(t, func(s *sidecar) { s.setGracePeriod(t, "30s", "1s") })
	for range 3 {
		w.readAgain(t)
	}
	<-time.After(3 * time.Second) // what the grace period would cut is what is tested
	w.checkEnds(t)
	if log := w.logs(t); strings.Contains(log, "cut off") {
		t.Error("the log says that something was cut off")
	}
}

// If this fails, stopping a bottle cuts what would have ended in time: of its
// last configuration, or of one from before a reload.
func TestSIGTERMInMidStreamDrains(t *testing.T) {
	for name, reloaded := range map[string]bool{"of the configuration": false, "of an earlier configuration": true} {
		t.Run(name, func(t *testing.T) {
			w := openStreams(t, func(s *sidecar) {
				if reloaded {
					s.setGracePeriod(t, "30s", "1s")
				}
			})
			if reloaded {
				w.setGracePeriod(t, "1s", "30s")
				eventually(t, "the earlier configuration's grace period to end", func() bool { return strings.Contains(w.logs(t), `"msg":"server shutdown"`) })
			}
			w.signal(t, syscall.SIGTERM)
			eventually(t, "new connections to be refused", func() bool {
				conn, err := w.connect()
				if err == nil {
					_ = conn.Close()
				}
				return err != nil
			})
			if gone(w.Pid) {
				t.Error("the sidecar ended with requests under way")
			}
			w.checkEnds(t)
			eventually(t, "the sidecar to end", func() bool { return gone(w.Pid) })
			if log := w.logs(t); strings.Contains(log, "cut off") || !strings.Contains(log, `"msg":"shutdown complete"`) {
				t.Errorf("the log says that something was cut off, or the end was no clean one:\n%s", log)
			}
		})
	}
}

// If this fails, what outlasts the grace period keeps a bottle from ending,
// seems to have ended well, or is not counted.
func TestSIGTERMInMidStreamCutsAndCounts(t *testing.T) {
	w := openStreams(t, func(s *sidecar) { s.setGracePeriod(t, "30s", "1s") })
	w.signal(t, syscall.SIGTERM)
	eventually(t, "the sidecar to end", func() bool { return gone(w.Pid) })
	log := w.logs(t)
	for route, requests := range map[string]int{"/api/": 4, "/git/": 1} {
		if want := fmt.Sprintf(`"requests cut off after the grace period","route":"%s","requests":%d`, route, requests); strings.Count(log, want) != 1 {
			t.Errorf("the log does not say once %s:\n%s", want, log)
		}
	}
	close(w.proceed)
	for name, end := range w.ends {
		if err := end(); err == nil {
			t.Errorf("the %s seems to have ended well", name)
		}
	}
}
