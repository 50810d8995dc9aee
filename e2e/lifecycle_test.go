package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const lifeToken = "TEST-SECRET-life-1a2b3c4d5e6f70"

// slowUpstream sends "first\n", waits for release, and ends with "last\n".
func slowUpstream(t *testing.T) (u *upstream, release func()) {
	t.Helper()
	released := make(chan struct{})
	u = newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-released:
			_, _ = io.WriteString(w, "last\n")
		case <-r.Context().Done():
		}
	})
	return u, func() { close(released) }
}

func lifeBottle(t *testing.T, u *upstream) *sidecar {
	t.Helper()
	return up(t, "routes: [{path: /api/, upstream: "+u.URL+", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": lifeToken})
}

// firstLine begins a request and returns when the first line has come.
func (s *sidecar) firstLine(t *testing.T, path string) *bufio.Reader {
	t.Helper()
	resp := s.get(t, path)
	r := bufio.NewReader(resp.Body)
	if line, err := r.ReadString('\n'); err != nil || line != "first\n" {
		t.Fatalf("status %d, first line %q, %v", resp.StatusCode, line, err)
	}
	return r
}

func (s *sidecar) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.Pid, signal); err != nil {
		t.Fatalf("sending %v to the sidecar: %v", signal, err)
	}
}

// gone reports whether a process has ended, reaped or not.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(after, "Z")
}

// If this fails, stopping a bottle loses answers that were on their way.
func TestSIGTERMLosesNothingThatEndsInTime(t *testing.T) {
	u, release := slowUpstream(t)
	s := lifeBottle(t, u)
	rest := s.firstLine(t, "/api/slow")
	s.signal(t, syscall.SIGTERM)
	eventually(t, "the sidecar to say that it is ending", func() bool { return strings.Contains(s.logs(t), "SIGTERM") })
	if gone(s.Pid) {
		t.Fatal("the sidecar ended with a request under way")
	}
	release()
	if line, err := rest.ReadString('\n'); err != nil || line != "last\n" {
		t.Errorf("the last line is %q, %v", line, err)
	}
	eventually(t, "the sidecar to end", func() bool { return gone(s.Pid) })
	log := s.accessLog(t)
	if len(log) != 1 || log[0]["status"] != 200. || log[0]["bytes_out"] != 11. {
		t.Errorf("the access log says %v", log)
	}
}

// If this fails, an operator's change is not taken over while the sidecar
// runs, or it cuts what is under way.
func TestSIGUSR1TakesAGoodConfigOver(t *testing.T) {
	u, release := slowUpstream(t)
	s := lifeBottle(t, u)
	rest := s.firstLine(t, "/api/slow")
	s.rewriteConfig(t, func(config string) string { return strings.ReplaceAll(config, "/api/", "/new/") })
	s.signal(t, syscall.SIGUSR1)
	eventually(t, "the new route", func() bool {
		return s.get(t, "/api/x").StatusCode == http.StatusNotFound
	})
	release()
	if line, err := rest.ReadString('\n'); err != nil || line != "last\n" {
		t.Errorf("the stream from before ended with %q, %v", line, err)
	}
	if strings.Contains(s.logs(t), "cut off") {
		t.Error("the log says that something was cut off")
	}
	if body := readBody(t, s.get(t, "/new/x")); body != "first\nlast\n" {
		t.Errorf("the new route answers %q", body)
	}
	if got := u.take(); got[len(got)-1].Header.Get("Authorization") != "Bearer "+lifeToken {
		t.Errorf("the upstream got %+v", got)
	}
}

// If this fails, a mistake in a Caddyfile takes a running bottle down, or
// leaves it without its rules.
func TestSIGUSR1KeepsTheOldConfigWhenTheNewOneIsBad(t *testing.T) {
	u, release := slowUpstream(t)
	release()
	s := lifeBottle(t, u)
	for name, edit := range map[string]func(string) string{
		"a syntax error":       func(config string) string { return config + "\n{{{\n" },
		"an unknown directive": func(config string) string { return strings.Replace(config, "cred_inject {", "cred_eject {", 1) },
		"a slot that is not set": func(config string) string {
			return strings.ReplaceAll(config, "CRED_PROXY_TOKEN_0", "CRED_PROXY_TOKEN_7")
		},
		"debug logging": func(config string) string { return strings.Replace(config, "level INFO", "level DEBUG", 1) },
		"an unknown redact option": func(config string) string {
			return strings.Replace(config, "cred_inject {", "cred_inject {\n\t\t\tredact maybe", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := len(s.logs(t))
			undo := s.rewriteConfig(t, edit)
			defer undo()
			s.signal(t, syscall.SIGUSR1)
			eventually(t, "the sidecar to complain", func() bool {
				return strings.Contains(strings.ToLower(s.logs(t)[seen:]), `"level":"error"`)
			})
			if resp := s.get(t, "/api/x"); resp.StatusCode != http.StatusOK {
				t.Errorf("after a bad config the status is %d", resp.StatusCode)
			}
			if got := u.take(); len(got) != 1 || got[0].Header.Get("Authorization") != "Bearer "+lifeToken {
				t.Errorf("the upstream got %+v", got)
			}
			if strings.Contains(s.logs(t), lifeToken) {
				t.Error("the log shows the token")
			}
		})
	}
}

// rewriteConfig changes the sidecar's Caddyfile and returns what undoes it.
func (s *sidecar) rewriteConfig(t *testing.T, edit func(string) string) (undo func()) {
	t.Helper()
	path := filepath.Join(s.State, "Caddyfile")
	before := readFile(t, path)
	after := edit(before)
	if after == before {
		t.Fatal("the edit changes nothing; this test tests nothing")
	}
	writeFile(t, path, after)
	return func() { writeFile(t, path, before) }
}

// If this fails, what reads the access log breaks, or a query or header value,
// which may be a secret, comes to be in it.
func TestAccessLog(t *testing.T) {
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "tea")
	})
	s := lifeBottle(t, u)
	type entry struct {
		Route, Method, Path string
		Status              float64
		In, Out             float64
		Decision, Upstream  string
	}
	host := strings.TrimPrefix(u.URL, "https://")
	requests := []struct {
		method, target, body string
		want                 entry
	}{
		{"GET", "/api/x?key=query-value", "", entry{"/api/", "GET", "/api/x", 418, 0, 3, "injected", host}},
		{"POST", "/api/a%2Fb", "four", entry{"/api/", "POST", "/api/a%2Fb", 418, 4, 3, "injected", host}},
		{"HEAD", "/api/x", "", entry{"/api/", "HEAD", "/api/x", 418, 0, 0, "injected", host}},
		{"GET", "/other?key=query-value", "", entry{"", "GET", "/other", 404, 0, -1, "no_route", ""}},
		{"GET", "/api/../x", "", entry{"", "GET", "/api/../x", 404, 0, -1, "no_route", ""}},
		{"GET", "/api/a/%2e%2e/x?key=query-value", "", entry{"/api/", "GET", "/api/a/%2e%2e/x", 400, 0, -1, "ambiguous_path", ""}},
		{"POST", "/api/r.git/git-receive-pack", "", entry{"/api/", "POST", "/api/r.git/git-receive-pack", 403, 0, -1, "git_push_refused", ""}},
		{"TRACE", "/api/x", "", entry{"", "TRACE", "/api/x", 405, 0, -1, "method_refused", ""}},
	}
	for i, request := range requests {
		t.Run(request.method+" "+request.target, func(t *testing.T) {
			r := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Api-Key: AGENT\r\nX-Note: header-value\r\nUser-Agent: header-value\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
				request.method, request.target, s.Address, len(request.body), request.body)
			began := time.Now()
			answer := s.raw(t, r)
			eventually(t, "the access log", func() bool { return len(s.accessLog(t)) > i })
			line := s.accessLog(t)[i]
			keys := make([]string, 0, len(line))
			for key := range line {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			if diff := cmp.Diff([]string{"bytes_in", "bytes_out", "decision", "duration_ms", "method", "path", "route", "status", "time", "upstream"}, keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			text := func(key string) string { s, _ := line[key].(string); return s }
			number := func(key string) float64 { n, _ := line[key].(float64); return n }
			got := entry{text("route"), text("method"), text("path"), number("status"), number("bytes_in"), number("bytes_out"), text("decision"), text("upstream")}
			if request.want.Out < 0 {
				request.want.Out = float64(len(answer.Body))
			}
			if diff := cmp.Diff(request.want, got); diff != "" {
				t.Errorf("the line (-want +got):\n%s", diff)
			}
			at, err := time.Parse(time.RFC3339Nano, text("time"))
			if err != nil || at.Before(began.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
				t.Errorf("time is %q", text("time"))
			}
			if ms, ok := line["duration_ms"].(float64); !ok || ms < 0 || ms > 20_000 {
				t.Errorf("duration_ms is %v", line["duration_ms"])
			}
		})
	}
	for _, value := range []string{"query-value", "header-value", s.Token, lifeToken} {
		if strings.Contains(s.logs(t), value) {
			t.Errorf("the log contains %q", value)
		}
	}
}
