package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// poisons are answers with another one behind them, for which nobody asked.
var poisons = map[string]struct{ method, script string }{
	"behind a body":        {http.MethodGet, whole("ID") + surplus},
	"behind 204":           {http.MethodGet, "HTTP/1.1 204 No Content\r\n\r\n" + surplus},
	"behind an empty body": {http.MethodGet, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + surplus},
	"as the body of HEAD":  {http.MethodHead, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(surplus)) + surplus},
	"behind chunks":        {http.MethodGet, chunked + "4\r\nbody\r\n0\r\n\r\n" + surplus},
}

// If this fails, an upstream that can be made to send two answers to one
// request, by splitting a header, makes the second one the answer to another
// request that comes just then.
func TestNobodyGetsAStrayAnswer(t *testing.T) {
	w := newSteered(t)
	for name, poison := range poisons {
		t.Run(name, func(t *testing.T) {
			w.own.play(poison.script)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
			defer client.CloseIdleConnections()
			var workers sync.WaitGroup
			var stray, refused, whole atomic.Int64
			for worker := range 16 {
				workers.Go(func() {
					for i := range 80 {
						method, path, id := http.MethodGet, "/a/ok?id=", fmt.Sprintf("request-%d-%d", worker, i)
						if worker%2 == 0 {
							method, path = poison.method, "/a/hostile?id="
						}
						r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path+id, nil)
						if err != nil {
							t.Error(err)
							return
						}
						r.Header.Set("X-Api-Key", w.Token)
						resp, err := client.Do(r)
						if err != nil {
							t.Errorf("%s: %v", id, err)
							return
						}
						body, err := io.ReadAll(resp.Body)
						_ = resp.Body.Close()
						switch {
						case strings.Contains(string(body), "STRAY"):
							stray.Add(1)
						case worker%2 == 0:
						case resp.StatusCode == http.StatusBadGateway:
							refused.Add(1)
						case err != nil || string(body) != "answer to "+id:
							t.Errorf("%s got %d %q, %v", id, resp.StatusCode, body, err)
						default:
							whole.Add(1)
						}
					}
				})
			}
			workers.Wait()
			t.Logf("%d answers were right, %d requests refused, %d got a stray answer", whole.Load(), refused.Load(), stray.Load())
			if stray.Load() > 0 {
				t.Errorf("%d requests got another's answer", stray.Load())
			}
			w.checkTokens(t)
		})
	}
}
