package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNewStore holds the places that the XDG Base Directory Specification
// leads to; elsewhere `down` would not find what `up` has started.
func TestNewStore(t *testing.T) {
	cases := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"the runtime directory comes first", map[string]string{"XDG_RUNTIME_DIR": "/r", "XDG_STATE_HOME": "/s", "HOME": "/h"}, "/r/cred-proxy/dev"},
		{"then the state directory", map[string]string{"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/cred-proxy/dev"},
		{"then its default", map[string]string{"HOME": "/h"}, "/h/.local/state/cred-proxy/dev"},
		{"relative directories do not count", map[string]string{"XDG_RUNTIME_DIR": "r", "XDG_STATE_HOME": "s", "HOME": "/h"}, "/h/.local/state/cred-proxy/dev"},
		{"without any it is an error", map[string]string{"HOME": "h"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewStore(c.env)
			if c.want == "" {
				if err == nil {
					t.Fatal("want an error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Path("dev"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestLockMakesPrivateFiles: the agent token and the log are for nobody else
// on the machine, whatever the umask is.
func TestLockMakesPrivateFiles(t *testing.T) {
	d := lockNew(t, newStore(t))
	if err := d.Write(AgentToken, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(&Record{}); err != nil {
		t.Fatal(err)
	}
	log, _, err := d.OpenLog(SidecarLog)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"..", ".", lockName, AgentToken, recordName, SidecarLog} {
		info, err := os.Stat(d.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		want := fs.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

// TestLockRefusesADirectoryOthersCanUse: XDG_RUNTIME_DIR=/tmp must not let
// another user read the agent token or put a Caddyfile there.
func TestLockRefusesADirectoryOthersCanUse(t *testing.T) {
	cases := map[string]func(t *testing.T, path string){
		"group can read": func(t *testing.T, path string) { mkdir(t, path, 0o750) },
		"a symbolic link": func(t *testing.T, path string) {
			mkdir(t, path+".real", 0o700)
			if err := os.Symlink(path+".real", path); err != nil {
				t.Fatal(err)
			}
		},
		"a file": func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			prepare(t, s.root)
			if _, err := s.Lock(t.Context(), "dev"); err == nil || !strings.Contains(err.Error(), "must be a directory of yours with mode 0700") {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// TestLockExcludes: two launchers of one bottle would start two sidecars, of
// which the first would be lost.
func TestLockExcludes(t *testing.T) {
	shorten(t, &lockWait, 100*time.Millisecond)
	s := newStore(t)
	first := lockNew(t, s)
	if _, err := s.Lock(t.Context(), "dev"); !errors.Is(err, ErrBusy) {
		t.Fatalf("second lock: got %v, want ErrBusy", err)
	}
	if _, err := s.LockExisting(t.Context(), "dev"); !errors.Is(err, ErrBusy) {
		t.Fatalf("second lock of what exists: got %v, want ErrBusy", err)
	}
	if other, err := s.Lock(t.Context(), "other"); err != nil {
		t.Fatalf("another bottle: %v", err)
	} else if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	if second, err := s.LockExisting(t.Context(), "dev"); err != nil {
		t.Fatalf("after unlocking: %v", err)
	} else if err := second.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// TestLockSurvivesRemoval: a launcher that waits while another removes the
// directory must end up with a lock that the next one sees, not with one on a
// file that is gone.
func TestLockSurvivesRemoval(t *testing.T) {
	s := newStore(t)
	first := lockNew(t, s)
	type result struct {
		dir *Dir
		err error
	}
	got := make(chan result, 1)
	go func() {
		d, err := s.Lock(context.WithoutCancel(t.Context()), "dev")
		got <- result{d, err}
	}()
	if err := first.Remove(); err != nil {
		t.Fatal(err)
	}
	second := <-got
	if second.err != nil {
		t.Fatal(second.err)
	}
	shorten(t, &lockWait, 100*time.Millisecond)
	if _, err := s.Lock(t.Context(), "dev"); !errors.Is(err, ErrBusy) {
		t.Fatalf("third lock: got %v, want ErrBusy", err)
	}
	if err := second.dir.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LockExisting(t.Context(), "dev"); !errors.Is(err, ErrNone) {
		t.Fatalf("after removal: got %v, want ErrNone", err)
	}
}

// TestLockEndsWithItsContext: Ctrl-C has to end a launcher that waits.
func TestLockEndsWithItsContext(t *testing.T) {
	s := newStore(t)
	lockNew(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Lock(ctx, "dev"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

// TestRemoveLeavesNothing: an agent's home may hold directories without write
// permission, as Go's module cache does, and has to go all the same.
func TestRemoveLeavesNothing(t *testing.T) {
	s := newStore(t)
	d := lockNew(t, s)
	locked := d.Path("home/go/mod")
	if err := os.MkdirAll(locked, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(locked, "file"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(locked, 0o500); err != nil { //nolint:gosec // the point of the test
		t.Fatal(err)
	}
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(s.root)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSlugsListsBottles: ps shows these, and not what a removal that was
// killed has left.
func TestSlugsListsBottles(t *testing.T) {
	s := newStore(t)
	if slugs, err := s.Slugs(); err != nil || len(slugs) != 0 {
		t.Fatalf("without any state: %v, %v", slugs, err)
	}
	lockNew(t, s)
	mkdir(t, filepath.Join(s.root, ".dev.removed"), 0o700)
	slugs, err := s.Slugs()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(slugs, " ") != "dev" {
		t.Errorf("got %v", slugs)
	}
}

func newStore(t *testing.T) Store {
	t.Helper()
	s, err := NewStore(map[string]string{"XDG_RUNTIME_DIR": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func lockNew(t *testing.T, s Store) *Dir {
	t.Helper()
	d, err := s.Lock(t.Context(), "dev")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mkdir(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Mkdir(path, mode); err != nil {
		t.Fatal(err)
	}
}

func shorten(t *testing.T, d *time.Duration, to time.Duration) {
	t.Helper()
	was := *d
	*d = to
	t.Cleanup(func() { *d = was })
}

// TestLockRefusesPaths fails when a name that leads out of the store is
// locked: what is locked is removed with all that is in it.
func TestLockRefusesPaths(t *testing.T) {
	root := t.TempDir()
	s := Store{filepath.Join(root, "cred-proxy")}
	private := filepath.Join(root, "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{"", ".", "..", "../private", "../cred-proxy", "a/b", ".hidden"} {
		if d, err := s.Lock(t.Context(), slug); err == nil {
			t.Errorf("%q is locked at %s", slug, d.path)
		}
	}
	if entries, err := os.ReadDir(private); err != nil || len(entries) > 0 {
		t.Errorf("there is %v, %v", entries, err)
	}
}
