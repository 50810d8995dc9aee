package bottle

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMountsAreRead fails when a mount would show the agent another directory
// than was written, or could be written to although it says :ro.
func TestMountsAreRead(t *testing.T) {
	for written, want := range map[string]Mount{
		".:/src":            {Source: ".", Target: "/src"},
		"./a b:/src/":       {Source: "./a b", Target: "/src"},
		"../x:/src//y:ro":   {Source: "../x", Target: "/src/y", ReadOnly: true},
		"~/x:/src:rw":       {Source: "~/x", Target: "/src"},
		"/a/b:/procession":  {Source: "/a/b", Target: "/procession"},
		"/a:/etc/hosts.d/x": {Source: "/a", Target: "/etc/hosts.d/x"},
	} {
		got, problem := parseMount(written)
		if problem != "" {
			t.Errorf("%s: %s", written, problem)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", written, diff)
		}
	}
}

// TestCheckDocker fails when the Docker backend would start a bottle without
// knowing what to run, or tell of it only when the sidecar is up.
func TestCheckDocker(t *testing.T) {
	tests := []struct{ name, agent, want string }{
		{"no agent at all", "", `b.yaml:1: bottle "b": agent.image: is missing`},
		{"no image", "agent: {workdir: /src}\n", `b.yaml:2: bottle "b": agent.image: is missing`},
		{"a relative working directory", "agent: {image: a, workdir: src}\n", `b.yaml:2: bottle "b": agent.workdir: is not absolute`},
		{"all there", "agent: {image: a, workdir: /src}\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Parse("b.yaml", []byte("tokens: [{kind: npm, token_ref: N}]\n"+tt.agent), "")
			if err != nil {
				t.Fatal(err)
			}
			err = b.CheckDocker()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("the error is %v, want %q", err, tt.want)
			}
		})
	}
}

// mountHost is a host with a home, a place for state and a working tree.
type mountHost struct {
	t    *testing.T
	root string
	MountHost
}

func newMountHost(t *testing.T) *mountHost {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &mountHost{t: t, root: root}
	h.Dir = h.mkdir("home/work")
	h.mkdir("home/.config/cred-proxy/bottles")
	h.mkdir("run/state/dev")
	h.mkdir("run/engine")
	h.Private = []string{filepath.Join(root, "run/state")}
	h.Env = map[string]string{"HOME": filepath.Join(root, "home"), "DOCKER_HOST": "unix://" + filepath.Join(root, "run/engine/e.sock")}
	return h
}

func (h *mountHost) mkdir(name string) string {
	h.t.Helper()
	path := filepath.Join(h.root, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		h.t.Fatal(err)
	}
	return path
}

func (h *mountHost) link(target, name string) {
	h.t.Helper()
	if err := os.Symlink(filepath.Join(h.root, target), filepath.Join(h.root, name)); err != nil {
		h.t.Fatal(err)
	}
}

// TestMountSourcesAreRefused fails when a bottle would hand its agent a way
// to tokens: the engine's socket, the engine's records, the host's processes,
// or the files that say where tokens go.
func TestMountSourcesAreRefused(t *testing.T) {
	h := newMountHost(t)
	listener, err := net.Listen("unix", filepath.Join(h.root, "run/engine/e.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if err := os.Link(filepath.Join(h.root, "run/engine/e.sock"), filepath.Join(h.root, "home/work/hard.sock")); err != nil {
		t.Fatal(err)
	}
	h.link("run", "home/work/link")
	h.link("", "home/work/up")
	h.link("home/.config", "home/work/config")
	h.mkdir("home/work/bottles")
	for _, source := range []string{
		"/", "/run", "/var", "/var/run", "/proc", "/proc/1", "/sys/kernel", "/dev",
		"~", "~/", "..", "~/.config", "~/.config/cred-proxy", "~/.config/cred-proxy/bottles",
		"./link", "./link/state", "./link/state/dev", "./link/engine", "./link/engine/e.sock", "./hard.sock",
		"./up", "./up/home", "./config", "./config/cred-proxy", ".", "./bottles", "./bottles/../bottles",
	} {
		b := &Bottle{
			File: filepath.Join(h.root, "home/work/bottles/b.yaml"), Agent: Agent{Mounts: []Mount{{Source: source, Target: "/src"}}},
		}
		if err := os.WriteFile(b.File, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		mounts, err := b.ResolveMounts(h.MountHost)
		var refused *MountError
		if !errors.As(err, &refused) || refused.Instead == "" || !strings.HasPrefix(err.Error(), `mounting "`+source+`": `) {
			t.Errorf("%s: %v (%v), want it refused with a way out", source, mounts, err)
		}
	}
}

// TestMountSourcesAreResolved fails when a relative source is not taken from
// the directory in which run is called, or a link is left for the engine to
// follow.
func TestMountSourcesAreResolved(t *testing.T) {
	h := newMountHost(t)
	h.mkdir("home/other")
	h.mkdir("home/.config/cred-proxy-not")
	h.link("home/other", "home/work/link")
	for source, want := range map[string]string{
		".": "home/work", "./link": "home/other", "../other": "home/other", "~/other": "home/other", "~/work": "home/work",
		"~/.config/cred-proxy-not": "home/.config/cred-proxy-not", filepath.Join(h.root, "home/work"): "home/work",
	} {
		b := &Bottle{File: "/nowhere/b.yaml", Agent: Agent{Mounts: []Mount{{Source: source, Target: "/src", ReadOnly: true}}}}
		got, err := b.ResolveMounts(h.MountHost)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if diff := cmp.Diff([]Mount{{Source: filepath.Join(h.root, want), Target: "/src", ReadOnly: true}}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
	h.Programs = []string{filepath.Join(h.Dir, "bin/cred-proxy")}
	b := &Bottle{File: filepath.Join(h.Dir, "b.yaml"), Agent: Agent{Mounts: []Mount{{Source: ".", Target: "/src", ReadOnly: true}}}}
	if _, err := b.ResolveMounts(h.MountHost); err != nil {
		t.Errorf("a bottle file that the agent can read but not write is refused: %v", err)
	}
	b.File, b.Agent.Mounts[0].ReadOnly = "/nowhere/b.yaml", false
	if _, err := b.ResolveMounts(h.MountHost); err == nil || !strings.Contains(err.Error(), "bin/cred-proxy") {
		t.Errorf("a program that the agent can write to: %v", err)
	}
	b.Agent.Mounts[0].Source = "./nothing"
	if _, err := b.ResolveMounts(h.MountHost); err == nil || !strings.Contains(err.Error(), "there is no "+h.Dir+"/nothing") {
		t.Errorf("a source that is not there: %v", err)
	}
}
