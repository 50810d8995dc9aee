//go:build long

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// siegeLimit is the most memory that a sidecar may have resident under any
	// attack. Its container has 512 MiB.
	siegeLimit = 448 << 20
	// visitEvery is how often somebody else uses the sidecar meanwhile.
	visitEvery = 50 * time.Millisecond
	// Kept connections to upstreams, and what serves them, may stay when an
	// attack is over.
	keptDescriptors, keptGoroutines = 40, 120
)

// siege is a sidecar under attack. Others use /api/ on it.
type siege struct {
	*sidecar
	metrics string
	others  *upstream
}

// besiege starts a bottle; what it is beside /api/ is the bottle file's.
func besiege(t *testing.T, bottleFile string) *siege {
	t.Helper()
	u, metrics := answering(t, false), freeAddress(t)
	routes := "{path: /api/, upstream: \"" + u.URL + "\", auth: {scheme: Bearer, token_ref: T}}"
	if strings.Contains(bottleFile, "ROUTE") {
		bottleFile = strings.Replace(bottleFile, "ROUTE", routes, 1)
	} else {
		bottleFile += "routes: [" + routes + "]\n"
	}
	return &siege{up(t, bottleFile+"metrics: {listen: \""+metrics+"\"}\n", map[string]string{"T": apiToken}), metrics, u}
}

// besiegeIn is besiege for a bottle whose egress goes through world.
func besiegeIn(t *testing.T, world *internet, bottleFile string) *siege {
	t.Helper()
	g := besiege(t, bottleFile+world.egress(t))
	world.leadPort(strings.TrimPrefix(g.others.URL, "https://"), g.others.Address)
	return g
}

func (g *siege) gauge(t *testing.T, name string) int {
	t.Helper()
	return gauge(t, g.metrics, name)
}

// withstand runs an attack. It fails the test if the sidecar takes more memory
// than it may, does not serve others meanwhile, or keeps something of it.
func (g *siege) withstand(t *testing.T, attack func()) {
	t.Helper()
	if failure := g.visit(0); failure != "" {
		t.Fatal(failure)
	}
	descriptors, goroutines := g.gauge(t, "process_open_fds"), g.gauge(t, "go_goroutines")
	before, began := memory(t, g.Pid, "VmRSS:"), time.Now()
	visits, failures := g.visitDuring(attack)
	took := time.Since(began)
	for failure, times := range failures {
		t.Errorf("%d of %d visits: %s", times, visits, failure)
	}
	eventually(t, "descriptors to be given back", func() bool { return g.gauge(t, "process_open_fds") <= descriptors+keptDescriptors })
	eventually(t, "goroutines to end", func() bool { return g.gauge(t, "go_goroutines") <= goroutines+keptGoroutines })
	peak, after := peak(t, g.Pid), memory(t, g.Pid, "VmRSS:")
	t.Logf("FIGURES %s: resident memory %d MiB before, %d at the peak, %d after; %d of %d visits served in %v", t.Name(),
		before>>20, peak>>20, after>>20, visits-len(failures), visits, took.Round(time.Second/10))
	if peak > siegeLimit {
		t.Errorf("resident memory peaked at %d MiB", peak>>20)
	}
}

// visitDuring uses the sidecar until the attack is over, and counts what went
// wrong.
func (g *siege) visitDuring(attack func()) (visits int, failures map[string]int) {
	failures = make(map[string]int)
	ctx, over := context.WithCancel(context.Background())
	var visitor sync.WaitGroup
	visitor.Go(func() {
		ticker := time.NewTicker(visitEvery)
		defer ticker.Stop()
		for ctx.Err() == nil {
			if failure := g.visit(visits); failure != "" {
				failures[failure]++
			}
			visits++
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	})
	attack()
	over()
	visitor.Wait()
	return visits, maps.Clone(failures)
}

// visit asks for a health check every fourth time, and else for something of an
// upstream's.
func (g *siege) visit(n int) (failure string) {
	path, want := "/api/hello", "hello over "
	if n%4 == 3 {
		path, want = "/-/healthz", ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+path, nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("X-Api-Key", g.Token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return path + ": " + strings.TrimPrefix(err.Error(), r.URL.String())
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), want) {
		return fmt.Sprintf("%s: status %d, %.100q, %v", path, resp.StatusCode, body, err)
	}
	return ""
}

// atOnce runs n copies of something and waits for all.
func atOnce(n int, run func(i int)) {
	var workers sync.WaitGroup
	for i := range n {
		workers.Go(func() { run(i) })
	}
	workers.Wait()
}

// tally counts how attackers' requests ended.
type tally struct {
	mu  sync.Mutex
	all map[string]int
}

func (c *tally) add(outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = make(map[string]int)
	}
	c.all[outcome]++
}

// check fails the test if a request ended in another way than these, or none
// in the first of them.
func (c *tally) check(t *testing.T, want ...string) {
	t.Helper()
	t.Logf("the attacker's requests ended as %v", c.all)
	if c.all[want[0]] == 0 {
		t.Errorf("none ended as %q", want[0])
	}
	for outcome, times := range c.all {
		known := false
		for _, w := range want {
			known = known || outcome == w
		}
		if !known {
			t.Errorf("%d ended as %q", times, outcome)
		}
	}
}

// attacker opens a connection that gives up after a minute, or returns nil.
func (g *siege) attacker() net.Conn {
	conn, err := net.Dial("tcp", g.Address)
	if err != nil {
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// head is a request's without its last line.
func (g *siege) head(method, path string, lines ...string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: " + g.Address + "\r\nAuthorization: Bearer " + g.Token + "\r\n" +
		strings.Join(append(lines, ""), "\r\n")
}

// outcome sends a whole request and says how it ended: the refusal's code, or
// the status, or what cut the connection; of a body that is longer than limit,
// no more is read.
func (g *siege) outcome(request string, limit int64) string {
	conn := g.attacker()
	if conn == nil {
		return "no connection"
	}
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, request) }() // the answer may come before it is all sent
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return "cut"
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, limit)); err != nil {
		return "cut in the body"
	}
	code := resp.Header.Get("Cred-Proxy-Error")
	switch {
	case code == "overloaded" && resp.Header.Get("Retry-After") != "1":
		return "overloaded without Retry-After"
	case code != "":
		return code
	}
	return fmt.Sprint(resp.StatusCode)
}

// counter is for attackers that only count.
type counter struct{ atomic.Int64 }

func (c *counter) log(t *testing.T, what string) {
	t.Helper()
	t.Logf("%d %s", c.Load(), what)
}
