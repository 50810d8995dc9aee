package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	steerToken = "TEST-SECRET-steer-1b2c3d4e5f6a7b"
	otherToken = "TEST-SECRET-other-7a6b5c4d3e2f1a"
)

// steered is a bottle of two routes with a token each, and a host that none of
// the two tokens belongs to.
type steered struct {
	*sidecar
	own, other *scripted
	evil       *evilHost
	ids        int
}

func newSteered(t *testing.T) *steered {
	t.Helper()
	return newSteeredThrough(t, nil)
}

// newSteeredThrough is newSteered behind an egress proxy, if there is one.
func newSteeredThrough(t *testing.T, world *internet) *steered {
	t.Helper()
	w := &steered{own: newScripted(t), other: newScripted(t), evil: newEvilHost(t)}
	egress := ""
	if world != nil {
		egress = world.egress(t)
		for _, u := range []*scripted{w.own, w.other} {
			host := strings.TrimPrefix(u.URL, "https://")
			world.leadPort(host, host)
		}
	}
	w.sidecar = up(t, "routes:\n- {path: /a/, upstream: \""+w.own.URL+"\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /b/, upstream: \""+w.other.URL+"\", auth: {header: X-Other-Key, token_ref: O}}\n"+egress, map[string]string{"T": steerToken, "O": otherToken})
	return w
}

// in puts the world's addresses into a text.
func (w *steered) in(text string) string {
	host := func(u *scripted) string { return strings.TrimPrefix(u.URL, "https://") }
	return strings.NewReplacer("EVILTLS", w.evil.TLS, "EVIL", w.evil.Plain, "OWN", host(w.own), "OTHER", host(w.other), "SIDECAR", w.Address).Replace(text)
}

// next makes an id that no other request has.
func (w *steered) next() string {
	w.ids++
	return fmt.Sprintf("request-%d", w.ids)
}

// ask sends a request on a connection of its own. Informational answers are
// skipped.
func (w *steered) ask(t *testing.T, method, target string) (got answer, cut error) {
	t.Helper()
	conn := w.dial(t)
	defer conn.Close()
	body := ""
	if method == http.MethodPost {
		body = "something"
	}
	_, _ = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", method, target, w.Address, w.Token, len(body), body)
	reader := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			return got, err
		}
		if resp.StatusCode < http.StatusOK && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		defer resp.Body.Close()
		w.Seen.response(resp)
		content, err := io.ReadAll(resp.Body)
		return answer{resp.StatusCode, resp.Proto, resp.Header, resp.Trailer, string(content)}, err
	}
}

// answersItsOwn fails unless requests get the answers that were made for them.
func (w *steered) answersItsOwn(t *testing.T, requests int) {
	t.Helper()
	for range requests {
		id := w.next()
		if got, err := w.ask(t, http.MethodGet, "/a/ok?id="+id); err != nil || got.Status != http.StatusOK || got.Body != "answer to "+id {
			t.Errorf("%s got status %d, %q, %v", id, got.Status, got.Body, err)
		}
	}
}

// checkTokens fails unless each token went to its own upstream, once per
// request, and nowhere else.
func (w *steered) checkTokens(t *testing.T) {
	t.Helper()
	w.evil.untouched(t)
	w.checkOwners(t)
}

// checkOwners is checkTokens for the upstreams alone.
func (w *steered) checkOwners(t *testing.T) {
	t.Helper()
	for name, u := range map[string]struct {
		*scripted
		want [2][]string
	}{
		"own": {w.own, [2][]string{{"Bearer " + steerToken}, nil}}, "other": {w.other, [2][]string{nil, {otherToken}}},
	} {
		host := strings.TrimPrefix(u.URL, "https://")
		for _, r := range u.take() {
			if diff := cmp.Diff(u.want, [2][]string{r.Header["Authorization"], r.Header["X-Other-Key"]}); diff != "" {
				t.Errorf("credentials at the %s upstream (-want +got):\n%s", name, diff)
			}
			if r.Host != host {
				t.Errorf("the %s upstream is called %s", name, r.Host)
			}
		}
	}
}
