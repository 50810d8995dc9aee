package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// TestDrainedWaitsForTheQueue: closing a listening socket resets what waits in
// its queue, so the first sidecar must not be told to end before it is empty.
func TestDrainedWaitsForTheQueue(t *testing.T) {
	first, steered, err := listen(0)
	if err != nil || !steered {
		t.Fatalf("listening: %v, steered %v (the kernel has to know SO_ATTACH_REUSEPORT_CBPF)", err, steered)
	}
	defer first.close()
	for range 3 {
		connect(t, first)
	}
	second, err := join(first.port)
	if err != nil {
		t.Fatal(err)
	}
	defer second.close()
	if err := second.steer(1); err != nil {
		t.Fatal(err)
	}
	connect(t, second) // must not count: the second sidecar keeps its own

	own, err := inode(second.file)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := net.FileListener(first.file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = accepted.Close() }()
	ended := make(chan error, 1)
	go func() { ended <- drained(t.Context(), second) }()
	for left := 3; left > 0; left-- {
		if got, err := waitingConnections(first.port, own); err != nil || got != left {
			t.Fatalf("%d connections wait, %v; want %d", got, err, left)
		}
		select {
		case err := <-ended:
			t.Fatalf("drained with %d connections waiting: %v", left, err)
		case <-time.After(3 * probeEvery): // long enough for two looks
		}
		c, err := accepted.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(waitLimit):
		t.Fatal("not drained with nothing waiting")
	}
}

// TestListenRefusesATakenPort: also one of another bottle, whose listener lets
// its own successors in; two bottles on a port would mix their requests.
func TestListenRefusesATakenPort(t *testing.T) {
	first, _, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	second, _, err := listen(first.port)
	if err == nil {
		second.close()
		t.Fatal("two bottles share a port")
	}
	if launcher.Hint(err) == "" {
		t.Error("there is no hint")
	}
}

// TestSteerProbe: only the probe reaches a second sidecar that has yet to be
// checked.
func TestSteerProbe(t *testing.T) {
	first, _, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	second, err := join(first.port)
	if err != nil {
		t.Fatal(err)
	}
	defer second.close()
	serveName(t, first, "first")
	serveName(t, second, "second")
	probing := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: second.dialSecond}}
	others := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 100 {
		if got, err := get(t, probing, first.url()); err != nil || got != "second" {
			t.Fatalf("the probe got %q, %v", got, err)
		}
		if got, err := get(t, others, first.url()); err != nil || got != "first" {
			t.Fatalf("another client got %q, %v", got, err)
		}
	}
}

// TestHandOverGHSocketWaitsForTheQueue is TestDrainedWaitsForTheQueue for gh's
// socket: the old one must have been accepted empty when the call returns.
func TestHandOverGHSocketWaitsForTheQueue(t *testing.T) {
	b := newBackend(t, "fake-works")
	dir, err := b.Store.Lock(t.Context(), "dev")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlan("/a/")
	p.Routes = append(p.Routes, plan.Route{Kind: "github", API: true, TokenEnv: "CRED_PROXY_TOKEN_0", Write: bottle.Allow})
	old := unixListener(t, dir.Path(state.GHSocket))
	unixListener(t, dir.Path(nextGHSocket))
	early, err := dialUnix(dir.Path(state.GHSocket))(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = early.Close() }()

	ended := make(chan error, 1)
	go func() { ended <- handOverGHSocket(t.Context(), &reloading{dir: dir, before: p, after: p}) }()
	select {
	case err := <-ended:
		t.Fatalf("handed over with a connection waiting: %v", err)
	case <-time.After(3 * probeEvery):
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: waitLimit}
	go func() { _ = server.Serve(old) }()
	defer func() { _ = server.Close() }()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir.Path(nextGHSocket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new socket is not in place: %v", err)
	}
	if err := dir.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// TestListenUnixRefusesALongPath instead of cutting it off.
func TestListenUnixRefusesALongPath(t *testing.T) {
	if _, err := listenUnix("/" + string(make([]byte, maxSocketPath))); err == nil || launcher.Hint(err) == "" {
		t.Errorf("got %v, hint %q", err, launcher.Hint(err))
	}
}

func connect(t *testing.T, l *listener) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.url()[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
}

func serveName(t *testing.T, l *listener, name string) {
	t.Helper()
	inner, err := net.FileListener(l.file)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: waitLimit, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(name))
	})}
	go func() { _ = server.Serve(inner) }()
	t.Cleanup(func() { _ = server.Close() })
}

func unixListener(t *testing.T, path string) net.Listener {
	t.Helper()
	file, err := listenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = l.Close(), file.Close() })
	return l
}
