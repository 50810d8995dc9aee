//go:build long

package e2e

import (
	"context"
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
	soakTime    = 2 * time.Minute
	soakWorkers = 16
	// What a sidecar may have more of after the soak than before: idle
	// connections to upstreams and what serves them.
	soakGoroutines, soakDescriptors = 20, 10
	// soakGrowth is by how many bytes its live heap, and its resident memory
	// once it has warmed up, may differ.
	soakGrowth = 32 << 20
)

// soak is a load of all sorts of requests on one sidecar.
type soak struct {
	s       *sidecar
	metrics string
	// fresh opens a connection for each request, kept keeps them.
	fresh, kept *http.Client
	// next numbers the requests, so that each can tell its own answer.
	next, sent atomic.Int64
	payload    string
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	http1, http2, metrics := soakUpstream(t, false), soakUpstream(t, true), freeAddress(t)
	s := up(t, "routes:\n- {path: /h1/, upstream: "+http1+", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /h2/, upstream: "+http2+", auth: {basic: bot, token_ref: T}, write: read-only}\n"+
		"metrics: {listen: \""+metrics+"\"}\n", map[string]string{"T": apiToken})
	kept := &http.Transport{MaxIdleConnsPerHost: soakWorkers}
	t.Cleanup(kept.CloseIdleConnections)
	return &soak{
		s: s, metrics: metrics, payload: strings.Repeat("soak", 32<<10),
		fresh: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, kept: &http.Client{Transport: kept},
	}
}

// usage is what a process holds.
type usage struct{ goroutines, descriptors, heap int }

func (k *soak) usage(t *testing.T) usage {
	t.Helper()
	return usage{
		goroutines: gauge(t, k.metrics, "go_goroutines"), descriptors: gauge(t, k.metrics, "process_open_fds"),
		// Twice what was live at the last collection.
		heap: gauge(t, k.metrics, "go_memstats_next_gc_bytes") / 2,
	}
}

// run makes visits in random order until ctx ends, and reports the first thing
// that went wrong.
func (k *soak) run(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		visit := visits[rand.IntN(len(visits))]
		if err := visit.make(k, t.Context()); err != nil {
			t.Errorf("%s: %v", visit.name, err)
			return
		}
		k.sent.Add(1)
	}
}

// If this fails, requests are lost, damaged, or answered with what was for
// another when the sidecar reads its configuration again every second under
// load and attack; or it does not give back what they took.
func TestSoakWithReloads(t *testing.T) {
	t.Parallel()
	k := newSoak(t)
	for _, visit := range visits { // each works by itself, and once before anything is measured
		if err := visit.make(k, t.Context()); err != nil {
			t.Fatalf("%s: %v", visit.name, err)
		}
	}
	k.kept.CloseIdleConnections()
	before := k.usage(t)

	ctx, cancel := context.WithTimeout(t.Context(), soakTime)
	defer cancel()
	var workers sync.WaitGroup
	for range soakWorkers {
		workers.Go(func() { k.run(ctx, t) })
	}
	warm, reloads := 0, 0
	for tick := time.NewTicker(time.Second); ctx.Err() == nil; {
		select {
		case <-tick.C:
			k.s.signal(t, syscall.SIGUSR1)
			if reloads++; reloads == int(soakTime/time.Second)/4 {
				warm = memory(t, k.s.Pid, "VmRSS:")
			}
		case <-ctx.Done():
		}
	}
	workers.Wait()
	k.kept.CloseIdleConnections()

	var after usage
	eventually(t, "goroutines and descriptors to be given back", func() bool {
		after = k.usage(t)
		return after.goroutines <= before.goroutines+soakGoroutines && after.descriptors <= before.descriptors+soakDescriptors
	})
	grown := memory(t, k.s.Pid, "VmRSS:")
	t.Logf("%d visits and %d reloads; before %+v, after %+v; resident memory after a quarter of the time %d MiB, at the end %d MiB",
		k.sent.Load(), reloads, before, after, warm>>20, grown>>20)
	if grown > warm+soakGrowth || after.heap > before.heap+soakGrowth {
		t.Error("memory grew")
	}
	log := k.s.logs(t)
	if strings.Contains(log, `"level":"error"`) {
		t.Error("the sidecar logged errors")
	}
	if strings.Contains(log, apiToken) {
		t.Error("the token is in the log")
	}
}

// drop reads a response to its end, so that its connection can be kept.
func drop(resp *http.Response) {
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}
