package e2e

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// internet is an egress proxy that stands for the whole world: it answers
// CONNECT for the hosts it was told about and no other, and leads each to a
// server on this machine. Bottles that use it can name api.github.com as they
// would in earnest, and since those names lead nowhere else, whatever arrives
// came through it.
type internet struct {
	// URL is the proxy's address for egress.proxy_url.
	URL    string
	server *httptest.Server

	mu       sync.Mutex
	hosts    map[string]string
	connects []string
	tunnels  []net.Conn
}

func newInternet(t *testing.T) *internet {
	t.Helper()
	return newInternetAt(t, "127.0.0.1")
}

// newInternetAt is newInternet on another of this machine's addresses.
func newInternetAt(t *testing.T, address string) *internet {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	n := &internet{hosts: make(map[string]string)}
	n.restart(listener)
	n.URL = n.server.URL
	t.Cleanup(func() { n.stop() }) // whichever server it has by then
	return n
}

// restart starts the proxy, perhaps once more, on a listener.
func (n *internet) restart(listener net.Listener) {
	n.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(n.connect)}}
	n.server.Start()
}

// lead makes host ("api.github.com") lead to address ("127.0.0.1:4711").
func (n *internet) lead(host, address string) { n.leadPort(host+":443", address) }

// leadPort is lead for a host on another port ("git.example.com:3000").
func (n *internet) leadPort(host, address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[host] = address
}

// visited returns the hosts that were asked for, once each.
func (n *internet) visited() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(n.connects)))
}

func (n *internet) connect(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	address := n.hosts[r.Host]
	n.connects = append(n.connects, r.Host)
	n.mu.Unlock()
	if r.Method != http.MethodConnect || address == "" {
		http.Error(w, "this host is not allowed", http.StatusForbidden)
		return
	}
	server, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	n.mu.Lock()
	n.tunnels = append(n.tunnels, client)
	n.mu.Unlock()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(server, buffered)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}

// stop ends the proxy and all that goes through it.
func (n *internet) stop() {
	n.server.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.tunnels {
		_ = conn.Close()
	}
}

// egress is the bottle file's section that sends everything through n.
func (n *internet) egress(t *testing.T) string {
	t.Helper()
	return "egress: {proxy_url: \"" + n.URL + "\", ca_file: \"" + authority.caFile(t) + "\"}\n"
}
