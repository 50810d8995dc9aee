package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// realBottle is a bottle with one route, /api/, in an environment of its own.
type realBottle struct {
	t    *testing.T
	file string
	env  []string
}

func newRealBottle(t *testing.T, upstream string) *realBottle {
	t.Helper()
	dir, err := os.MkdirTemp("", "cp")
	if err != nil {
		t.Fatal(err)
	}
	b := &realBottle{t: t, file: filepath.Join(dir, "demo.yaml"), env: []string{
		"HOME=" + dir, "DOCKER_HOST=unix://" + dir + "/no-engine.sock", "XDG_RUNTIME_DIR=" + dir, "PATH=" + os.Getenv("PATH"),
		"CRED_PROXY_BACKEND=process", "CRED_PROXY_SIDECAR=" + buildSidecar(t),
	}}
	bottle := "routes:\n  - path: /api/\n    upstream: " + upstream + "\n    auth: {scheme: Bearer, token_ref: API_TOKEN}\n"
	if err := os.WriteFile(b.file, []byte(bottle), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.run("first", "down")
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *realBottle) command(token string, args ...string) *exec.Cmd {
	cmd := exec.Command("cred-proxy", append([]string{"-f", b.file}, args...)...)
	cmd.Env = append(b.env, "API_TOKEN=TEST-SECRET-api-token-number-"+token)
	return cmd
}

// run runs cred-proxy with that token and returns its standard output.
func (b *realBottle) run(token string, args ...string) string {
	b.t.Helper()
	cmd := b.command(token, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.t.Errorf("cred-proxy %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// up starts the bottle and returns its base URL and agent token.
func (b *realBottle) up() (base, agentToken string) {
	b.t.Helper()
	out := b.run("first", "up")
	base = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out)
	token, err := os.ReadFile(filepath.Join(filepath.Dir(b.file), "cred-proxy", "demo", "agent-token"))
	if base == "" || err != nil {
		b.t.Fatalf("up said %q; %v", out, err)
	}
	return base, strings.TrimSpace(string(token))
}

// TestReloadLosesNoRequest fails when a reload that replaces the sidecar
// drops a connection, cuts a stream short, or leaves a request after it with
// the old token.
func TestReloadLosesNoRequest(t *testing.T) {
	finish := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/stream" {
			tellToken(w, r)
			return
		}
		fmt.Fprintln(w, "first")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-finish:
		case <-r.Context().Done():
		}
		fmt.Fprintln(w, "last")
	}))
	t.Cleanup(upstream.Close)
	b := newRealBottle(t, upstream.URL)
	base, agentToken := b.up()

	stream := openStream(t, base+"/api/stream", agentToken)
	var asked atomic.Int64
	stop, failures := make(chan struct{}), make(chan error, 1)
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := ask(client, base+"/api/x", agentToken); err != nil {
					select {
					case failures <- err:
					default:
					}
				}
				asked.Add(1)
			}
		})
	}
	// The stream keeps the first sidecar draining, which its end lets go.
	reloaded := make(chan string, 1)
	go func() { reloaded <- b.run("second", "reload") }()
	waitFor(t, "the second sidecar", func() bool {
		_, body, err := fetch(http.MethodGet, base+"/api/x", agentToken)
		return err == nil && strings.Contains(body, "token second")
	})
	close(finish)
	if rest, err := io.ReadAll(stream); err != nil || string(rest) != "last\n" {
		t.Errorf("the stream that was open during the reload ended with %q, %v", rest, err)
	}
	if out := <-reloaded; !strings.Contains(out, "tokens changed") {
		t.Errorf("reload said %q", out)
	}
	for _, token := range []string{"third", "fourth"} {
		b.run(token, "reload")
		if _, body, err := fetch(http.MethodGet, base+"/api/x", agentToken); err != nil || !strings.Contains(body, "token "+token) {
			t.Errorf("after the reload the upstream said %q, %v; want token %s", body, err, token)
		}
	}
	close(stop)
	clients.Wait()
	select {
	case err := <-failures:
		t.Errorf("a request failed during a reload: %v", err)
	default:
	}
	if n := asked.Load(); n < 100 {
		t.Errorf("only %d requests were made, too few to prove anything", n)
	}
}

func openStream(t *testing.T, url, agentToken string) io.Reader {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+agentToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != "first\n" {
		t.Fatalf("the stream began with %q, %v", line, err)
	}
	return lines
}

func ask(client *http.Client, url, agentToken string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+agentToken)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "got token ")) {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return err
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: not within %s", what, waitLimit)
		}
	}
}
