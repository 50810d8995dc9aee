package upstreamlinks

import (
	"context"
	"net/url"
	"strings"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// link is one route: what an upstream's URLs start with, and the prefix that
// stands for it. Host is in lower case without the scheme's default port.
type link struct{ scheme, host, path, route string }

// matches returns what follows the upstream's base in an absolute URL.
func (l link) matches(u *url.URL, escapedPath string) (rest string, ok bool) {
	if u.Scheme != l.scheme || canonicalHost(u) != l.host {
		return "", false
	}
	rest, ok = strings.CutPrefix(escapedPath, l.path)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// table holds the links of one configuration.
type table struct {
	mu    sync.RWMutex
	links []link
}

func (t *table) add(l link) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.links = append(t.links, l)
}

// find returns the route that u points into: the one with the longest base
// path; among equals, which have different tokens, the one whose response it
// is, or whose prefix has most in common with that one's.
func (t *table) find(u *url.URL, escapedPath string, own link) (best link, rest string, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, l := range t.links {
		r, matches := l.matches(u, escapedPath)
		if matches && (!ok || len(l.path) > len(best.path) || len(l.path) == len(best.path) && common(l.route, own.route) > common(best.route, own.route)) {
			best, rest, ok = l, r, true
		}
	}
	return best, rest, ok
}

// common is the length of two routes' common prefix; more than that if they
// are one.
func common(a, b string) int {
	if a == b {
		return len(a) + 1
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

var tables = struct {
	sync.Mutex
	byConfig map[<-chan struct{}]*table
}{byConfig: make(map[<-chan struct{}]*table)}

// tableOf returns the table of the configuration that ctx belongs to. All
// contexts of one configuration end together, so their Done channel, which is
// one and the same, identifies it.
func tableOf(ctx caddy.Context) *table {
	done := ctx.Done()
	tables.Lock()
	defer tables.Unlock()
	t, ok := tables.byConfig[done]
	if !ok {
		t = new(table)
		tables.byConfig[done] = t
		context.AfterFunc(ctx, func() {
			tables.Lock()
			defer tables.Unlock()
			delete(tables.byConfig, done)
		})
	}
	return t
}

func canonicalHost(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}
