package process

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/process/fakesidecar"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// Test tokens; both are what a leak is looked for by.
const (
	testToken  = "TEST-SECRET-process-0123456789"
	otherToken = "TEST-SECRET-process-9876543210"
)

// waitLimit ends a wait only when something is wrong.
const waitLimit = 20 * time.Second

func TestMain(m *testing.M) {
	fakesidecar.RunIfFake()
	os.Exit(m.Run())
}

// fake returns the path of a fake sidecar: this test binary under its name.
func fake(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if os.Link(self, path) == nil {
		return path
	}
	content, err := os.ReadFile(self) // on another file system
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	return path
}

// newBackend returns a backend with a state directory of its own and a fake
// sidecar. What a test leaves running is killed.
func newBackend(t *testing.T, sidecar string) *Backend {
	t.Helper()
	base, err := os.MkdirTemp("", "cp") // short, for Unix sockets
	if err != nil {
		t.Fatal(err)
	}
	store, err := state.NewStore(map[string]string{"XDG_RUNTIME_DIR": base})
	if err != nil {
		t.Fatal(err)
	}
	b := &Backend{
		Store: store, Env: map[string]string{"PATH": os.Getenv("PATH"), "HOME": base, "T": testToken, "GORACE": os.Getenv("GORACE")},
		Sidecar: fake(t, sidecar), HealthWithin: waitLimit, Grace: waitLimit,
	}
	t.Cleanup(func() {
		for pid := range sidecars(t, b) {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		if err := os.RemoveAll(base); err != nil {
			t.Error(err)
		}
	})
	return b
}

// newPlan returns a plan with the given routes, all of one token.
func newPlan(paths ...string) *plan.Plan {
	p := &plan.Plan{
		Bottle: "dev", Slug: "dev", Backend: "process",
		Requires:  []plan.Requirement{{TokenEnv: "CRED_PROXY_TOKEN_0", TokenRef: "T"}},
		Caddyfile: "# routes: " + strings.Join(paths, " ") + "\n",
	}
	for _, path := range paths {
		p.Routes = append(p.Routes, plan.Route{Path: path, Upstream: "https://upstream.example", TokenEnv: "CRED_PROXY_TOKEN_0", Write: bottle.Allow})
	}
	return p
}

func startBottle(t *testing.T, b *Backend, p *plan.Plan) *launcher.Target {
	t.Helper()
	target, err := b.Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func record(t *testing.T, b *Backend) *state.Record {
	t.Helper()
	r, err := b.Store.Read("dev")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sidecars returns the argv of the sidecars of a backend's bottles by process id.
func sidecars(t *testing.T, b *Backend) map[int]string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[int]string)
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil { // it has ended since
			continue
		}
		argv := strings.ReplaceAll(string(content), "\x00", " ")
		if pid := atoi(t, filepath.Base(filepath.Dir(path))); strings.Contains(argv, b.Store.Path("")) {
			found[pid] = argv
		}
	}
	return found
}

// nothingLeft fails when a process or a file of any bottle is still there.
func nothingLeft(t *testing.T, b *Backend) {
	t.Helper()
	eventually(t, "the end of all sidecars", func() bool { return len(sidecars(t, b)) == 0 })
	entries, err := os.ReadDir(b.Store.Path(""))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: not within %s", what, waitLimit)
		}
	}
}

func get(t *testing.T, client *http.Client, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), errors.Join(err, resp.Body.Close())
}
