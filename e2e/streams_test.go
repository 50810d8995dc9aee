package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// streams are requests of every long kind that are under way at one time, and
// go on when they are told to.
type streams struct {
	*sidecar
	// proceed is closed to let everything come to its end.
	proceed chan struct{}
	// ends wait for each kind's end and return what was wrong with it.
	ends map[string]func() error
}

// half is how much comes of downloads and uploads before they wait.
const half = 2 << 20

// block is half a download, reproducibly.
func randomHalf(seed byte) []byte {
	content := make([]byte, half)
	rand.NewChaCha8([32]byte{seed}).Read(content)
	return content
}

// streaming is an upstream whose answers wait for proceed in the middle.
func streaming(t *testing.T, proceed <-chan struct{}) *upstream {
	t.Helper()
	wait := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		select {
		case <-proceed:
		case <-r.Context().Done():
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: first\n\n")
		wait(w, r)
		_, _ = io.WriteString(w, "data: last\n\n")
	})
	mux.HandleFunc("/download", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(2*half))
		_, _ = w.Write(randomHalf(1))
		wait(w, r)
		_, _ = w.Write(randomHalf(2))
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, sha(body))
	})
	mux.HandleFunc("/echo", echo(""))
	u := &upstream{}
	server := unrecorded(t, mux)
	u.URL = server
	return u
}

// openStreams starts a bottle and one stream of each kind, all in the middle of
// something.
func openStreams(t *testing.T, prepare func(s *sidecar)) *streams {
	t.Helper()
	w := &streams{proceed: make(chan struct{})}
	u, g := streaming(t, w.proceed), newGitServer(t, "bot", lifeToken)
	g.create(t, "team/app.git", map[string]string{"a.bin": string(randomHalf(3)), "b.bin": string(randomHalf(4))})
	tunnel, reached := gatedTunnel(t, g.Address, 256<<10, w.proceed)
	w.sidecar = up(t, "routes:\n- {path: /api/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /git/, upstream: \"https://"+tunnel+"\", auth: {basic: bot, token_ref: T}}\n", map[string]string{"T": lifeToken})
	if prepare != nil {
		prepare(w.sidecar)
	}
	w.ends = map[string]func() error{
		"event stream": w.read(t, "/api/events", []byte("data: first\n\n"), []byte("data: last\n\n")),
		"download":     w.read(t, "/api/download", randomHalf(1), randomHalf(2)),
		"upload":       w.upload(t), "WebSocket": w.socket(t), "git clone": w.clone(t, reached),
	}
	return w
}

// read begins a request and reads the first part of the answer.
func (w *streams) read(t *testing.T, path string, first, last []byte) (end func() error) {
	t.Helper()
	resp := w.get(t, path)
	part := make([]byte, len(first))
	if _, err := io.ReadFull(resp.Body, part); err != nil || !bytes.Equal(part, first) {
		t.Fatalf("%s does not begin: %v", path, err)
	}
	return func() error {
		rest, err := io.ReadAll(resp.Body)
		if err == nil && !bytes.Equal(rest, last) {
			err = fmt.Errorf("%d bytes are not what they should be", len(rest))
		}
		return err
	}
}

// upload sends the first half of a body.
func (w *streams) upload(t *testing.T) (end func() error) {
	t.Helper()
	conn := w.dial(t)
	if _, err := fmt.Fprintf(conn, "PUT /api/upload HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", w.Address, w.Token, 2*half, randomHalf(1)); err != nil {
		t.Fatal(err)
	}
	return func() error {
		<-w.proceed
		if _, err := conn.Write(randomHalf(2)); err != nil {
			return err
		}
		got, err := io.ReadAll(conn)
		if want := sha(append(randomHalf(1), randomHalf(2)...)); err == nil && !strings.HasSuffix(string(got), want) {
			err = fmt.Errorf("the answer is %q, want %s at its end", got, want)
		}
		return err
	}
}

// socket opens a WebSocket over which something has gone both ways.
func (w *streams) socket(t *testing.T) (end func() error) {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+w.Address+"/api/echo", &websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {w.Token}}})
	if err != nil {
		t.Fatalf("%v, %v", resp, err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	echo := func(message string) error {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			return err
		}
		_, got, err := conn.Read(t.Context())
		if err == nil && string(got) != message {
			err = fmt.Errorf("the echo is %q", got)
		}
		return err
	}
	if err := echo("first"); err != nil {
		t.Fatal(err)
	}
	return func() error {
		<-w.proceed
		// It outlasts the others, for which Caddy itself waits.
		for range 2000 {
			if err := echo("last"); err != nil {
				return err
			}
		}
		return conn.Close(websocket.StatusNormalClosure, "")
	}
}

// clone starts git, and returns when part of the pack has come.
func (w *streams) clone(t *testing.T, reached <-chan struct{}) (end func() error) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("git", "clone", "-q", strings.Replace(w.URL, "//", "//agent:"+w.Token+"@", 1)+"/git/team/app.git", "app")
	cmd.Dir, cmd.Env = dir, w.Env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-reached:
	case err := <-done:
		t.Fatalf("git has ended already: %v\n%s", err, output.String())
	}
	return func() error {
		if err := <-done; err != nil {
			return fmt.Errorf("%w: %s", err, output.String())
		}
		if readFile(t, filepath.Join(dir, "app", "b.bin")) != string(randomHalf(4)) {
			return errors.New("the clone is damaged")
		}
		return nil
	}
}

// gatedTunnel leads to address, and once that many bytes have come back waits
// for proceed.
func gatedTunnel(t *testing.T, address string, after int, proceed <-chan struct{}) (tunnel string, reached chan struct{}) {
	t.Helper()
	reached = make(chan struct{})
	var mu sync.Mutex
	wait := func(n int) {
		mu.Lock()
		after -= n
		now := after <= 0 && after+n > 0
		mu.Unlock()
		if now {
			close(reached)
			<-proceed
		}
	}
	return strings.TrimPrefix(rawServer(t, func(conn net.Conn) {
		server, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer server.Close()
		go func() {
			_, _ = io.Copy(server, conn)
			_ = server.(*net.TCPConn).CloseWrite()
		}()
		block := make([]byte, 16<<10)
		for {
			n, err := server.Read(block)
			if n > 0 {
				if wait(n); err == nil {
					_, err = conn.Write(block[:n])
				}
			}
			if err != nil {
				return
			}
		}
	}), "https://"), reached
}
