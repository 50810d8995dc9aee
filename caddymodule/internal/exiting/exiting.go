// Package exiting sees to what Caddy leaves undone when the process exits: it
// waits for WebSockets and for requests from before a reload as for others, and
// refuses new connections on listeners that the process was started with.
package exiting

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// deadline is when the grace period ends, once the process has begun to exit.
var deadline atomic.Pointer[time.Time]

// Watch prepares for the end of the configuration that ctx belongs to.
func Watch(ctx caddy.Context) error {
	app, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("loading the events app: %w", err)
	}
	return app.(*caddyevents.App).On("stopping", stopping{ctx})
}

// stopping is told before the configuration's servers are shut down.
type stopping struct{ config caddy.Context }

// Handle implements caddyevents.Handler.
func (s stopping) Handle(context.Context, caddy.Event) error {
	if !caddy.Exiting() {
		return nil
	}
	app, err := s.config.AppIfConfigured("http")
	if err != nil {
		return fmt.Errorf("finding the grace period: %w", err)
	}
	servers := app.(*caddyhttp.App)
	// Without a grace period Caddy waits for good, though not for a WebSocket,
	// and neither do we.
	end := time.Now().Add(time.Duration(servers.GracePeriod))
	if deadline.CompareAndSwap(nil, &end) {
		for _, server := range servers.Servers {
			closeInherited(server.Listen)
		}
	}
	return nil
}

// closeInherited closes the listening sockets that the process was started
// with. Caddy closes copies; while the originals are open, clients that connect
// get no answer until the process has ended. Whoever started the process may
// have more of them, as systemd does, and goes on listening.
func closeInherited(addresses []string) {
	for _, address := range addresses {
		number, inherited := strings.CutPrefix(address, "fd/")
		if !inherited {
			continue
		}
		if fd, err := strconv.ParseUint(number, 10, 31); err == nil {
			_ = os.NewFile(uintptr(fd), address).Close()
		}
	}
}

// underWay are the requests of the whole process.
var underWay = newTraffic()

// Begin counts a request until the returned function is called, WebSockets
// included.
func Begin(route string) (end func()) { return underWay.begin(route) }

// once makes what is cut be reported once.
var once sync.Once

// Drain waits until no request is under way, at most to the end of the grace
// period, and returns how many are left on each route. When it was called
// before it returns nil.
func Drain() (left map[string]int) {
	once.Do(func() {
		end := time.Now()
		if d := deadline.Load(); d != nil {
			end = *d
		}
		left = underWay.drain(end)
	})
	return left
}

// traffic counts requests by route.
type traffic struct {
	mu     sync.Mutex
	ended  sync.Cond
	routes map[string]int
}

func newTraffic() *traffic {
	t := &traffic{routes: make(map[string]int)}
	t.ended.L = &t.mu
	return t
}

func (t *traffic) begin(route string) (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.routes[route]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.routes[route]--; t.routes[route] == 0 {
			delete(t.routes, route)
			t.ended.Broadcast()
		}
	}
}

func (t *traffic) drain(end time.Time) (left map[string]int) {
	late := false
	timer := time.AfterFunc(time.Until(end), func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		late = true
		t.ended.Broadcast()
	})
	defer timer.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.routes) > 0 && !late {
		t.ended.Wait()
	}
	return maps.Clone(t.routes)
}
