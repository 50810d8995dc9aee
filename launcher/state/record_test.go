package state

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestRecordRoundTrip: `down` ends what the record says.
func TestRecordRoundTrip(t *testing.T) {
	s := newStore(t)
	d := lockNew(t, s)
	if _, err := d.Record(); !errors.Is(err, ErrNone) {
		t.Fatalf("before the first save: got %v, want ErrNone", err)
	}
	want := &Record{
		Bottle: "Dev", Slug: "dev", Backend: "docker", Phase: Running, Port: 4000, PlanHash: "ab", Steered: true,
		Sidecar: &Process{PID: 7, StartTime: 8, Boot: "b", Exe: "/caddy"},
		Tokens:  Fingerprints{Salt: []byte{1}, Slots: map[string]string{"CRED_PROXY_TOKEN_0": "0a"}},
		Started: time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC),
	}
	if err := d.Save(want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Read("dev")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestRecordOfAnEarlierVersion: a bottle that was started before records named
// their backend can still be looked at and ended.
func TestRecordOfAnEarlierVersion(t *testing.T) {
	s := newStore(t)
	d := lockNew(t, s)
	if err := d.Write(recordName, []byte(`{"schema": 1, "slug": "dev", "phase": "running"}`)); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Read("dev"); err != nil || r.Backend != "process" {
		t.Errorf("got %+v, %v; want the process backend", r, err)
	}
}

// TestRecordRefusesWhatItCannotRead: acting on half a record could end a
// foreign process.
func TestRecordRefusesWhatItCannotRead(t *testing.T) {
	for name, content := range map[string]string{
		"cut off": `{"schema": 1, "sid`, "another schema": `{"schema": 2}`, "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			d := lockNew(t, s)
			if err := d.Write(recordName, []byte(content)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Read("dev"); err == nil || errors.Is(err, ErrNone) || !strings.Contains(err.Error(), d.Path(recordName)) {
				t.Fatalf("got %v, want an error that names the file", err)
			}
		})
	}
}

// TestPlanRoundTrip fills every field of a plan and compares: what the file
// drops would be missing from `env` and from a reload's comparison.
func TestPlanRoundTrip(t *testing.T) {
	var want plan.Plan
	fill(reflect.ValueOf(&want).Elem())
	s := newStore(t)
	if err := lockNew(t, s).SavePlan(&want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Plan("dev")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
}

// fill sets every field to something that is not its zero value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("v"))
	default:
		panic("fill does not know " + v.Kind().String())
	}
}

// TestAlive: whatever is taken for the recorded process gets SIGKILL.
func TestAlive(t *testing.T) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	self, err := Identify(os.Getpid(), exe)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		change func(p *Process)
		want   bool
	}{
		{"the same process", func(*Process) {}, true},
		{"its id was used again", func(p *Process) { p.StartTime++ }, false},
		{"the machine was booted since", func(p *Process) { p.Boot = "other" }, false},
		{"it runs something else", func(p *Process) { p.Exe = "/bin/true" }, false},
		{"no such process", func(p *Process) { p.PID = 1 << 30 }, false},
		{"init", func(p *Process) { p.PID = 1 }, false},
		{"a record without an id", func(p *Process) { p.PID = 0 }, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := *self
			c.change(&p)
			if got := p.Alive(); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	if (*Process)(nil).Alive() {
		t.Error("no process at all is not alive")
	}
}

// TestZombieIsNotAlive: a sidecar that ended under a `run` is one until the
// launcher has waited for it, and would be "already running".
func TestZombieIsNotAlive(t *testing.T) {
	cmd := exec.Command("/bin/cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exe, err := filepath.EvalSymlinks("/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Identify(cmd.Process.Pid, exe)
	if err != nil {
		t.Fatal(err)
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for p.Alive() {
		if time.Now().After(deadline) {
			t.Fatal("a process that has ended and was not waited for counts as alive")
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestReadStat: a process can give itself a name that looks like more fields.
func TestReadStat(t *testing.T) {
	rest := " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21\n"
	cases := []struct {
		name, stat string
		want       uint64
	}{
		{"a plain name", "9 (caddy)" + rest, 4711},
		{"spaces and parentheses in the name", "9 (a) S 1 2 (b) )" + rest, 4711},
		{"too short", "9 (caddy) S 1 2", 0},
		{"no name", "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			procDir = t.TempDir()
			t.Cleanup(func() { procDir = "/proc" })
			mkdir(t, filepath.Join(procDir, "9"), 0o700)
			if err := os.WriteFile(filepath.Join(procDir, "9", "stat"), []byte(c.stat), 0o600); err != nil {
				t.Fatal(err)
			}
			start, state, err := readStat(9)
			if c.want == 0 {
				if !errors.Is(err, errBadStat) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil || start != c.want || state != 'S' {
				t.Errorf("got %d %c %v", start, state, err)
			}
		})
	}
}

// TestFingerprints: a reload that misses a new token keeps the old one in use.
func TestFingerprints(t *testing.T) {
	values := map[string]string{"CRED_PROXY_TOKEN_0": "TEST-SECRET-fingerprint-0", "CRED_PROXY_TOKEN_1": "TEST-SECRET-fingerprint-1"}
	f, err := NewFingerprints(values)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		values map[string]string
		want   bool
	}{
		{"the same values", values, true},
		{"one has changed", map[string]string{"CRED_PROXY_TOKEN_0": "TEST-SECRET-fingerprint-0", "CRED_PROXY_TOKEN_1": "TEST-SECRET-fingerprint-2"}, false},
		{"swapped", map[string]string{"CRED_PROXY_TOKEN_0": "TEST-SECRET-fingerprint-1", "CRED_PROXY_TOKEN_1": "TEST-SECRET-fingerprint-0"}, false},
		{"a slot less", map[string]string{"CRED_PROXY_TOKEN_0": "TEST-SECRET-fingerprint-0"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := f.Match(c.values)
			if err != nil || got != c.want {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
	for slot, fingerprint := range f.Slots {
		if len(fingerprint) != 2*fingerprintBytes {
			t.Errorf("slot %s: fingerprint %q can confirm a guess", slot, fingerprint)
		}
	}
	again, err := NewFingerprints(values)
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Salt) == string(f.Salt) {
		t.Error("two bottles have one salt")
	}
}
