package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// result is what became of a command.
type result struct {
	Stdout, Stderr string
	Code           int
}

// runIn runs a command to its end, at most four minutes.
func runIn(t *testing.T, dir string, env []string, name string, args ...string) result {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, env
	return runToEnd(t, cmd)
}

// runToEnd is runIn for a command that is made already.
func runToEnd(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("running %q: %v", cmd.Args, err)
	}
	var hung atomic.Bool
	limit := time.AfterFunc(4*time.Minute, func() { hung.Store(true); _ = cmd.Process.Kill() })
	defer limit.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if hung.Load() {
		t.Fatalf("%q hung\nstdout: %s\nstderr: %s", cmd.Args, stdout.String(), stderr.String())
	}
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("running %q: %v\n%s", cmd.Args, err, stderr.String())
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must fails the test unless the command succeeded, and returns its output.
func (r result) must(t *testing.T) string {
	t.Helper()
	if r.Code != 0 {
		t.Fatalf("exit status %d\nstdout: %s\nstderr: %s", r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// daemon starts a server that runs until the test ends; its output goes to
// the returned file.
func daemon(t *testing.T, dir string, env []string, name string, args ...string) (logFile string) {
	t.Helper()
	logFile, _ = startDaemon(t, dir, env, name, args...)
	return logFile
}

// startDaemon is daemon for who needs the process too.
func startDaemon(t *testing.T, dir string, env []string, name string, args ...string) (logFile string, pid int) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), filepath.Base(name)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	t.Cleanup(func() {
		// The whole group: nginx and fcgiwrap have children.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	return log.Name(), cmd.Process.Pid
}

// eventually polls until ok returns true, and fails the test after 20 s.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// hostEnv is the environment of servers and of the operator's own commands:
// nothing of the machine's configuration.
func hostEnv(t *testing.T, extra ...string) []string {
	t.Helper()
	home := t.TempDir()
	writeFile(t, filepath.Join(home, ".gitconfig"), "[user]\n\tname = Test\n\temail = test@example.com\n")
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8",
		"GIT_CONFIG_NOSYSTEM=1", "NPM_CONFIG_GLOBALCONFIG=/dev/null", "GORACE=" + os.Getenv("GORACE"),
	}, extra...)
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
