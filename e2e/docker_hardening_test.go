package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hardening is how the engine runs a sidecar.
type hardening struct {
	State  struct{ Pid int }
	Config struct {
		User        string
		StopTimeout int
	}
	HostConfig struct {
		NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode string
		Privileged, ReadonlyRootfs                         bool
		CapAdd, CapDrop, SecurityOpt, Binds                []string
		Memory, MemorySwap, PidsLimit                      int64
		Init                                               *bool
		RestartPolicy                                      struct {
			Name              string
			MaximumRetryCount int
		}
		LogConfig struct {
			Type   string
			Config map[string]string
		}
		Sysctls map[string]string
	}
	Mounts []struct {
		Type, Destination string
	}
}

// If this fails, an attacker who takes the sidecar over can do more with the
// host than necessary, or a sidecar can take the host's memory or disk. It was
// seen failing for a sidecar with no-new-privileges left out.
func TestDockerSidecarIsHardened(t *testing.T) {
	t.Parallel()
	s := idleBottle(t, newDockerInternet(t))
	var c hardening
	inspect(t, "container", s.container(), &c)
	pid := c.State.Pid
	t.Run("for the engine", func(t *testing.T) {
		no := false
		var want hardening
		want.State.Pid = pid
		want.Config.User, want.Config.StopTimeout = "65532:65532", 5 // `run` waits no longer
		h := &want.HostConfig
		h.NetworkMode, h.IpcMode, h.ReadonlyRootfs, h.Init = s.internalNetwork(), "private", true, &no
		h.CapDrop, h.SecurityOpt = []string{"ALL"}, []string{"no-new-privileges:true"}
		h.Memory, h.MemorySwap, h.PidsLimit = 512<<20, 512<<20, 256
		h.RestartPolicy.Name, h.RestartPolicy.MaximumRetryCount = "on-failure", 3
		h.LogConfig.Type, h.LogConfig.Config = "json-file", map[string]string{"max-size": "10m", "max-file": "3"}
		h.Sysctls = map[string]string{
			"net.ipv4.ip_forward": "0", "net.ipv4.ip_unprivileged_port_start": "0",
			"net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1",
		}
		if _, err := os.Stat("/proc/sys/net/ipv4/tcp_migrate_req"); err == nil { // from Linux 5.14 on
			h.Sysctls["net.ipv4.tcp_migrate_req"] = "1"
		}
		want.Mounts = []struct{ Type, Destination string }{{"volume", "/etc/caddy"}}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Errorf("the sidecar (-want +got):\n%s", diff)
		}
	})

	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("the engine's processes are not on this machine: %v", err)
	}
	t.Run("for the kernel", func(t *testing.T) {
		got := make(map[string]string)
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(line, ":")
			got[name] = strings.Join(strings.Fields(value), " ")
		}
		for name, want := range map[string]string{
			"Name": "caddy", "Uid": "65532 65532 65532 65532", "Gid": "65532 65532 65532 65532", "Groups": "65532", "NSpid": strconv.Itoa(pid) + " 1",
			"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000", "CapBnd": "0000000000000000", "CapAmb": "0000000000000000",
			"NoNewPrivs": "1", "Seccomp": "2",
		} {
			if got[name] != want && (name != "Groups" || got[name] != "") {
				t.Errorf("%s is %q, want %q", name, got[name], want)
			}
		}
	})
	t.Run("no other process is in the container", func(t *testing.T) {
		lines := strings.Split(strings.TrimSpace(runDocker(t, "top", s.container(), "-o", "pid,args").must(t)), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], "caddy run") {
			t.Errorf("docker top says\n%s", strings.Join(lines, "\n"))
		}
	})
	t.Run("nobody of the same user reads its memory", func(t *testing.T) { unreadable(t, pid) })
	t.Run("the agent does not see its processes", func(t *testing.T) {
		s.agent.can(t, attempt{"see a process", "sleep"})
		s.agent.cannot(t, attempt{"see a process", "caddy"})
		separate(t, pid, s.agent.name)
	})
}

// unreadable checks that the kernel keeps environment and memory of a process
// from others of its user: from the host, where such a user may exist.
func unreadable(t *testing.T, pid int) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become the sidecar's user")
	}
	read := func(pid int, name string) error {
		cmd := exec.Command("head", "-c", "1", fmt.Sprintf("/proc/%d/%s", pid, name))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		return cmd.Run()
	}
	open := exec.Command("sleep", "60")
	open.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	if err := open.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = open.Process.Kill(); _ = open.Wait() })
	for _, name := range []string{"environ", "auxv", "maps"} {
		if err := read(open.Process.Pid, name); err != nil {
			t.Errorf("reading %s of an unprotected process: %v; this test tests nothing here", name, err)
		}
	}
	for _, name := range []string{"environ", "auxv", "maps", "mem"} {
		if read(pid, name) == nil {
			t.Errorf("another process of the sidecar's user can read its %s", name)
		}
	}
}

// separate checks that the sidecar and a container share no namespace.
func separate(t *testing.T, pid int, container string) {
	t.Helper()
	var other hardening
	inspect(t, "container", container, &other)
	for _, kind := range []string{"pid", "net", "ipc", "mnt", "uts"} {
		namespace := func(pid int) string {
			link, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "ns", kind))
			if err != nil {
				t.Skipf("only root sees namespaces: %v", err)
			}
			return link
		}
		if namespace(pid) == namespace(other.State.Pid) {
			t.Errorf("the agent and the sidecar share the %s namespace", kind)
		}
	}
}

// If this fails, a sidecar that crashes stays away although it could be
// started again, or one that crashes again and again goes unnoticed. It was
// seen failing without a restart policy.
func TestDockerCrashesAreMadeUpForAndThenShow(t *testing.T) {
	t.Parallel()
	s := idleBottle(t, newDockerInternet(t))
	answers := func() bool { return s.agent.try(t, attempt{"tcp", s.Address})[0] == "" }
	crash := func() (restarts int) {
		t.Helper()
		var before, c struct {
			State        struct{ Pid int }
			RestartCount int
		}
		inspect(t, "container", s.container(), &before)
		if before.State.Pid == 0 {
			return before.RestartCount
		}
		kill(t, before.State.Pid)
		eventually(t, "the engine to notice", func() bool {
			inspect(t, "container", s.container(), &c)
			return c.State.Pid != before.State.Pid
		})
		return c.RestartCount
	}
	crash()
	eventually(t, "the sidecar to be back", answers)
	if got := s.status(t); got != "running" {
		t.Errorf("after one crash ps says %q", got)
	}
	deadline := time.Now().Add(time.Minute)
	for s.status(t) != "dead" {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute of crashes ps says %q", s.status(t))
		}
		crash()
	}
	if r := s.upInDocker(t); r.Code != 1 || !strings.Contains(r.Stderr, "another launcher is at work on bottle") {
		t.Errorf("up in front of a sidecar that has ended: status %d\n%s", r.Code, r.Stderr)
	}
}
