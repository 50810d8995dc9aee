package admission_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	_ "github.com/bot-bottle/cred-proxy/caddymodule"
	"github.com/bot-bottle/cred-proxy/caddymodule/admission"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// client is a connection to a server.
type client struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, address string) client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return client{conn, bufio.NewReader(conn)}
}

// send sends a request and does not wait for its answer.
func (c client) send(t *testing.T, path string) {
	t.Helper()
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
}

func (c client) status(t *testing.T) int {
	t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

// awaitNoConnections is for limits, which are the process's: servers of other
// tests may not have noticed yet that their clients have gone.
func awaitNoConnections(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); admission.OpenConnections() > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections of other tests are still open", admission.OpenConnections())
		}
	}
}

// If this fails, requests that net/http answers by itself, and whose bodies it
// waits for without end, keep a server full of them for good, at no cost and
// without an agent token.
func TestAServerFullOfRequestsThatNoHandlerSees(t *testing.T) {
	for name, head := range map[string]string{
		"for the server as a whole":             "OPTIONS * HTTP/1.1\r\nHost: x\r\n",
		"with an expectation that nobody knows": "POST / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			awaitNoConnections(t)
			address := sidecartest.Run(t, "limits {\nconnections 3\n}\nrespond 200")
			for range 3 {
				c := dial(t, address)
				if _, err := io.WriteString(c, head+"Content-Length: 100\r\n\r\nx"); err != nil {
					t.Fatal(err)
				}
			}
			for deadline := time.Now().Add(20 * time.Second); admission.StuckConnections() < 3; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatalf("%d connections have such a request", admission.StuckConnections())
				}
			}
			next := dial(t, address)
			next.send(t, "/")
			if status := next.status(t); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		})
	}
}

// If this fails, a server with as many connections as it may have does not
// serve the next, or ends a request for it.
func TestAServerFullOfConnections(t *testing.T) {
	awaitNoConnections(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	upstream := sidecartest.NewUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			arrived <- struct{}{}
			<-release
		}
	})
	address := sidecartest.Run(t, "limits {\nconnections 3\n}\nreverse_proxy "+strings.TrimPrefix(upstream.URL, "http://"))
	busy, silent, kept := dial(t, address), dial(t, address), dial(t, address)
	busy.send(t, "/hold")
	<-arrived
	kept.send(t, "/")
	if status := kept.status(t); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	next := dial(t, address)
	next.send(t, "/hold")
	<-arrived
	if _, err := silent.in.ReadByte(); err != io.EOF { //nolint:errorlint // the bare value
		t.Errorf("the silent connection is still open: %v", err)
	}
	another := dial(t, address)
	another.send(t, "/hold")
	<-arrived
	if _, err := kept.in.ReadByte(); err != io.EOF { //nolint:errorlint // the bare value
		t.Errorf("the kept connection is still open: %v", err)
	}

	// All have requests under way.
	resp, err := http.ReadResponse(dial(t, address).in, nil)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Cred-Proxy-Error") != "overloaded" {
		t.Errorf("%+v, %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	close(release)
	for _, c := range []client{busy, next, another} {
		if status := c.status(t); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	last := dial(t, address)
	last.send(t, "/")
	if status := last.status(t); status != http.StatusOK {
		t.Errorf("after the others have ended: status %d", status)
	}
}

// If this fails, bodies that never come keep connections busy after their
// requests have been answered, which no limit of requests counts.
func TestTheRestOfABodyIsNotWaitedForLong(t *testing.T) {
	address := sidecartest.Run(t, "limits {\nalways /healthz\n}\nhandle /healthz {\nrespond 200\n}\nrefuse git_push_refused")
	var slow []client
	for _, path := range []string{"/healthz", "/refused"} {
		for _, body := range []string{"Content-Length: 100\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n5\r\nx"} {
			c := dial(t, address)
			_ = c.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n"+body); err != nil {
				t.Fatal(err)
			}
			slow = append(slow, c)
		}
	}
	for i, c := range slow {
		if status := c.status(t); status != http.StatusOK && status != http.StatusForbidden {
			t.Errorf("%d: status %d", i, status)
		}
		if _, err := c.in.ReadByte(); err != io.EOF { //nolint:errorlint // the bare value
			t.Errorf("%d: %v", i, err)
		}
	}
	// The next request of a connection has its own time.
	kept := dial(t, address)
	for range 2 {
		if _, err := io.WriteString(kept, "POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"); err != nil {
			t.Fatal(err)
		}
		if status := kept.status(t); status != http.StatusForbidden {
			t.Errorf("status %d", status)
		}
	}
}
