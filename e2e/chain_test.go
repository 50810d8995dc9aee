package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What every chain of proxies has to get through: fetches that git
// compresses, and events one by one.

// fetchesCompressed has git clone team/app.git, which is given so many
// branches that git compresses the request that names them; server is g's URL
// for the agent.
func fetchesCompressed(t *testing.T, s *sidecar, g *gitServer, server string) {
	t.Helper()
	dir := t.TempDir()
	var commits strings.Builder
	for i := range 200 {
		fmt.Fprintf(&commits, "commit refs/heads/b%d\ncommitter a <a@example.com> %d +0000\ndata 1\nx\n", i, 1700000000+i)
	}
	writeFile(t, filepath.Join(dir, "commits"), commits.String())
	runIn(t, filepath.Join(g.root, "team/app.git"), g.env, "sh", "-c", "git fast-import --quiet <"+dir+"/commits").must(t)
	for _, version := range []string{"2", "0"} {
		trace := s.run(t, dir, "env", "GIT_TRACE_CURL=1", "git", "-c", "protocol.version="+version, "clone", "-q", server+"/team/app.git", "v"+version)
		if trace.Code != 0 {
			t.Fatalf("version %s: exit status %d: %s", version, trace.Code, trace.Stderr)
		}
		if !strings.Contains(strings.ToLower(trace.Stderr), "content-encoding: gzip") {
			t.Errorf("git did not compress over version %s; this test tests nothing", version)
		}
		want := runIn(t, filepath.Join(g.root, "team/app.git"), g.env, "git", "rev-parse", "b199").must(t)
		if got := s.run(t, filepath.Join(dir, "v"+version), "git", "rev-parse", "origin/b199").must(t); got != want {
			t.Errorf("version %s: fetched %s, want %s", version, got, want)
		}
	}
}

// eventsInTurn sends three events, each after proceed was read from.
func eventsInTurn(proceed <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-proceed:
			case <-r.Context().Done():
				return
			}
		}
	}
}

// readEventsInTurn fails the test when an event waits for the one after it.
func readEventsInTurn(t *testing.T, resp *http.Response, proceed chan<- struct{}) {
	t.Helper()
	events, lines := bufio.NewReader(resp.Body), make(chan string)
	var ended error // is set once lines is closed
	go func() {
		defer close(lines)
		for ended == nil {
			var line string
			if line, ended = events.ReadString('\n'); strings.TrimSpace(line) != "" {
				lines <- line
			}
		}
	}()
	for i := range 3 {
		select {
		case line := <-lines:
			if want := fmt.Sprintf("data: %d\n", i); line != want {
				t.Fatalf("event %d is %q", i, line)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("event %d did not come before the next one", i)
		}
		proceed <- struct{}{}
	}
	for line := range lines {
		t.Errorf("after the events comes %q", line)
	}
	if !errors.Is(ended, io.EOF) {
		t.Errorf("after the events: %v", ended)
	}
}
