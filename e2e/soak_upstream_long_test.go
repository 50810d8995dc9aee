//go:build long

package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// soakUpstream starts an upstream whose answers say which request they are for,
// and that does not keep what it gets, as the recording one does.
func soakUpstream(t *testing.T, http2 bool) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/hello/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello %s\n", r.PathValue("id")) })
	mux.HandleFunc("/upload/{id}", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%s got %d bytes, %v\n", r.PathValue("id"), n, err)
	})
	mux.HandleFunc("/download/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, soakDownload(r.PathValue("id")))
	})
	mux.HandleFunc("/events/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range soakEvents {
			fmt.Fprintf(w, "data: %s %d\n\n", r.PathValue("id"), i)
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/stream/{id}", func(w http.ResponseWriter, r *http.Request) { // until the agent goes away
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "data: more\n\n"); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/leak/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s\n", r.PathValue("id"), r.Header.Get("Authorization"))
	})
	mux.HandleFunc("/cut/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, r.PathValue("id"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/proxy-auth/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="evil"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = io.WriteString(w, r.PathValue("id"))
	})
	mux.HandleFunc("/socket/{id}", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if kind, message, err := conn.Read(r.Context()); err == nil {
			_ = conn.Write(r.Context(), kind, append([]byte(r.PathValue("id")+" got "), message...))
			_ = conn.Close(websocket.StatusNormalClosure, "")
		}
	})
	server := httptest.NewUnstartedServer(mux)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{authority.leaf(t)}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	return "https://localhost" + address[strings.LastIndex(address, ":"):]
}

const soakEvents = 5

// soakDownload is an answer of some hundred KiB that says in every line which
// request it is for.
func soakDownload(id string) string { return strings.Repeat(id+" line\n", 16<<10) }
