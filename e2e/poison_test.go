package e2e

import (
	"context"
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
	"behind a body":        {http.MethodGet, whole("ID") + surplusAnswer},
	"behind 204":           {http.MethodGet, "HTTP/1.1 204 No Content\r\n\r\n" + surplusAnswer},
	"behind an empty body": {http.MethodGet, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + surplusAnswer},
	"as the body of HEAD":  {http.MethodHead, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(surplusAnswer)) + surplusAnswer},
	"behind chunks":        {http.MethodGet, chunkedAnswer + "4\r\nbody\r\n0\r\n\r\n" + surplusAnswer},
}

// crowd sends requests from many clients at once, every other one poisoned, and
// counts what became of the rest.
type crowd struct {
	w                     *steered
	client                *http.Client
	whole, refused, stray atomic.Int64
}

func (c *crowd) request(ctx context.Context, method, path, id string, poisoned bool) error {
	r, err := http.NewRequestWithContext(ctx, method, c.w.URL+path+"?id="+id, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-Api-Key", c.w.Token)
	resp, err := c.client.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case strings.Contains(string(body), "STRAY"):
		c.stray.Add(1)
	case poisoned:
	case resp.StatusCode == http.StatusBadGateway:
		c.refused.Add(1)
	case err != nil || string(body) != "answer to "+id:
		return fmt.Errorf("%s got %d %q, %w", id, resp.StatusCode, body, err)
	default:
		c.whole.Add(1)
	}
	return nil
}

// run makes all requests, the poisoned ones with method.
func (c *crowd) run(t *testing.T, method string) {
	t.Helper()
	var workers sync.WaitGroup
	for worker := range 16 {
		workers.Go(func() {
			for i := range 40 {
				id, err := fmt.Sprintf("request-%d-%d", worker, i), error(nil)
				if worker%2 == 0 {
					err = c.request(t.Context(), method, "/a/hostile", id, true)
				} else {
					err = c.request(t.Context(), http.MethodGet, "/a/ok", id, false)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
}

// If this fails, an upstream that can be made to send two answers to one
// request, by splitting a header, makes the second one the answer to another
// request that comes just then.
func TestNobodyGetsAStrayAnswer(t *testing.T) {
	for way, world := range map[string]*internet{"directly": nil, "through an egress proxy": newInternet(t)} {
		w := newSteeredThrough(t, world)
		for name, poison := range poisons {
			t.Run(way+", "+name, func(t *testing.T) {
				w.own.play(poison.script)
				c := &crowd{w: w, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
				defer c.client.CloseIdleConnections()
				c.run(t, poison.method)
				t.Logf("%d answers were right, %d requests refused, %d got a stray answer", c.whole.Load(), c.refused.Load(), c.stray.Load())
				if stray := c.stray.Load(); stray > 0 || c.whole.Load() == 0 {
					t.Errorf("%d requests got another's answer, %d their own", stray, c.whole.Load())
				}
				w.checkTokens(t)
			})
		}
	}
}
