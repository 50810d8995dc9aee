package docker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"

	"github.com/bot-bottle/cred-proxy/launcher"
)

var errEngine = errors.New("the engine's words")

// frame is output as the engine multiplexes it.
func frame(stream stdcopy.StdType, text string) []byte {
	const header = 8
	b := make([]byte, header, header+len(text))
	b[0] = byte(stream)
	binary.BigEndian.PutUint32(b[4:], uint32(len(text)))
	return append(b, text...)
}

// runFake runs an agent in a fake engine. What the agent writes to stdout is
// read by nobody until the test does.
func runFake(ctx context.Context, t *testing.T, a *fakeAgent, stdout *os.File) (int, error) {
	t.Helper()
	stdin, _ := pipe(t)
	r := AgentRun{Engine: a, Spec: AgentSpec{Slug: "dev", Image: "i"}, Stdin: stdin, Stdout: stdout, Stderr: stdout}
	type end struct {
		status int
		err    error
	}
	done := make(chan end, 1)
	go func() {
		status, err := r.Run(ctx)
		done <- end{status, err}
	}()
	select {
	case e := <-done:
		return e.status, e.err
	case <-time.After(agentWaitLimit):
		t.Fatalf("the run does not end; the engine was asked to %s", a.called())
		return 0, nil
	}
}

// TestRunFailures fails when a failure on the way leaves a container, is taken
// for an agent's status, or loses the engine's words.
func TestRunFailures(t *testing.T) {
	exits := func(a *fakeAgent, conn net.Conn) {
		_ = conn.Close()
		a.result <- container.WaitResponse{StatusCode: 3}
	}
	tests := []struct {
		name    string
		fail    map[string]error
		onStart func(a *fakeAgent, conn net.Conn)
		status  int
		err     string
		hint    string
		calls   string
	}{
		{"no failure", nil, exits, 3, "", "", "create, attach, wait, start, remove"},
		{
			"no image",
			map[string]error{"create": fmt.Errorf("no such image: %w", errdefs.ErrNotFound)},
			nil, 0,
			"creating the agent's container: no such image", "docker pull i", "create",
		},
		{
			"the name is taken",
			map[string]error{"create": fmt.Errorf("in use: %w", errdefs.ErrConflict)},
			nil, 0,
			"creating the agent's container: in use", "cleanup", "create",
		},
		{"it cannot be inspected", map[string]error{"inspect": errEngine}, nil, 0, "inspecting the agent's container: the engine's words", "", "create, remove"},
		{"it cannot be attached to", map[string]error{"attach": errEngine}, nil, 0, "attaching to the agent's container: the engine's words", "", "create, attach, remove"},
		{"it does not start", map[string]error{"start": errEngine}, nil, 0, "starting the agent: the engine's words", "", "create, attach, wait, start, remove"},
		{
			"its command is not found",
			map[string]error{"start": errors.New(`exec: "x": executable file not found in $PATH`)},
			nil, StatusNotFound,
			"starting the agent: ", "", "create, attach, wait, start, remove",
		},
		{"it cannot be removed", map[string]error{"remove": errEngine}, exits, 3, "removing the agent's container: the engine's words", "cleanup", "create, attach, wait, start, remove, remove, remove, remove"},
		{"it is gone already", map[string]error{"remove": errdefs.ErrNotFound}, exits, 3, "", "", "create, attach, wait, start, remove"},
		{"it is being removed", map[string]error{"remove": errdefs.ErrConflict}, exits, 3, "", "", "create, attach, wait, start, remove"},
		{"the engine goes away", nil, func(a *fakeAgent, _ net.Conn) { a.lost <- io.ErrUnexpectedEOF }, 0, "the connection to the Docker engine was lost: unexpected EOF", "docker ps", "create, attach, wait, start, remove"},
		{"the engine cannot go on with the output", nil, func(_ *fakeAgent, conn net.Conn) {
			_, _ = conn.Write(frame(stdcopy.Systemerr, "the engine's words"))
			_ = conn.Close()
		}, 0, "the connection to the Docker engine was lost", "docker ps", "create, attach, wait, start, remove"},
		{"the engine reports an error", nil, func(a *fakeAgent, conn net.Conn) {
			_ = conn.Close()
			a.result <- container.WaitResponse{StatusCode: 125, Error: &container.WaitExitError{Message: "the engine's words"}}
		}, 0, "running the agent: the engine's words", "", "create, attach, wait, start, remove"},
		{"it closes its outputs and goes on", nil, func(a *fakeAgent, conn net.Conn) {
			_ = conn.Close()
			time.Sleep(50 * time.Millisecond)
			a.result <- container.WaitResponse{StatusCode: 3}
		}, 3, "", "", "create, attach, wait, start, remove"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newFakeAgent()
			a.onStart = tt.onStart
			for call, err := range tt.fail {
				a.fail[call] = err
			}
			stdout, _ := collect(t)
			status, err := runFake(t.Context(), t, a, stdout)
			if status != tt.status || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("status %d, error %v, want %d and %q", status, err, tt.status, tt.err)
			}
			if !strings.Contains(launcher.Hint(err), tt.hint) || tt.hint == "" && launcher.Hint(err) != "" {
				t.Errorf("the hint is %q, want %q", launcher.Hint(err), tt.hint)
			}
			if a.called() != tt.calls {
				t.Errorf("the engine was asked to %s, want %s", a.called(), tt.calls)
			}
		})
	}
}

// TestRunWaitsForItsReader fails when a slow pager loses the end of the
// output, which comes after the container's end.
func TestRunWaitsForItsReader(t *testing.T) {
	a := newFakeAgent()
	text := strings.Repeat("x", 1<<20)
	a.onStart = func(a *fakeAgent, conn net.Conn) {
		a.result <- container.WaitResponse{}
		_, _ = conn.Write(frame(stdcopy.Stdout, text))
		_, _ = conn.Write(frame(stdcopy.Stdout, "the end"))
		_ = conn.Close()
	}
	r, w := pipe(t)
	read := make(chan string)
	go func() {
		time.Sleep(100 * time.Millisecond)
		all, _ := io.ReadAll(r)
		read <- string(all)
	}()
	if status, err := runFake(t.Context(), t, a, w); status != 0 || err != nil {
		t.Errorf("status %d, error %v", status, err)
	}
	_ = w.Close()
	if got := <-read; got != text+"the end" {
		t.Errorf("%d bytes came, want %d", len(got), len(text)+len("the end"))
	}
}

// TestRunOutputThatCannotBeWritten fails when a full disk is taken for success.
func TestRunOutputThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	a := newFakeAgent()
	a.onStart = func(a *fakeAgent, conn net.Conn) {
		_, _ = conn.Write(frame(stdcopy.Stdout, "x"))
		_ = conn.Close()
		a.result <- container.WaitResponse{}
	}
	if status, err := runFake(t.Context(), t, a, full); status != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("status %d, error %v, want %v", status, err, syscall.ENOSPC)
	}
}

// TestRunIsInterrupted fails when a signal before the agent runs is answered
// with the engine's words for an ended request, or leaves the container.
func TestRunIsInterrupted(t *testing.T) {
	for _, call := range []string{"create", "inspect", "attach", "start", ""} {
		cause := errors.New("a signal came")
		ctx, cancel := context.WithCancelCause(t.Context())
		a := newFakeAgent()
		a.fail[call] = context.Canceled
		a.onStart = func(*fakeAgent, net.Conn) { panic("the start was asked for") }
		a.onCreate = func() { cancel(cause) } // the engine goes on with what it was asked for
		if call == "" {
			a.onStart = nil // an engine that does not mind that nobody waits
		}
		stdout, _ := collect(t)
		if status, err := runFake(ctx, t, a, stdout); status != 0 || !errors.Is(err, cause) {
			t.Errorf("%s: status %d, error %v, want the cause", call, status, err)
		}
		if call != "create" && !strings.HasSuffix(a.called(), ", remove") {
			t.Errorf("%s: the engine was asked to %s and not to remove", call, a.called())
		}
	}
}

// TestStartFailed fails when a script cannot tell a command that is missing
// from a launcher that failed. The texts are those of engines 20.10 to 28.
func TestStartFailed(t *testing.T) {
	for text, want := range map[string]int{
		`failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown`: StatusNotFound,
		`OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "/x": stat /x: no such file or directory: unknown`:                             StatusNotFound,
		`runc create failed: unable to start container process: exec: "/etc/passwd": permission denied: unknown`:                                                                    StatusNotExecutable,
		`unable to start container process: error during container init: exec: "/etc": is a directory`:                                                                              StatusNotExecutable,
		`exec /x: exec format error`: StatusNotExecutable,
		`error while creating mount source path '/x': mkdir /x: permission denied`:               0,
		`Cannot mkdir: /etc/passwd is not a directory`:                                           0,
		`failed to create task: exec: "docker-init": executable file not found in $PATH`:         0,
		`driver failed programming external connectivity: Address already in use`:                0,
		`open /proc/sys/net/ipv6/conf/all/disable_ipv6: no such file or directory: sysctl error`: 0,
	} {
		if status, err := startFailed(errors.New(text)); status != want || err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: status %d (%v), want %d", text, status, err, want)
		}
	}
}
