package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
	"golang.org/x/term"
)

// noDetach is the sequence of keys that detaches from the container. The
// engine has one in any case, and its own, Ctrl-P Ctrl-Q, would make every
// Ctrl-P wait for the next key. No UTF-8 text has the byte 0xFF in it.
var noDetach = strings.TrimSuffix(strings.Repeat("\xff,", 32), ",")

// streams connect the launcher's standard streams with the container's.
type streams struct {
	run      *AgentRun
	id       string
	conn     client.HijackedResponse
	restore  func()
	output   chan error    // gets one value when there is no more output
	unwanted chan error    // gets why an output cannot be written any more
	stopped  chan struct{} // gets a value when the agent may have stopped itself
	resized  chan os.Signal
}

// attach connects to a container that is not started yet.
func (r *AgentRun) attach(ctx context.Context, id string) (*streams, error) {
	result, err := r.Engine.ContainerAttach(ctx, id, client.ContainerAttachOptions{
		Stream: true, Stdin: true, Stdout: true, Stderr: true, DetachKeys: noDetach,
	})
	if err != nil {
		return nil, fmt.Errorf("attaching to the agent's container: %w", err)
	}
	return &streams{
		run: r, id: id, conn: result.HijackedResponse, restore: func() {},
		output: make(chan error, 1), unwanted: make(chan error, 1),
		stopped: make(chan struct{}, 1), resized: make(chan os.Signal, 1),
	}, nil
}

// takeTerminal has every key go to the agent's terminal as it is.
func (s *streams) takeTerminal() error {
	if !s.run.Spec.Terminal {
		return nil
	}
	fd := int(s.run.Stdin.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return fmt.Errorf("preparing the terminal: %w", err)
	}
	s.restore = func() { _ = term.Restore(fd, before) }
	return nil
}

// start begins to copy; the container runs.
func (s *streams) start(ctx context.Context) {
	if s.run.Spec.Terminal {
		signal.Notify(s.resized, syscall.SIGWINCH)
		go s.followSize(ctx)
	}
	go s.copyInput()
	go func() { s.output <- s.copyOutput() }()
}

// close gives the terminal back.
func (s *streams) close() {
	signal.Stop(s.resized)
	s.restore()
	s.conn.Close()
}

// copyInput ends with the input, or with the launcher: a read from a terminal
// cannot be called back.
func (s *streams) copyInput() {
	var to io.Writer = s.conn.Conn
	if s.run.Spec.Terminal {
		to = &suspensions{to: to, stopped: s.stopped}
	}
	_, _ = io.Copy(to, s.run.Stdin) // an error is the container's end
	_ = s.conn.CloseWrite()
}

// suspensions looks for Ctrl-Z in what is typed. It stops an agent that is no
// shell's job, and then nothing in the container continues it: the next key
// has to.
type suspensions struct {
	to      io.Writer
	stopped chan<- struct{}
	seen    bool
}

// Write implements io.Writer.
func (k *suspensions) Write(p []byte) (int, error) {
	const ctrlZ = 0x1a
	if k.seen {
		select {
		case k.stopped <- struct{}{}:
		default:
		}
	}
	k.seen = bytes.IndexByte(p, ctrlZ) >= 0
	return k.to.Write(p)
}

// copyOutput copies until the container has ended.
func (s *streams) copyOutput() error {
	stdout := &sink{to: s.run.Stdout, unwanted: s.unwanted}
	if s.run.Spec.Terminal {
		_, err := io.Copy(stdout, s.conn.Reader)
		return err
	}
	_, err := stdcopy.StdCopy(stdout, &sink{to: s.run.Stderr, unwanted: s.unwanted}, s.conn.Reader)
	return err
}

// sink is one of the launcher's outputs. When it cannot be written to any more
// it drops what comes, so that the other one goes on and the agent, which gets
// a SIGPIPE then, does not hang.
type sink struct {
	to       io.Writer
	unwanted chan<- error
	broken   bool
}

// Write implements io.Writer.
func (k *sink) Write(p []byte) (int, error) {
	if k.broken {
		return len(p), nil
	}
	if _, err := k.to.Write(p); err != nil {
		k.broken = true
		select {
		case k.unwanted <- err:
		default:
		}
	}
	return len(p), nil
}

// followSize gives the agent's terminal the size of ours, now and whenever it
// changes. A wrong size is no reason to end an agent.
func (s *streams) followSize(ctx context.Context) {
	const tries, pause = 10, 20 * time.Millisecond
	for range tries { // right after the start the engine may not be ready
		if s.resize(ctx) == nil {
			break
		}
		time.Sleep(pause)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.resized:
			_ = s.resize(ctx)
		}
	}
}

func (s *streams) resize(ctx context.Context) error {
	size := sizeOf(s.run.Stdout)
	if size == (Size{}) { // a terminal that does not know
		return nil
	}
	_, err := s.run.Engine.ContainerResize(ctx, s.id, client.ContainerResizeOptions{Height: size.Height, Width: size.Width})
	return err
}

func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// sizeOf returns a terminal's size, or zero.
func sizeOf(f *os.File) Size {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return Size{}
	}
	return Size{Height: uint(height), Width: uint(width)}
}
