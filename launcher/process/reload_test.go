package process

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// TestReloadRereads: with the tokens as they were, the sidecar stays and reads
// the new Caddyfile.
func TestReloadRereads(t *testing.T) {
	b := newBackend(t, "fake-works")
	startBottle(t, b, newPlan("/a/", "/b/", "/c/", "/e/"))
	before := record(t, b)

	next := newPlan("/b/", "/c/", "/d/", "/e/")
	next.Routes[1].Upstream = "https://elsewhere.example"
	next.Routes[3].Write, next.Routes[3].WriteAPI = bottle.Guarded, bottle.PlainAPI
	got, err := b.Reload(t.Context(), next)
	if err != nil {
		t.Fatal(err)
	}
	want := &launcher.Changes{Added: []string{"/d/"}, Removed: []string{"/a/"}, Changed: []string{"/c/", "/e/"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	after := record(t, b)
	if *after.Sidecar != *before.Sidecar {
		t.Error("the sidecar was replaced for nothing")
	}
	if after.PlanHash != next.Hash() || caddyfileOf(t, b) != next.Caddyfile {
		t.Error("the new configuration is not on record")
	}
}

// TestReloadThatFailsChangesNothing: the first sidecar goes on with the old
// Caddyfile, and the next reload finds everything as it was.
func TestReloadThatFailsChangesNothing(t *testing.T) {
	cases := []struct {
		name, sidecar string
		change        func(t *testing.T, b *Backend)
		want          string
	}{
		{"the sidecar refuses to reload", "fake-no-reload", nil, "the sidecar refuses the new configuration: this fake does not reload"},
		{"the check fails", "fake-works", func(t *testing.T, b *Backend) { b.Sidecar = fake(t, "fake-invalid") }, "this fake takes no configuration"},
		{"a token is gone", "fake-works", func(_ *testing.T, b *Backend) { delete(b.Env, "T") }, "token T is not set"},
		{"the second sidecar ends at once", "fake-works", func(_ *testing.T, b *Backend) { b.Env["T"] = otherToken + "-exit-at-start" }, "it ended at once"},
		{"the second sidecar never becomes healthy", "fake-works", func(t *testing.T, b *Backend) {
			b.Env["T"], b.Sidecar, b.HealthWithin = otherToken, fake(t, "fake-never-healthy"), 300*time.Millisecond
		}, "did not become healthy"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBackend(t, c.sidecar)
			old := newPlan("/a/")
			target := startBottle(t, b, old)
			// One reload that works comes first: what it leaves must be as safe
			// to fail from as a fresh start.
			b.Env["T"] = testToken + "-2"
			if _, err := b.Reload(t.Context(), old); err != nil {
				t.Fatal(err)
			}
			before := record(t, b)
			if c.change != nil {
				c.change(t, b)
			}
			endLoad := load(t, 2, (&net.Dialer{}).DialContext, target.URL+"/a/")
			_, err := b.Reload(t.Context(), newPlan("/b/"))
			endLoad()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if diff := cmp.Diff(before, record(t, b)); diff != "" {
				t.Error(diff)
			}
			if caddyfileOf(t, b) != old.Caddyfile {
				t.Error("the old Caddyfile is not back")
			}
			if running := sidecars(t, b); len(running) != 1 {
				t.Errorf("%d sidecars run", len(running))
			}
		})
	}
}

// TestReloadReplaces: a new token value, other slots, or a socket for gh need
// a new process, and the old one has to go.
func TestReloadReplaces(t *testing.T) {
	cases := []struct {
		name   string
		change func(b *Backend, p *plan.Plan)
		want   launcher.Changes
	}{
		{"a token has a new value", func(b *Backend, _ *plan.Plan) { b.Env["T"] = otherToken }, launcher.Changes{Tokens: true, Replaced: true}},
		{"the token comes from another variable", func(b *Backend, p *plan.Plan) {
			b.Env["U"], p.Requires[0].TokenRef = testToken, "U"
		}, launcher.Changes{Changed: []string{"/a/"}, Tokens: true, Replaced: true}},
		{"gh comes in", func(_ *Backend, p *plan.Plan) {
			p.Routes = append(p.Routes, plan.Route{Path: "/gh-api/", Kind: "github", API: true, TokenEnv: "CRED_PROXY_TOKEN_0", Write: bottle.Allow})
		}, launcher.Changes{Added: []string{"/gh-api/"}, Replaced: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBackend(t, "fake-works")
			target := startBottle(t, b, newPlan("/a/"))
			before := record(t, b)
			next := newPlan("/a/")
			c.change(b, next)
			got, err := b.Reload(t.Context(), next)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got, cmp.Comparer(func(a, b []string) bool { return strings.Join(a, " ") == strings.Join(b, " ") })); diff != "" {
				t.Error(diff)
			}
			after := record(t, b)
			if after.Sidecar.PID == before.Sidecar.PID || after.Other != nil || !after.Alive() || before.Sidecar.Alive() {
				t.Errorf("before %+v, after %+v", before, after)
			}
			noTokenInState(t, b)
			// Once more: the group of listeners is in its first state again.
			b.Env["T"], b.Env["U"] = testToken+"-3", testToken+"-3"
			if _, err := b.Reload(t.Context(), next); err != nil {
				t.Fatalf("a second time: %v", err)
			}
			if err := b.Stop(t.Context(), target); err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, b)
		})
	}
}

// TestReloadLosesNoRequest replaces the sidecar again and again while clients
// connect as fast as they can, over TCP and gh's socket: none may see a reset
// or a refusal. A request that is being answered when the sidecar is replaced
// is finished by the old one.
func TestReloadLosesNoRequest(t *testing.T) {
	b := newBackend(t, "fake-works")
	p := newPlan("/a/")
	p.Routes = append(p.Routes, plan.Route{Path: "/gh-api/", Kind: "github", API: true, TokenEnv: "CRED_PROXY_TOKEN_0", Write: bottle.Allow})
	target := startBottle(t, b, p)
	socket := filepath.Join(b.Store.Path("dev"), state.GHSocket)

	endTCP := load(t, 4, (&net.Dialer{}).DialContext, target.URL+"/a/")
	endUnix := load(t, 4, dialUnix(socket), target.URL+"/a/")
	for i := range 5 {
		release := filepath.Join(t.TempDir(), "release")
		held := make(chan error, 1)
		go func() {
			_, err := get(t, http.DefaultClient, target.URL+"/a/?hold="+release)
			held <- err
		}()
		b.Env["T"] = testToken + strings.Repeat("x", i+1)
		b.Progress = func(step string) {
			if strings.Contains(step, "finishes its requests") {
				if err := os.WriteFile(release, nil, 0o600); err != nil {
					t.Error(err)
				}
			}
		}
		if _, err := b.Reload(t.Context(), p); err != nil {
			t.Error(err)
			break
		}
		select {
		case err := <-held:
			if err != nil {
				t.Errorf("a request that was being answered: %v", err)
			}
		case <-time.After(waitLimit):
			t.Error("a request that was being answered never ended")
		}
	}
	if overTCP, overUnix := endTCP(), endUnix(); overTCP < 100 || overUnix < 100 {
		t.Errorf("only %d and %d requests were made, which proves nothing", overTCP, overUnix)
	}
}

// load has clients ask url as fast as they can, each time over a new
// connection, until end is called. Every failure fails the test; end returns
// the number of answers.
func load(t *testing.T, clients int, dial dialer, url string) (end func() int64) {
	t.Helper()
	var stop atomic.Bool
	var group sync.WaitGroup
	var served atomic.Int64
	for range clients {
		group.Go(func() {
			client := &http.Client{Timeout: waitLimit, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
			for !stop.Load() {
				if _, err := get(t, client, url); err != nil {
					t.Errorf("after %d requests: %v", served.Load(), err)
					return
				}
				served.Add(1)
			}
		})
	}
	return func() int64 {
		stop.Store(true)
		group.Wait()
		return served.Load()
	}
}

// TestReloadNeedsARunningBottle: a reload never starts anything.
func TestReloadNeedsARunningBottle(t *testing.T) {
	b := newBackend(t, "fake-works")
	if _, err := b.Reload(t.Context(), newPlan("/a/")); !errors.Is(err, launcher.ErrNotRunning) {
		t.Errorf("never started: %v", err)
	}
	startBottle(t, b, newPlan("/a/"))
	kill(t, record(t, b).Sidecar.PID)
	if _, err := b.Reload(t.Context(), newPlan("/a/")); !errors.Is(err, launcher.ErrNotRunning) {
		t.Errorf("its sidecar has died: %v", err)
	}
}

// TestReloadAfterAKilledReload: the second sidecar of an unfinished reload is
// let go, whether or not it is on record, and the next one gets the port.
func TestReloadAfterAKilledReload(t *testing.T) {
	for name, recorded := range map[string]bool{"with its sidecar on record": true, "before it wrote that down": false} {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t, "fake-works")
			target := startBottle(t, b, newPlan("/a/"))
			killedReload(t, b, recorded)
			b.Env["T"] = otherToken + "-2"
			if _, err := b.Reload(t.Context(), newPlan("/a/")); err != nil {
				t.Fatal(err)
			}
			if running := sidecars(t, b); len(running) != 1 {
				t.Errorf("%d sidecars run", len(running))
			}
			pid, err := get(t, http.DefaultClient, target.URL+"/a/")
			if err != nil || atoi(t, pid) != record(t, b).Sidecar.PID {
				t.Errorf("answered by %q, %v; want %d", pid, err, record(t, b).Sidecar.PID)
			}
		})
	}
}

// killedReload leaves what a launcher leaves that is killed once its second
// sidecar is up.
func killedReload(t *testing.T, b *Backend, recorded bool) {
	t.Helper()
	r := &reloading{
		record: record(t, b), before: newPlan("/a/"), after: newPlan("/a/"), binary: b.Sidecar,
		values: map[string]string{"CRED_PROXY_TOKEN_0": otherToken},
	}
	var err error
	if r.dir, err = b.Store.LockExisting(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	l, err := join(r.record.Port)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if _, err := b.startSecond(t.Context(), r, l); err != nil {
		t.Fatal(err)
	}
	if !recorded {
		r.record.Other = nil
		if err := r.dir.Save(r.record); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.dir.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func caddyfileOf(t *testing.T, b *Backend) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.Store.Path("dev"), state.Caddyfile))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
