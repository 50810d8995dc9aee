package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// TestStartAndStop: a bottle comes up, answers, is recorded, keeps its token
// out of argv and files, and goes without a trace, twice if asked.
func TestStartAndStop(t *testing.T) {
	b := newBackend(t, "fake-works")
	target := startBottle(t, b, newPlan("/api/"))
	if r := record(t, b); !r.Alive() || baseURL(r.Port) != target.URL {
		t.Errorf("record %+v is not of %+v", r, target)
	}
	running := sidecars(t, b)
	if len(running) != 1 {
		t.Errorf("%d sidecars run: %v", len(running), running)
	}
	for _, argv := range running {
		if strings.Contains(argv, "TEST-SECRET") {
			t.Errorf("a token in argv: %s", argv)
		}
	}
	noTokenInState(t, b)
	for range 2 {
		if err := b.Stop(t.Context(), target); err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, b)
	}
}

func noTokenInState(t *testing.T, b *Backend) {
	t.Helper()
	err := filepath.WalkDir(b.Store.Path("dev"), func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "TEST-SECRET") {
			t.Errorf("a token in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFailedStartLeavesNothing has a start fail in every way it can, each with
// words that help, and looks for what it may have left.
func TestFailedStartLeavesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	takenPort := taken.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener

	cases := []struct {
		name, sidecar string
		change        func(b *Backend, p *plan.Plan)
		want, hint    string
	}{
		{"the sidecar is missing", "fake-works", func(b *Backend, _ *plan.Plan) { b.Sidecar = "/nowhere/caddy" }, "--sidecar: /nowhere/caddy does not exist", "make build"},
		{"it is no sidecar", "fake-no-modules", nil, "is not a cred-proxy sidecar: it has none of our modules", "make build"},
		{"it is too old", "fake-too-old", nil, "is too old: it lacks http.handlers.upstream_links", "build it again"},
		{"it refuses the Caddyfile", "fake-invalid", nil, "the sidecar refuses the Caddyfile: this fake takes no configuration", "cred-proxy plan"},
		{"the port is taken", "fake-works", func(b *Backend, _ *plan.Plan) { b.Port = takenPort }, "the port is taken", "another --port"},
		{"the token is not set", "fake-works", func(b *Backend, _ *plan.Plan) { delete(b.Env, "T") }, "token T is not set", "environment of cred-proxy"},
		{"the token is empty", "fake-works", func(b *Backend, _ *plan.Plan) { b.Env["T"] = "" }, "token T is empty", "environment of cred-proxy"},
		{"the token ends in a line break", "fake-works", func(b *Backend, _ *plan.Plan) { b.Env["T"] += "\n" }, "token T ends in a line break", "environment of cred-proxy"},
		{"the sidecar ends at once", "fake-exits", nil, "it ended at once\n  sidecar: error: this fake ends at once", ""},
		{"it never becomes healthy", "fake-never-healthy", func(b *Backend, _ *plan.Plan) { b.HealthWithin = 300 * time.Millisecond }, "did not become healthy within 300ms\n  sidecar: info: serving initial configuration", ""},
		{"the plan has no slug", "fake-works", func(_ *Backend, p *plan.Plan) { p.Slug = "" }, "the plan has no slug", ""},
		{"the plan has no Caddyfile", "fake-works", func(_ *Backend, p *plan.Plan) { p.Caddyfile = "" }, "the plan has no caddyfile", ""},
		{"two variables fill a slot", "fake-works", func(_ *Backend, p *plan.Plan) {
			p.Requires = append(p.Requires, plan.Requirement{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "U"})
		}, "slot CRED_PROXY_TOKEN_0 has two sources, T and U", ""},
		{"the CA file is missing", "fake-works", func(_ *Backend, p *plan.Plan) { p.Egress.CAFile = "/nowhere/ca.pem" }, "reading egress.ca_file: open /nowhere/ca.pem", "certificate of the egress proxy's CA"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b, p := newBackend(t, c.sidecar), newPlan("/api/")
			if c.change != nil {
				c.change(b, p)
			}
			_, err := b.Start(t.Context(), p)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(launcher.Hint(err), c.hint) {
				t.Fatalf("got %v, hint %q\nwant %q, hint %q", err, launcher.Hint(err), c.want, c.hint)
			}
			if strings.Contains(err.Error(), "TEST-SECRET") {
				t.Error("a token in the error")
			}
			nothingLeft(t, b)
		})
	}
}

// TestInterruptedStartLeavesNothing: Ctrl-C at any step of a start.
func TestInterruptedStartLeavesNothing(t *testing.T) {
	for _, step := range []string{"", "checking the configuration", "starting the sidecar"} {
		t.Run("at "+step, func(t *testing.T) {
			b := newBackend(t, "fake-never-healthy")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			reason := errors.New("somebody pressed Ctrl-C")
			if step == "" {
				cancel(reason)
			}
			b.Progress = func(text string) {
				if strings.HasPrefix(text, step) {
					cancel(reason)
				}
			}
			if _, err := b.Start(ctx, newPlan("/api/")); !errors.Is(err, reason) {
				t.Fatalf("got %v, want the reason of the interrupt", err)
			}
			nothingLeft(t, b)
		})
	}
}

// TestOnlyOneStartWins: two launchers of one bottle at once.
func TestOnlyOneStartWins(t *testing.T) {
	b := newBackend(t, "fake-works")
	var group sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		other := *b
		group.Go(func() { _, errs[i] = other.Start(t.Context(), newPlan("/api/")) })
	}
	group.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, launcher.ErrRunning) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if running := sidecars(t, b); refused != 2 || len(running) != 1 {
		t.Errorf("%d starts refused, %d sidecars run", refused, len(running))
	}
}

// TestStartClearsLeftovers: after a crash the next launch has to work, must
// say what it did, and must not end a process that only has the old id.
func TestStartClearsLeftovers(t *testing.T) {
	cases := []struct {
		name   string
		damage func(t *testing.T, b *Backend, dir *state.Dir, r *state.Record)
	}{
		{"the sidecar was killed", func(t *testing.T, _ *Backend, _ *state.Dir, r *state.Record) {
			kill(t, r.Sidecar.PID)
		}},
		{"the launcher was killed while starting", func(_ *testing.T, _ *Backend, _ *state.Dir, r *state.Record) {
			r.Phase = state.Starting
		}},
		{"the launcher was killed before it wrote down the sidecar's id", func(_ *testing.T, _ *Backend, _ *state.Dir, r *state.Record) {
			r.Phase, r.Sidecar = state.Starting, nil
		}},
		{"a run was killed, its sidecar lives", func(_ *testing.T, _ *Backend, _ *state.Dir, r *state.Record) {
			r.Launcher = &state.Process{PID: 1 << 30}
		}},
		{"a reload was killed and left a second sidecar", func(t *testing.T, _ *Backend, _ *state.Dir, r *state.Record) {
			kill(t, r.Sidecar.PID)
			r.Other, r.Sidecar = r.Sidecar, r.Other
		}},
		{"another process has the sidecar's id", func(t *testing.T, _ *Backend, _ *state.Dir, r *state.Record) {
			kill(t, r.Sidecar.PID)
			r.Sidecar.PID = os.Getpid() // would end this test
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBackend(t, "fake-works")
			startBottle(t, b, newPlan("/api/"))
			dir, err := b.Store.LockExisting(t.Context(), "dev")
			if err != nil {
				t.Fatal(err)
			}
			r := record(t, b)
			c.damage(t, b, dir, r)
			if err := errors.Join(dir.Save(r), dir.Write("stray", nil), dir.Unlock()); err != nil {
				t.Fatal(err)
			}
			var said string
			b.Warn = func(text string) { said += text }
			target := startBottle(t, b, newPlan("/api/"))
			if !strings.Contains(said, `what an earlier launch of bottle "dev" left behind`) {
				t.Errorf("it said %q", said)
			}
			if running := sidecars(t, b); len(running) != 1 {
				t.Errorf("%d sidecars run", len(running))
			}
			if _, err := os.Stat(filepath.Join(b.Store.Path("dev"), "stray")); err == nil {
				t.Error("an old file is still there")
			}
			if err := b.Stop(t.Context(), target); err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, b)
		})
	}
}

// TestStartRefusesARunningBottle names where it runs and how to go on.
func TestStartRefusesARunningBottle(t *testing.T) {
	b := newBackend(t, "fake-works")
	target := startBottle(t, b, newPlan("/api/"))
	_, err := b.Start(t.Context(), newPlan("/api/"))
	if !errors.Is(err, launcher.ErrRunning) || err.Error() != fmt.Sprintf("bottle %q is already running on %s", "dev", target.URL) {
		t.Errorf("got %v", err)
	}
	if want := "`eval \"$(cred-proxy env dev)\"` uses it, `cred-proxy down dev` ends it"; launcher.Hint(err) != want {
		t.Errorf("hint %q, want %q", launcher.Hint(err), want)
	}
	if !record(t, b).Alive() {
		t.Error("the running bottle was ended")
	}
}

// TestStopKillsADeafSidecar: one that ignores SIGTERM is killed after the
// grace period, and at once when the user has no more patience.
func TestStopKillsADeafSidecar(t *testing.T) {
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		grace time.Duration
	}{
		"after the grace period": {t.Context(), 100 * time.Millisecond},
		"at once":                {impatient, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBackend(t, "fake-ignores-term")
			target := startBottle(t, b, newPlan("/api/"))
			b.Grace = c.grace
			if err := b.Stop(c.ctx, target); err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, b)
		})
	}
}

// TestStopWithUnreadableRecord: it must not claim success while a sidecar may
// be running.
func TestStopWithUnreadableRecord(t *testing.T) {
	b := newBackend(t, "fake-works")
	target := startBottle(t, b, newPlan("/api/"))
	if err := os.WriteFile(filepath.Join(b.Store.Path("dev"), "state.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Stop(t.Context(), target); err == nil || !strings.Contains(launcher.Hint(err), "by hand") {
		t.Errorf("got %v, hint %q", err, launcher.Hint(err))
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of a killed process", func() bool {
		_, err := os.Stat("/proc/" + strconv.Itoa(pid))
		return err != nil
	})
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
