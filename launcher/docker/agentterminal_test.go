package docker

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// onTerminal runs an agent on a pseudo terminal (pty(7)) of 24 by 80, and
// returns the slave, which is the launcher's end, and its first state, too.
func (b *agentBottle) onTerminal(command ...string) (r *running, slave *os.File, before *term.State) {
	b.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		b.t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	setSize(b.t, slave, 24, 80)
	r = &running{t: b.t, b: b, stdin: master, stdout: &collector{from: master, done: make(chan struct{})}, done: make(chan struct{})}
	b.t.Cleanup(func() { _ = slave.Close(); _ = master.Close() })
	go r.stdout.read()
	if before, err = term.GetState(int(slave.Fd())); err != nil {
		b.t.Fatal(err)
	}
	r.start(&AgentRun{Stdin: slave, Stdout: slave, Stderr: slave}, command)
	return r, slave, before
}

func setSize(t *testing.T, f *os.File, rows, columns uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(f.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
		t.Fatal(err)
	}
}

func (r *running) press(keys string) {
	r.t.Helper()
	if _, err := r.stdin.WriteString(keys); err != nil {
		r.t.Fatal(err)
	}
}

// endOnTerminal is end without waiting for the output, which has no end on a
// terminal that the test keeps open.
func (r *running) endOnTerminal() (int, error) {
	r.t.Helper()
	output := r.stdout
	r.stdout = nil
	status, err := r.end()
	r.stdout = output
	return status, err
}

// TestAgentOnTerminal fails when an agent does not get the user's keys as
// they are, when a key detaches or stops it for good, when it thinks that it
// is on a terminal of another size, or when the user's terminal is left raw.
func TestAgentOnTerminal(t *testing.T) {
	b := newAgentBottle(t, nil)
	b.spec.Host = map[string]string{"TERM": "test-term", "COLORTERM": "truecolor", "LANG": "xx"}
	tests := []struct {
		name    string
		command []string
		act     func(r *running, slave *os.File)
		status  int
		said    string
	}{
		{"what is typed is read", []string{"lines"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("hello\r")
			r.stdout.await(r.t, `read "hello"`)
			r.press("end 3\r")
		}, 3, `read "end 3"`},
		{"Ctrl-P and Ctrl-Q are keys like others", []string{"lines"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("\x10") // a terminal shows it as ^P at once
			r.stdout.await(r.t, "^P")
			r.press("x\x10\x16\x11\r") // Ctrl-Q after Ctrl-V, which takes its meaning for the terminal
			r.stdout.await(r.t, `read "\x10x\x10\x11"`)
			r.press("end 0\r")
		}, 0, "read"},
		{"Ctrl-C is the agent's", []string{"signal", "SIGINT"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("\x03")
		}, 7, "got SIGINT"},
		{"Ctrl-C ends an agent that does not mind it", []string{"lines"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("\x03")
		}, 130, "^C"},
		{"Ctrl-Z stops it until the next key", []string{"lines"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("\x1a")
			r.stdout.await(r.t, "^Z")
			r.press("end 5\r")
		}, 5, "end 5"},
		{"Ctrl-D is the end of its input", []string{"lines"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("\x04")
		}, 0, "end of input"},
		{"a hang-up ends an agent that is stopped", []string{"signal", "SIGHUP"}, func(r *running, _ *os.File) {
			r.stdout.await(r.t, "ready")
			r.press("\x1a")
			r.stdout.await(r.t, "^Z")
			send(r.t, syscall.SIGHUP)
		}, 7, "got SIGHUP"},
		{"the size follows", []string{"size"}, func(r *running, slave *os.File) {
			r.stdout.await(r.t, "size 24x80")
			setSize(r.t, slave, 33, 99)
			send(r.t, syscall.SIGWINCH)
			r.stdout.await(r.t, "size 33x99")
			r.press("\x03")
		}, 130, "size 33x99"},
		{"it is told what the terminal can do", []string{"env"}, func(*running, *os.File) {}, 0, "COLORTERM=truecolor"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := *b
			b.t = t
			r, slave, before := b.onTerminal(tt.command...)
			tt.act(r, slave)
			status, err := r.endOnTerminal()
			if status != tt.status || err != nil {
				t.Errorf("status %d (%v), want %d; the terminal shows\n%s", status, err, tt.status, r.stdout)
			}
			r.stdout.await(t, tt.said)
			if strings.Contains(r.stdout.String(), "LANG=") {
				t.Errorf("the host's LANG is there:\n%s", r.stdout)
			}
			after, err := term.GetState(int(slave.Fd()))
			if err != nil || *after != *before {
				t.Errorf("the terminal is not as it was: %v", err)
			}
		})
	}
}
