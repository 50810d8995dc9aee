package e2e

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// scripted is an HTTPS upstream without HTTP/2 whose answers are bytes, so
// that they need not be HTTP. Everything is recorded.
type scripted struct {
	recorder
	// URL is https://127.0.0.1:<port>.
	URL string
	// Connections counts those over which a request came, Lost those of them
	// that ended.
	Connections, Lost atomic.Int64

	// script is under the recorder's lock.
	script string
}

// bye ends a script after which the upstream closes the connection.
const bye = "<close>"

// newScripted starts an upstream that answers /ok and what it has no script
// for with the request's id, and anything else as play says.
func newScripted(t *testing.T, names ...string) *scripted {
	t.Helper()
	u := &scripted{}
	config := &tls.Config{Certificates: []tls.Certificate{authority.leaf(t, names...)}}
	u.URL = rawServer(t, func(conn net.Conn) { u.serve(tls.Server(conn, config)) })
	return u
}

// play sets the bytes with which requests are answered. ID stands for the
// request's id.
func (u *scripted) play(script string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.script = script
}

// whole is an answer as it should be.
func whole(id string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nanswer to %s", len("answer to ")+len(id), id)
}

func (u *scripted) serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for first := true; ; first = false {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if first {
			u.Connections.Add(1)
			defer u.Lost.Add(1)
		}
		body, _ := io.ReadAll(r.Body)
		u.record(received{r.Proto, r.Method, r.RequestURI, r.Host, r.Header, r.Trailer, string(body), int64(len(body))})
		u.mu.Lock()
		script := u.script
		u.mu.Unlock()
		id := r.URL.Query().Get("id")
		if r.URL.Path == "/ok" || script == "" {
			script = whole(id)
		}
		script, closes := strings.CutSuffix(script, bye)
		if _, err := io.WriteString(conn, strings.ReplaceAll(script, "ID", id)); err != nil || closes {
			return
		}
	}
}
