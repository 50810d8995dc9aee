//go:build long

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	soakTime    = time.Minute
	soakWorkers = 16
	// soakCut is how many in a thousand requests may be cut by a reload. Go closes
	// a connection whose first request comes in the moment of a shutdown
	// (net/http, Server.Shutdown), and Caddy shuts the old configuration's
	// server down; clients see the connection end before any of an answer.
	soakCut = 5
	// soakGrowth is what the memory of a sidecar that has warmed up may still vary.
	soakGrowth = 48 << 20
)

// soak is a load of all sorts of requests on one sidecar.
type soak struct {
	s      *sidecar
	client *http.Client
	body   []byte
	// cut counts requests whose connection ended before any of an answer.
	sent, cut atomic.Int64
}

// visits are the sorts of requests; each returns what was wrong with its answer.
var visits = map[string]func(*soak, context.Context) error{
	"a small answer": func(k *soak, ctx context.Context) error {
		return k.expect(ctx, http.MethodGet, "/api/hello", nil, http.StatusOK, "hello over ")
	},
	"an upload": func(k *soak, ctx context.Context) error {
		return k.expect(ctx, http.MethodPost, "/api/upload", k.body, http.StatusOK, string(k.body))
	},
	"a push": func(k *soak, ctx context.Context) error {
		return k.expect(ctx, http.MethodPost, "/api/app.git/git-receive-pack", []byte("0000"), http.StatusForbidden, `{"error":"`)
	},
	"no route": func(k *soak, ctx context.Context) error {
		return k.expect(ctx, http.MethodGet, "/nowhere", nil, http.StatusNotFound, `{"error":"`)
	},
	"a hidden dot segment": func(k *soak, ctx context.Context) error {
		return k.expect(ctx, http.MethodGet, "/api/a/%2e%2e/hello", nil, http.StatusBadRequest, `{"error":"`)
	},
	"an agent that goes away": func(k *soak, ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, k.s.URL+"/api/upload", bytes.NewReader(k.body))
		if err != nil {
			return err
		}
		r.Header.Set("X-Api-Key", k.s.Token)
		if resp, err := k.client.Do(r); err == nil {
			_ = resp.Body.Close()
		}
		return nil
	},
}

func (k *soak) expect(ctx context.Context, method, path string, body []byte, status int, prefix string) error {
	r, err := http.NewRequestWithContext(ctx, method, k.s.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("X-Api-Key", k.s.Token)
	k.sent.Add(1)
	resp, err := k.client.Do(r)
	if err != nil {
		k.cut.Add(1)
		return nil
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || !strings.HasPrefix(string(got), prefix) {
		return fmt.Errorf("%s %s: status %d, %d bytes beginning %.40q, %w", method, path, resp.StatusCode, len(got), got, err)
	}
	return nil
}

// run makes all visits in random order until ctx ends, and reports the first
// thing that went wrong.
func (k *soak) run(ctx context.Context, t *testing.T) {
	names := make([]string, 0, len(visits))
	for name := range visits {
		names = append(names, name)
	}
	for ctx.Err() == nil {
		name := names[rand.IntN(len(names))]
		if err := visits[name](k, t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

// If this fails, answers are damaged, or many requests lost, when the sidecar
// reads its configuration again under load; or its memory grows.
func TestSoakWithReloads(t *testing.T) {
	u := answering(t, true)
	s := up(t, "routes: [{path: /api/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	k := &soak{s: s, body: bytes.Repeat([]byte("soak"), 64<<10), client: &http.Client{
		// A kept connection may be closed just when it is used again; that is HTTP's
		// own race (RFC 9112 §9.3.1) and not what is tested.
		Transport: &http.Transport{DisableKeepAlives: true},
	}}
	ctx, cancel := context.WithTimeout(t.Context(), soakTime)
	defer cancel()
	var workers sync.WaitGroup
	for range soakWorkers {
		workers.Go(func() { k.run(ctx, t) })
	}
	warm, reloads := 0, 0
	for tick := time.NewTicker(2 * time.Second); ctx.Err() == nil; {
		select {
		case <-tick.C:
			s.signal(t, syscall.SIGUSR1)
			if reloads++; reloads == 5 {
				warm = memory(t, s.Pid, "VmRSS:")
			}
			u.take() // the recordings are this process's memory, not the sidecar's
		case <-ctx.Done():
		}
	}
	workers.Wait()
	grown := memory(t, s.Pid, "VmRSS:")
	t.Logf("%d requests, %d of them cut by %d reloads, resident memory from %d to %d MiB", k.sent.Load(), k.cut.Load(), reloads, warm>>20, grown>>20)
	if cut := k.cut.Load(); cut*1000 > k.sent.Load()*soakCut {
		t.Errorf("%d of %d requests were cut", cut, k.sent.Load())
	}
	if grown > warm+soakGrowth {
		t.Errorf("resident memory grew from %d to %d MiB", warm>>20, grown>>20)
	}
	if strings.Contains(s.logs(t), `"level":"error"`) {
		t.Error("the sidecar logged errors")
	}
}
