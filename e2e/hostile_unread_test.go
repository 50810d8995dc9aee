package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

var unreadClass = hostileClass{
	attack:  "bodies of requests that have none by rights, to an upstream that does not read them (CL.0)",
	outcome: "the answer is passed on and the upstream's connection ends: nothing follows that the body could be the beginning of. Of POST, PUT and PATCH the upstream is taken to read the body",
	rule:    "stricthttp: RFC 9110 §9.3.1",
}

// bodiless is an upstream that takes every request to be without a body, and
// returns the heads that it took for requests.
func bodiless(t *testing.T) (url string, seen func() []string) {
	t.Helper()
	var mu sync.Mutex
	var all []string
	url = rawServer(t, func(conn net.Conn) {
		for reader := bufio.NewReader(conn); ; {
			var head strings.Builder
			for line := ""; line != "\r\n"; head.WriteString(line) {
				var err error
				if line, err = reader.ReadString('\n'); err != nil {
					return
				}
			}
			mu.Lock()
			all = append(all, head.String())
			mu.Unlock()
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	return strings.Replace(url, "https", "http", 1), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// If this fails, the agent writes the first lines of a request that nobody
// judged, and the sidecar adds the rest, with the credential, from the next one.
func TestHostileUnreadBodies(t *testing.T) {
	const body = "PUT /unjudged HTTP/1.1\r\nX-Rest: "
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "DELETE", "get", "PURGE"} {
		t.Run(method, func(t *testing.T) {
			url, seen := bodiless(t)
			s := up(t, "routes: [{path: /api/, upstream: \""+url+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
			h := &hostile{sidecar: s}
			request := method + " /api/x HTTP/1.1\r\nHost: " + s.Address + "\r\nX-Api-Key: AGENT\r\nConnection: close\r\n" +
				fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
			if got := s.raw(t, request); got.Status != http.StatusNoContent {
				t.Fatalf("got %+v", got)
			}
			if got := s.raw(t, h.legitimate("1")); got.Status != http.StatusNoContent {
				t.Fatalf("the next request: %+v", got)
			}
			judged := 0
			for _, head := range seen() {
				line, _, _ := strings.Cut(head, "\r\n")
				ours := line == method+" /x HTTP/1.1" || line == "GET /again/1 HTTP/1.1"
				if !ours && strings.Contains(head, apiToken) {
					t.Errorf("a request that nobody judged has the credential: %q", head)
				}
				if ours {
					judged++
				}
			}
			if judged != 2 {
				t.Errorf("the upstream took these for requests: %q", seen())
			}
		})
	}
}
