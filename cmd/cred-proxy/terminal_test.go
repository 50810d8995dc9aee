package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a program on a terminal of its own.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	mu     sync.Mutex
	output strings.Builder
}

// startOnTerminal starts cmd as the leader of a session with a new pseudo
// terminal (pty(7)), as a terminal emulator does.
func startOnTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	_ = slave.Close() // the program has its own
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, master: master, cmd: cmd}
	go term.read()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = master.Close() })
	return term
}

func (term *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := term.master.Read(buf) // EIO once nobody has the other end
		term.mu.Lock()
		term.output.Write(buf[:n])
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (term *terminal) said() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.output.String()
}

func (term *terminal) await(text string) {
	term.t.Helper()
	waitFor(term.t, fmt.Sprintf("%q on the terminal", text), func() bool { return strings.Contains(term.said(), text) })
}

func (term *terminal) press(keys string) {
	term.t.Helper()
	if _, err := term.master.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// TestKeyboard fails when keys do not reach the agent, reach it twice, or
// end the launcher before the agent.
func TestKeyboard(t *testing.T) {
	tests := []struct {
		name, script string
		keys         string
		heard        string
		status       int
	}{
		{"Ctrl-C ends the agent", `echo ready; exec sleep 60`, "\x03", "ready", 130},
		{"Ctrl-\\ ends the agent", `ulimit -c 0; echo ready; exec sleep 60`, "\x1c", "ready", 131},
		{"an agent that handles Ctrl-C gets it once and goes on", `exec count-interrupts`, "\x03", "interrupted 1", 1},
		{"what is typed reaches the agent", `echo ready; read line; echo "read $line"; exit 3`, "hello\n", "read hello", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newRealBottle(t, "http://127.0.0.1:9")
			term := startOnTerminal(t, b.command("first", "--quiet", "run", "--", "bash", "-c", tt.script))
			term.await("ready")
			term.press(tt.keys)
			term.await(tt.heard)
			err := term.cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != tt.status {
				t.Errorf("run ended with %v, want status %d; the terminal shows\n%s", err, tt.status, term.said())
			}
			if left := processes(strings.TrimSuffix(b.file, "/demo.yaml")); len(left) > 0 {
				t.Errorf("sidecars are left running: %v", left)
			}
		})
	}
}

// TestSuspend fails when Ctrl-Z stops the agent but not the launcher, so that
// the user's shell never gets its terminal back, or when they do not go on
// together.
func TestSuspend(t *testing.T) {
	b := newRealBottle(t, "http://127.0.0.1:9")
	launcher := b.command("first", "--quiet", "run")
	// An interactive shell with job control, as users have.
	shell := exec.Command("bash", "--norc", "--noprofile", "-i")
	shell.Env = append(launcher.Env, "PS1=prompt> ", "TERM=dumb")
	term := startOnTerminal(t, shell)
	term.press(strings.Join(launcher.Args, " ") + ` -- bash -c 'echo rea""dy; read line; echo "read-$line"; exit 4'` + "\n")
	term.await("\nready")
	term.press("\x1a")
	term.await("Stopped")
	term.press("fg\n")
	term.press("hello\n")
	term.await("read-hello")
	term.press("echo status-$?; exit\n")
	term.await("status-4")
	if err := term.cmd.Wait(); err != nil {
		t.Errorf("the shell ended with %v", err)
	}
}
