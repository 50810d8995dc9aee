package docker

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/client"
)

// engineProxy passes connections on to the engine, until they are cut.
type engineProxy struct {
	path string
	mu   sync.Mutex
	open []net.Conn
}

func newEngineProxy(t *testing.T) *engineProxy {
	t.Helper()
	engine := realEngine(t)
	kind, address, _ := strings.Cut(engine.DaemonHost(), "://")
	p := &engineProxy{path: filepath.Join(t.TempDir(), "e.sock")}
	listener, err := net.Listen("unix", p.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close(); p.cut() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial(kind, address)
			if err != nil {
				_ = conn.Close()
				continue
			}
			p.mu.Lock()
			p.open = append(p.open, conn, upstream)
			p.mu.Unlock()
			go pass(conn, upstream)
			go pass(upstream, conn)
		}
	}()
	return p
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if c, ok := to.(client.CloseWriter); ok {
		_ = c.CloseWrite()
	}
}

// cut ends every connection; new ones work.
func (p *engineProxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		_ = c.Close()
	}
	p.open = nil
}
