package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// nobody is who runs the commands below when the tests run as root, whom
// nothing keeps from looking.
const nobody = 65534

// asUser makes a command run without root's rights.
func asUser(cmd *exec.Cmd) *exec.Cmd {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// userBottle is a bottle of a user without root's rights.
type userBottle struct {
	dir, launcher, file string
	env                 []string
}

func newUserBottle(t *testing.T) *userBottle {
	t.Helper()
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"caddy", "cred-proxy"} { // a checkout may be closed to others
		copyProgram(t, filepath.Join(binDir, name), filepath.Join(bin, name))
	}
	u := &userBottle{dir: dir, launcher: filepath.Join(bin, "cred-proxy"), file: filepath.Join(dir, "bottle.yaml")}
	writeFile(t, u.file, "name: closed\nbackend: process\nroutes: [{path: /api/, upstream: \"https://localhost:1\", auth: {scheme: Bearer, token_ref: T}}]\n")
	if os.Geteuid() == 0 {
		for _, path := range []string{dir, bin, u.file} {
			if err := os.Chown(path, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	u.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_STATE_HOME=" + dir, "T=" + apiToken, "GORACE=" + os.Getenv("GORACE")}
	return u
}

// run runs a command as the user, with the token in its environment.
func (u *userBottle) run(name string, args ...string) (output string, err error) {
	cmd := asUser(exec.Command(name, args...))
	cmd.Env, cmd.Dir = u.env, u.dir
	combined, err := cmd.CombinedOutput()
	return string(combined), err
}

// If this fails, an agent reads the tokens out of the launcher that it is the
// child of, or out of another process that the launcher started.
func TestAgentFindsNoTokenInOtherProcesses(t *testing.T) {
	u := newUserBottle(t)
	// Its own environment is the only one of these that the agent can read.
	output, err := u.run(u.launcher, "run", "-f", u.file, "--", "sh", "-c",
		`cat /proc/$PPID/environ; cat /proc/$$/environ >/dev/null && echo "looked at $PPID"; cat /proc/[0-9]*/environ 2>/dev/null; true`)
	if err != nil || !strings.Contains(output, "Permission denied") || !strings.Contains(output, "looked at ") {
		t.Errorf("%v\n%s", err, output)
	}
	if containsToken(output, apiToken) {
		t.Errorf("the agent found the token:\n%s", output)
	}
}

// If this fails, any process of the same user, the agent among them, reads the
// tokens from the sidecar's environment or memory.
func TestSidecarCannotBeReadByTheSameUser(t *testing.T) {
	u := newUserBottle(t)
	run := u.run
	if output, err := run(u.launcher, "up", "-f", u.file); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	t.Cleanup(func() { _, _ = run(u.launcher, "down", "-f", u.file) })
	s := &sidecar{State: filepath.Join(u.dir, "cred-proxy/closed")}
	s.readState(t)

	for _, name := range []string{"environ", "mem", "auxv", "maps"} {
		output, err := run("head", "-c", "1", "/proc/"+strconv.Itoa(s.Pid)+"/"+name)
		if err == nil || !strings.Contains(output, "Permission denied") {
			t.Errorf("reading %s of the sidecar: %v, %q", name, err, output)
		}
	}

	// The same user can read a process that does not protect itself.
	open := asUser(exec.Command("sleep", "60"))
	open.Env = u.env
	if err := open.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = open.Process.Kill(); _ = open.Wait() })
	if output, err := run("cat", "/proc/"+strconv.Itoa(open.Process.Pid)+"/environ"); err != nil || !strings.Contains(output, apiToken) {
		t.Errorf("reading an unprotected process: %v, %q; this test tests nothing here", err, output)
	}
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755) //nolint:gosec // a program is executable
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}
