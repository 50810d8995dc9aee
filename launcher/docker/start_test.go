package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/volume"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/internal/goldentest"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

const testSecret = "TEST-SECRET-docker-0123456789abcdef"

// preparedPlan returns the plan of a small bottle for Docker.
func preparedPlan(t *testing.T, more string) *plan.Plan {
	t.Helper()
	b, _ := goldentest.Prepare(t, "backend: docker\ntokens: [{kind: github, token_ref: GH}]\n"+more)
	p, err := launcher.Prepare(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newBackend(t *testing.T, f *fakeEngine) *Backend {
	t.Helper()
	store, err := state.NewStore(map[string]string{"XDG_RUNTIME_DIR": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return &Backend{
		Engine: f, Store: store, Env: map[string]string{"GH": testSecret}, Version: "v1", Image: "cred-proxy-sidecar:v1",
		Subnets:      []netip.Prefix{netip.MustParsePrefix("10.213.0.0/24")},
		HealthWithin: 300 * time.Millisecond, Grace: time.Second, Settle: time.Nanosecond,
	}
}

// start starts a bottle that has to come up.
func start(t *testing.T, b *Backend, p *plan.Plan) *launcher.Target {
	t.Helper()
	target, err := b.Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// If this fails, a bottle consists of something else than documented, or the
// sidecar does not get what it needs to start.
func TestStart(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	p := preparedPlan(t, "")
	target := start(t, b, p)
	if want := (&launcher.Target{Slug: "dev", URL: "http://cred-proxy:9099"}); *target != *want {
		t.Errorf("got %+v, want %+v", target, want)
	}
	want := []string{"container cred-proxy-dev", "network cred-proxy-dev-egress", "network cred-proxy-dev-internal", "volume cred-proxy-dev-config-2"}
	if diff := cmp.Diff(want, f.left()); diff != "" {
		t.Errorf("what there is (-want +got):\n%s", diff)
	}
	c := f.containers[0]
	if diff := cmp.Diff(map[string][]string{"cred-proxy-dev-internal": {"cred-proxy"}, "cred-proxy-dev-egress": nil}, c.networks); diff != "" {
		t.Errorf("networks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"/etc/caddy/Caddyfile": "0400 65532:65532 " + p.Caddyfile}, c.files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if !slices.Contains(c.create.Config.Env, "CRED_PROXY_TOKEN_0="+testSecret) {
		t.Error("the sidecar has no token")
	}
}

// If this fails, a token is in something that others can look at, before or
// after the start.
func TestTheTokenIsInTheEnvironmentOfTheSidecarAlone(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	for _, c := range f.containers {
		c.create.Config.Env = nil
		if text := fmt.Sprintf("%+v %+v %v %v", c.create.Config, c.create.HostConfig, c.files, c.create.Name); strings.Contains(text, "TEST-SECRET") {
			t.Errorf("found in %s", text)
		}
	}
	if text := fmt.Sprintf("%+v %+v", f.networks, f.volumes); strings.Contains(text, "TEST-SECRET") {
		t.Errorf("found in %s", text)
	}
	for name, content := range filesBelow(t, b.Store.Path("dev")) {
		if strings.Contains(content, "TEST-SECRET") {
			t.Errorf("found in %s", name)
		}
	}
}

func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, e := range entries {
		content, err := os.ReadFile(dir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(content)
	}
	return files
}

// If this fails, a start that does not succeed leaves something behind, or
// does not say what went wrong. Each call of the engine fails in turn, once
// before and once after it has done its work.
func TestEveryCallFailing(t *testing.T) {
	calls := callsOfStart(t)
	for n := 1; n <= calls; n++ {
		for _, when := range []string{"before", "after"} {
			f := newFakeEngine()
			if when == "before" {
				f.failBefore = n
			} else {
				f.failAfter = n
			}
			b := newBackend(t, f)
			target, err := b.Start(t.Context(), preparedPlan(t, ""))
			call := f.calls[n-1]
			if err == nil { // a probe of a sidecar's health is tried again, say
				if target == nil || !slices.Contains([]string{"ExecCreate", "ExecAttach", "ExecInspect"}, call) {
					t.Errorf("call %d, %s, failing %s: no error", n, call, when)
				}
				continue
			}
			if !errors.Is(err, errInjected) {
				t.Errorf("call %d, %s, failing %s: the error does not say so: %v", n, call, when, err)
			}
			f.failBefore, f.failAfter = 0, 0
			assertNothingLeft(t, f, b, fmt.Sprintf("call %d, %s, failing %s", n, call, when))
		}
	}
}

func callsOfStart(t *testing.T) int {
	t.Helper()
	f := newFakeEngine()
	start(t, newBackend(t, f), preparedPlan(t, ""))
	if len(f.calls) < 15 {
		t.Fatalf("a start makes %d calls; this test tests nothing", len(f.calls))
	}
	return len(f.calls)
}

func assertNothingLeft(t *testing.T, f *fakeEngine, b *Backend, when string) {
	t.Helper()
	if left := f.left(); len(left) > 0 {
		t.Errorf("%s: left behind: %v", when, left)
	}
	if slugs, err := b.Store.Slugs(); err != nil || len(slugs) > 0 && len(filesBelow(t, b.Store.Path("dev"))) > 1 {
		t.Errorf("%s: state left behind: %v, %v", when, slugs, err)
	}
}

// If this fails, Ctrl-C leaves something behind, or is not what the error says.
func TestInterruptAtEveryCall(t *testing.T) {
	interrupt := errors.New("interrupted")
	for n := 1; n <= callsOfStart(t); n++ {
		f := newFakeEngine()
		ctx, cancel := context.WithCancelCause(t.Context())
		f.onCall = func(number int, _ string) {
			if number == n {
				cancel(interrupt)
			}
		}
		b := newBackend(t, f)
		_, err := b.Start(ctx, preparedPlan(t, ""))
		if err == nil { // it came with the last call
			if n < callsOfStart(t)-1 {
				t.Errorf("call %d, %s: no error", n, f.calls[n-1])
			}
			continue
		}
		if !errors.Is(err, interrupt) {
			t.Errorf("call %d, %s: the cause is lost: %v", n, f.calls[n-1], err)
		}
		assertNothingLeft(t, f, b, fmt.Sprintf("call %d, %s", n, f.calls[n-1]))
	}
}

// If this fails, a launcher that is killed leaves what the next `up` does not
// report, or what `cleanup` does not remove.
func TestKilledAtEveryCall(t *testing.T) {
	for n := 1; n <= callsOfStart(t); n++ {
		f := newFakeEngine()
		b := newBackend(t, f)
		killed := errors.New("killed")
		func() {
			defer func() { _ = recover() }()
			f.onCall = func(number int, _ string) {
				if number > n { // nothing more is done, not even undone
					panic(killed)
				}
			}
			_, _ = b.Start(t.Context(), preparedPlan(t, ""))
		}()
		f.onCall = nil
		forgetLauncher(f)
		unlock(t, b)
		if left := f.left(); len(left) > 0 {
			_, err := b.Start(t.Context(), preparedPlan(t, ""))
			complete := slices.Contains(left, "container cred-proxy-dev") && f.containers[0].running
			if err == nil || !complete && !strings.Contains(launcher.Hint(err), "cleanup") {
				t.Errorf("after call %d, %s: with %v the next start says %v", n, f.calls[n-1], left, err)
			}
			if complete {
				continue
			}
			leftovers, err := b.Leftovers(t.Context())
			if err != nil || len(leftovers) != len(left) {
				t.Errorf("after call %d: %v is reported as %v, %v", n, left, leftovers, err)
			}
			if err := b.RemoveLeftovers(t.Context(), leftovers); err != nil {
				t.Error(err)
			}
		}
		assertNothingLeft(t, f, b, fmt.Sprintf("after call %d, %s", n, f.calls[n-1]))
		start(t, b, preparedPlan(t, ""))
	}
}

// forgetLauncher makes everything look as if a process had created it that is
// gone.
func forgetLauncher(f *fakeEngine) {
	forget := func(labels map[string]string) { labels[labelLauncher] = `{"pid":1}` }
	for _, c := range f.containers {
		forget(c.create.Config.Labels)
	}
	for _, n := range f.networks {
		forget(n.Labels)
	}
	for _, v := range f.volumes {
		forget(v.Labels)
	}
}

// unlock gives the backend a store in which nobody holds a lock any more, as
// after the end of the process that had it.
func unlock(t *testing.T, b *Backend) {
	t.Helper()
	store, err := state.NewStore(map[string]string{"XDG_RUNTIME_DIR": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	b.Store = store
}

// If this fails, a bottle is started twice, or over something that is not ours.
func TestRefusedBeforeAnythingIsCreated(t *testing.T) {
	tests := map[string]struct {
		prepare    func(f *fakeEngine, b *Backend, p *plan.Plan)
		want, hint string
	}{
		"the image is missing": {
			func(_ *fakeEngine, b *Backend, _ *plan.Plan) { b.Image = "missing" },
			"image missing is missing: No such image: missing: not found", "cred-proxy image build",
		},
		"the engine is too old": {
			func(f *fakeEngine, _ *Backend, _ *plan.Plan) { f.api = "1.40" },
			`the Docker engine's API is version "1.40"; cred-proxy needs 1.41`, "20.10",
		},
		"the engine logs what it is sent": {
			func(f *fakeEngine, _ *Backend, _ *plan.Plan) { f.debug = true },
			"the Docker engine is in debug mode", "daemon.json",
		},
		"a stranger has the container's name": {func(f *fakeEngine, _ *Backend, _ *plan.Plan) {
			f.containers = []*fakeContainer{foreign("cred-proxy-dev")}
		}, "the name cred-proxy-dev is taken by a container that is not cred-proxy's", "docker rm -f cred-proxy-dev"},
		"another bottle's sidecar has the agent's name": {func(f *fakeEngine, _ *Backend, _ *plan.Plan) {
			c := foreign("cred-proxy-dev-agent")
			c.create.Config.Labels = map[string]string{labelBottle: "dev-agent"}
			f.containers = []*fakeContainer{c}
		}, "the name cred-proxy-dev-agent is taken by a container of bottle \"dev-agent\"", "another name"},
		"a stranger has the network's name": {func(f *fakeEngine, _ *Backend, _ *plan.Plan) {
			f.networks = []network.Summary{{Network: network.Network{ID: "x", Name: "cred-proxy-dev-egress"}}}
		}, "the name cred-proxy-dev-egress is taken by a network that is not cred-proxy's", "docker network rm cred-proxy-dev-egress"},
		"a stranger has the volume's name": {func(f *fakeEngine, _ *Backend, _ *plan.Plan) {
			f.volumes = []volume.Volume{{Name: "cred-proxy-dev-config-2"}} // the engine would hand it out as a new one
		}, "the name cred-proxy-dev-config-2 is taken by a volume that is not cred-proxy's", "docker volume rm cred-proxy-dev-config-2"},
		"no subnet is free": {func(_ *fakeEngine, b *Backend, _ *plan.Plan) {
			b.HostRoutes = func() ([]netip.Prefix, error) { return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, nil }
		}, "picking subnets: no /28 of 10.213.0.0/24 is free: all are in use by the engine's networks or the host's routes", "docker.subnets"},
		"a token is missing": {
			func(_ *fakeEngine, b *Backend, _ *plan.Plan) { b.Env = nil },
			"resolving tokens: token GH is not set; export it, or remove its entry from the bottle file", "cred-proxy plan",
		},
		"the plan has no networks": {
			func(_ *fakeEngine, _ *Backend, p *plan.Plan) { p.Networks = nil },
			"starting the sidecar: the plan has 0 networks, not an internal and an egress one", "",
		},
		"the sidecar refuses the Caddyfile": {func(f *fakeEngine, _ *Backend, _ *plan.Plan) {
			f.checkStatus, f.checkOutput = 1, "Error: adapting config using caddyfile: /etc/caddy/Caddyfile:3: unrecognized directive: nonsense\n"
		}, "checking the configuration: the sidecar refuses the Caddyfile: adapting config using caddyfile: Caddyfile:3: unrecognized directive: nonsense", "cred-proxy plan"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeEngine()
			b, p := newBackend(t, f), preparedPlan(t, "")
			test.prepare(f, b, p)
			before := f.left()
			_, err := b.Start(t.Context(), p)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if hint := launcher.Hint(err); !strings.Contains(hint, test.hint) {
				t.Errorf("the hint is %q", hint)
			}
			if diff := cmp.Diff(before, f.left()); diff != "" {
				t.Errorf("what there is (-before +after):\n%s", diff)
			}
			if slices.Contains(f.calls, "NetworkCreate") {
				t.Error("networks were created")
			}
		})
	}
}

func foreign(name string) *fakeContainer {
	c := &fakeContainer{id: "foreign", name: name, running: true, networks: map[string][]string{}, files: map[string]string{}}
	c.create = checkSpec(name, "x", map[string]string{}, map[string]string{})
	return c
}

// If this fails, the same bottle can be started twice.
func TestStartTwice(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	before := f.left()
	_, err := b.Start(t.Context(), preparedPlan(t, ""))
	if !errors.Is(err, launcher.ErrRunning) || !strings.Contains(launcher.Hint(err), "cred-proxy down dev") {
		t.Errorf("got %v, hint %q", err, launcher.Hint(err))
	}
	if diff := cmp.Diff(before, f.left()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// If this fails, a sidecar that does not come up says nothing about why.
func TestSidecarThatDoesNotComeUp(t *testing.T) {
	tests := map[string]struct {
		prepare func(f *fakeEngine)
		want    string
	}{
		"it ends at once": {
			func(f *fakeEngine) { f.startStatus = 1 },
			"starting the sidecar: it ended at once\n  sidecar: error: loading initial config: slot CRED_PROXY_TOKEN_0 is empty",
		},
		"it does not answer": {
			func(f *fakeEngine) { f.unhealthy = true },
			"starting the sidecar: it did not become healthy within 300ms; it logged nothing",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeEngine()
			test.prepare(f)
			b := newBackend(t, f)
			_, err := b.Start(t.Context(), preparedPlan(t, ""))
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			assertNothingLeft(t, f, b, name)
		})
	}
}

// If this fails, `down` fails for a bottle that is gone, or leaves something.
func TestStop(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	target := start(t, b, preparedPlan(t, ""))
	f.containers = append(f.containers, foreign("mine"))
	f.containers[1].networks["cred-proxy-dev-internal"] = nil
	var warned []string
	b.Warn = func(text string) { warned = append(warned, text) }
	if err := b.Stop(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"container mine"}, f.left()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "container mine was still on network cred-proxy-dev-internal") {
		t.Errorf("warned of %q", warned)
	}
	if err := b.Stop(t.Context(), target); err != nil {
		t.Errorf("a second time: %v", err)
	}
	f.containers = nil
	assertNothingLeft(t, f, b, "after down")
}

// If this fails, a failing engine keeps `down` from removing the rest, or
// cannot be made up for by another `down`.
func TestStopWithEveryCallFailing(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	target := start(t, b, preparedPlan(t, ""))
	from := len(f.calls)
	if err := b.Stop(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	calls := len(f.calls) - from
	for n := 1; n <= calls; n++ {
		f := newFakeEngine()
		b := newBackend(t, f)
		target := start(t, b, preparedPlan(t, ""))
		f.failBefore = len(f.calls) + n
		if err := b.Stop(t.Context(), target); err == nil && f.calls[f.failBefore-1] != "ContainerStop" {
			t.Errorf("call %d, %s: no error", n, f.calls[f.failBefore-1])
		}
		if err := b.Stop(t.Context(), target); err != nil {
			t.Errorf("call %d: the second down: %v", n, err)
		}
		assertNothingLeft(t, f, b, fmt.Sprintf("call %d", n))
	}
}

// reloadable starts a bottle and returns a plan with another route.
func reloadable(t *testing.T, f *fakeEngine) (*Backend, *plan.Plan) {
	t.Helper()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	return b, preparedPlan(t, "routes: [{path: /x/, upstream: 'https://x.example.com', auth: {scheme: Bearer, token_ref: GH}}]")
}

// If this fails, a change of the bottle file does not reach the sidecar.
func TestReload(t *testing.T) {
	f := newFakeEngine()
	b, next := reloadable(t, f)
	changes, err := b.Reload(t.Context(), next)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&launcher.Changes{Added: []string{"/x/"}, Removed: []string{}, Changed: []string{}}, changes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := f.containers[0].files["/etc/caddy/Caddyfile"]; !strings.Contains(got, "/x/*") {
		t.Error("the sidecar has the old Caddyfile")
	}
}

// If this fails, a reload that the sidecar refuses leaves a Caddyfile in place
// that a restart would fail with.
func TestReloadThatIsRefused(t *testing.T) {
	f := newFakeEngine()
	f.onReread = `{"level":"error","msg":"` + logReloadRefused + `","error":"no"}` + "\n"
	b, next := reloadable(t, f)
	before := f.containers[0].files["/etc/caddy/Caddyfile"]
	_, err := b.Reload(t.Context(), next)
	if err == nil || !strings.Contains(err.Error(), "the sidecar refuses the new configuration: no") {
		t.Errorf("got %v", err)
	}
	if f.containers[0].files["/etc/caddy/Caddyfile"] != before {
		t.Error("the new Caddyfile is still there")
	}

	// What the sidecar said to an earlier reload is no answer to a later one.
	f.onReread = `{"level":"info","msg":"` + logReloaded + `"}` + "\n"
	if _, err := b.Reload(t.Context(), next); err != nil {
		t.Errorf("after a reload that was refused: %v", err)
	}
	f.onReread = ""
	if _, err := b.Reload(t.Context(), preparedPlan(t, "")); !errors.Is(err, errNoAnswer) {
		t.Errorf("after a reload that succeeded, one without an answer: %v", err)
	}
	f.debug = true
	if _, err := b.Reload(t.Context(), next); !errors.Is(err, errDebug) {
		t.Errorf("with an engine that logs what it is sent: %v", err)
	}
}

// If this fails, another token does not reach the bottle, or the second
// sidecar does not take the first one's place in everything.
func TestReloadWithAnotherToken(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	for round, token := range []string{"TEST-SECRET-second-0123456789", "TEST-SECRET-third-0123456789"} {
		b.Env = map[string]string{"GH": token}
		changes, err := b.Reload(t.Context(), preparedPlan(t, ""))
		if err != nil || !changes.Tokens || !changes.Replaced {
			t.Fatalf("round %d: %+v, %v", round, changes, err)
		}
		c := f.containers[0]
		if len(f.containers) != 1 || c.name != "cred-proxy-dev" || !slices.Contains(c.create.Config.Env, "CRED_PROXY_TOKEN_0="+token) {
			t.Errorf("round %d: there is %v", round, f.left())
		}
		if c.create.Config.Hostname == Alias { // which the engine makes an alias, also before the take-over
			t.Errorf("round %d: the sidecar's host name is the alias", round)
		}
		if diff := cmp.Diff([]string{"cred-proxy"}, c.networks["cred-proxy-dev-internal"]); diff != "" {
			t.Errorf("round %d: aliases (-want +got):\n%s", round, diff)
		}
		if len(f.volumes) != 1 {
			t.Errorf("round %d: there is %v", round, f.left())
		}
	}
}

// If this fails, a reload that was killed in its take-over leaves a sidecar
// that its agent does not find, and nothing but a new token puts that right.
func TestReloadThatWasKilledIsHealed(t *testing.T) {
	for name, damage := range map[string]func(c *fakeContainer){
		"the alias is gone":   func(c *fakeContainer) { c.networks["cred-proxy-dev-internal"] = nil },
		"the name is gone":    func(c *fakeContainer) { c.name = "cred-proxy-dev-last" },
		"the network is gone": func(c *fakeContainer) { delete(c.networks, "cred-proxy-dev-internal") },
	} {
		for remedy, apply := range map[string]func(b *Backend) error{
			"reload":  func(b *Backend) error { _, err := b.Reload(t.Context(), preparedPlan(t, "")); return err },
			"cleanup": func(b *Backend) error { return b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "dev"}}) },
		} {
			t.Run(name+", "+remedy, func(t *testing.T) {
				f := newFakeEngine()
				b := newBackend(t, f)
				start(t, b, preparedPlan(t, ""))
				damage(f.containers[0])
				if err := apply(b); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{"cred-proxy"}, f.containers[0].networks["cred-proxy-dev-internal"]); diff != "" {
					t.Errorf("aliases (-want +got):\n%s", diff)
				}
				if got := f.containers[0].name; got != "cred-proxy-dev" {
					t.Errorf("the sidecar is called %s", got)
				}
			})
		}
	}
}

// If this fails, a bottle that belongs to a `run` counts as left over after
// its token was changed, since the launcher that did that has ended.
func TestReloadLeavesABottleToItsRun(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	b.Attached = true
	start(t, b, preparedPlan(t, ""))
	owner := map[string]string{labelMode: launcher.Run, labelHost: "elsewhere", labelLauncher: "its own"}
	maps.Copy(f.containers[0].create.Config.Labels, owner)
	b.Attached, b.Env = false, map[string]string{"GH": "TEST-SECRET-second-0123456789"}
	if _, err := b.Reload(t.Context(), preparedPlan(t, "")); err != nil {
		t.Fatal(err)
	}
	for label, want := range owner {
		if got := f.containers[0].create.Config.Labels[label]; got != want {
			t.Errorf("label %s is %q, want %q", label, got, want)
		}
	}
}

// If this fails, a `run` whose sidecar has ended looks as if it were starting,
// or somebody is told to clean up what is still in use.
func TestSidecarThatEndsWithinARun(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	b.Attached = true
	start(t, b, preparedPlan(t, ""))
	f.containers[0].running = false
	list, err := b.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Status != launcher.Dead {
		t.Errorf("the list is %+v, %v", list, err)
	}
	_, err = b.Start(t.Context(), preparedPlan(t, ""))
	if err == nil || !strings.Contains(err.Error(), `another launcher is at work on bottle "dev"`) || !strings.Contains(launcher.Hint(err), "cred-proxy down dev") {
		t.Errorf("got %v, %q", err, launcher.Hint(err))
	}
}

// If this fails, a new version of the sidecar takes a `down` and an `up`.
func TestReloadWithAnotherImage(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	b.Image = "cred-proxy-sidecar:v2"
	changes, err := b.Reload(t.Context(), preparedPlan(t, ""))
	if err != nil || !changes.Replaced || changes.Tokens {
		t.Fatalf("got %+v, %v", changes, err)
	}
	if got := f.containers[0].create.Config.Image; got != b.Image {
		t.Errorf("the sidecar is from %s", got)
	}
	b.Image = "missing"
	if _, err := b.Reload(t.Context(), preparedPlan(t, "")); err == nil || len(f.left()) != 4 {
		t.Errorf("with an image that is missing: %v, %v", err, f.left())
	}
}

// If this fails, a reload that does not succeed takes the bottle down, or
// leaves it with two sidecars that the next one stumbles over.
func TestReloadWithEveryCallFailing(t *testing.T) {
	calls := func() int {
		f := newFakeEngine()
		b := newBackend(t, f)
		start(t, b, preparedPlan(t, ""))
		from := len(f.calls)
		b.Env = map[string]string{"GH": "TEST-SECRET-second-0123456789"}
		if _, err := b.Reload(t.Context(), preparedPlan(t, "")); err != nil {
			t.Fatal(err)
		}
		return len(f.calls) - from
	}()
	for n := 1; n <= calls; n++ {
		f := newFakeEngine()
		b := newBackend(t, f)
		start(t, b, preparedPlan(t, ""))
		b.Env = map[string]string{"GH": "TEST-SECRET-second-0123456789"}
		f.failBefore = len(f.calls) + n
		first := f.containers[0].id
		_, err := b.Reload(t.Context(), preparedPlan(t, ""))
		call := f.calls[f.failBefore-1]
		i := slices.IndexFunc(f.containers, func(c *fakeContainer) bool { return c.name == "cred-proxy-dev" })
		if i < 0 || !f.containers[i].running {
			t.Errorf("call %d, %s, failing with %v: no sidecar is left: %v", n, call, err, f.left())
			continue
		}
		if aliases := f.containers[i].networks["cred-proxy-dev-internal"]; !slices.Equal(aliases, []string{"cred-proxy"}) {
			t.Errorf("call %d, %s, failing with %v: the sidecar's aliases are %v", n, call, err, aliases)
		}
		if (f.containers[i].id == first) != (err != nil) {
			t.Errorf("call %d, %s: the error is %v, and the sidecar is the first: %t", n, call, err, f.containers[i].id == first)
		}
		f.failBefore = 0
		if _, err := b.Reload(t.Context(), preparedPlan(t, "")); err != nil {
			t.Errorf("call %d, %s: the next reload: %v", n, call, err)
		}
		if left := f.left(); len(left) != 4 {
			t.Errorf("call %d, %s: after the next reload there is %v", n, call, left)
		}
	}
}

// If this fails, a reload whose end cannot be written down leaves the first
// sidecar with a name by which nobody knows it.
func TestReloadThatCannotBeRecorded(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	b.Env = map[string]string{"GH": "TEST-SECRET-second-0123456789"}
	first, renames := f.containers[0].id, 0
	f.onCall = func(_ int, call string) {
		if call == "ContainerRename" {
			renames++
		}
		if renames == 2 { // what comes next is written down
			_ = os.RemoveAll(b.Store.Path("dev"))
		}
	}
	if _, err := b.Reload(t.Context(), preparedPlan(t, "")); err == nil {
		t.Fatal("no error")
	}
	c := f.containers[0]
	if len(f.containers) != 1 || c.id != first || c.name != "cred-proxy-dev" {
		t.Errorf("there is %v, the first sidecar is %s", f.left(), c.name)
	}
	if diff := cmp.Diff([]string{"cred-proxy"}, c.networks["cred-proxy-dev-internal"]); diff != "" {
		t.Errorf("its aliases (-want +got):\n%s", diff)
	}
}

// If this fails, a bottle that is in use is cleaned up, or one that is not in
// use stays.
func TestLeftovers(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	forgetLauncher(f)
	if left, err := b.Leftovers(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("of a bottle that is up: %v, %v", left, err)
	}
	for _, labels := range []map[string]string{f.containers[0].create.Config.Labels} {
		labels[labelMode] = launcher.Run
	}
	left, err := b.Leftovers(t.Context())
	if err != nil || len(left) != 4 || left[0].Why != "its `cred-proxy run` was killed" {
		t.Errorf("of a run that was killed: %v, %v", left, err)
	}
	maps.Copy(f.containers[0].create.Config.Labels, map[string]string{labelHost: "another"})
	if left, err := b.Leftovers(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("of a run on another host: %v, %v", left, err)
	}
}

// If this fails, an agent goes on against a sidecar that is gone, and nobody
// says why all of its requests fail.
func TestWatchSidecar(t *testing.T) {
	defer func(was time.Duration) { watchPause = was }(watchPause)
	watchPause = 10 * time.Millisecond
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	warned := make(chan string, 1)
	b.Warn = func(text string) { warned <- text }
	done := make(chan struct{})
	go func() { b.watchSidecar(t.Context(), "dev"); close(done) }()
	select {
	case text := <-warned:
		t.Fatalf("while it runs: %s", text)
	case <-time.After(100 * time.Millisecond):
	}
	f.mu.Lock()
	f.containers[0].running = false
	f.mu.Unlock()
	if text := <-warned; text != "the sidecar has ended; the agent's requests now fail" {
		t.Errorf("warned: %s", text)
	}
	<-done
}

// If this fails, an engine that is away for a moment is taken for the sidecar's
// end.
func TestSidecarOfAnEngineThatIsAway(t *testing.T) {
	defer func(was time.Duration) { watchPause = was }(watchPause)
	watchPause = time.Millisecond
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	b.Warn = func(text string) { t.Errorf("warned: %s", text) }
	ctx, cancel := context.WithCancel(t.Context())
	from := len(f.calls)
	f.failBefore = from + 2 // the look
	f.onCall = func(n int, _ string) {
		if n == from+4 { // the next look
			cancel()
		}
	}
	b.watchSidecar(ctx, "dev")
}

// If this fails, a `cleanup` of another user takes a sidecar away in the middle
// of a reload.
func TestCleanupSparesAReloadUnderWay(t *testing.T) {
	f := newFakeEngine()
	b := newBackend(t, f)
	start(t, b, preparedPlan(t, ""))
	stray := *f.containers[0]
	labels := maps.Clone(stray.create.Config.Labels)
	config := *stray.create.Config
	config.Labels, stray.create.Config = labels, &config
	stray.id, stray.name = "next", "cred-proxy-dev-next"
	f.containers = append(f.containers, &stray)
	unlock(t, b)

	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", os.Getppid()))
	if err != nil {
		t.Fatal(err)
	}
	parent, err := state.Identify(os.Getppid(), exe)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		process *state.Process
	}{{"under way", parent}, {"that was killed", &state.Process{PID: 1}}} {
		what, process := c.what, c.process
		content, err := json.Marshal(process)
		if err != nil {
			t.Fatal(err)
		}
		labels[labelReload] = string(content)
		left, err := b.Leftovers(t.Context())
		if spared := len(left) == 0; err != nil || spared != (what == "under way") {
			t.Errorf("of a reload %s: %v, %v", what, left, err)
		}
		// The alias, which it has taken from the first sidecar, is its to give.
		f.containers[0].networks["cred-proxy-dev-internal"] = nil
		from := len(f.calls)
		if err := b.RemoveLeftovers(t.Context(), []launcher.Leftover{{Slug: "dev"}}); err != nil {
			t.Fatal(err)
		}
		touched := slices.ContainsFunc(f.calls[from:], func(call string) bool { return call == "ContainerRemove" || call == "NetworkDisconnect" })
		if touched != (what != "under way") {
			t.Errorf("of a reload %s: clean-up calls %v", what, f.calls[from:])
		}
	}
}
