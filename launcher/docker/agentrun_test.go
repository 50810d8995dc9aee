package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// TestAgentStatus fails when a script cannot tell from `run` how its agent
// ended, or when output or its end is lost on the way.
func TestAgentStatus(t *testing.T) {
	b := newAgentBottle(t, nil, imageFile{name: "noexec", content: "x", mode: 0o644})
	tests := []struct {
		name    string
		command []string
		stdin   string
		status  int
		stdout  string
		stderr  string
	}{
		{"success", []string{"exit", "0"}, "", 0, "", ""},
		{"a failure", []string{"exit", "42"}, "", 42, "", ""},
		{"both outputs", []string{"both"}, "", 0, "to stdout\n", "to stderr\n"},
		{"what is piped to it", []string{"cat"}, "a\x00b\xff", 0, "a\x00b\xff", ""},
		{"no such command", []string{"/nosuch"}, "", StatusNotFound, "", "/nosuch"},
		{"a command that cannot be executed", []string{"/noexec"}, "", StatusNotExecutable, "", "/noexec"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := b.run(tt.command...)
			_, _ = r.stdin.WriteString(tt.stdin)
			_ = r.stdin.Close()
			status, err := r.end()
			if status != tt.status || err != nil && status == 0 {
				t.Errorf("status %d (%v), want %d", status, err, tt.status)
			}
			said := r.stderr.String()
			if err != nil {
				said += err.Error()
			}
			if r.stdout.String() != tt.stdout || !strings.Contains(said, tt.stderr) {
				t.Errorf("stdout %q, stderr %q, want %q and %q", r.stdout, said, tt.stdout, tt.stderr)
			}
		})
	}
}

// TestAgentImageThatIsMissing fails when a user is not told how to get it.
func TestAgentImageThatIsMissing(t *testing.T) {
	b := newAgentBottle(t, nil)
	b.spec.Image = "cred-proxy-no-such-image:latest"
	r := b.run("exit", "0")
	if status, err := r.end(); err == nil || status != 0 || !strings.Contains(err.Error(), "No such image") || !strings.Contains(launcher.Hint(err), b.spec.Image) {
		t.Errorf("status %d, error %v, hint %q", status, err, launcher.Hint(err))
	}
	b.spec.Image = strings.Replace("cred-proxy-SLUG:latest", "SLUG", b.spec.Slug, 1)
}

// TestAgentOutputIsComplete fails when the end of a long output is lost
// because the container has ended before it was read.
func TestAgentOutputIsComplete(t *testing.T) {
	const lines = 300000
	r := newAgentBottle(t, nil).run("flood", fmt.Sprint(lines))
	status, err := r.end()
	if status != 0 || err != nil {
		t.Errorf("status %d, error %v", status, err)
	}
	out := r.stdout.String()
	if got := strings.Count(out, "\n"); got != lines || !strings.HasSuffix(out, fmt.Sprintf("line %d\n", lines-1)) {
		t.Errorf("%d lines came, want %d", got, lines)
	}
}

// TestAgentWithoutReader fails when `run … | head` never ends, or ends the
// launcher before it has cleared up.
func TestAgentWithoutReader(t *testing.T) {
	r := newAgentBottle(t, nil).run("flood", "100000000")
	r.stdout.await(t, "line 100\n")
	_ = r.stdout.from.Close()
	// A Go program does not end by a SIGPIPE that is sent to it.
	const want = 128 + int(syscall.SIGTERM)
	if status, err := r.end(); status != want || err != nil {
		t.Errorf("status %d (%v), want %d", status, err, want)
	}
}

// TestAgentSignals fails when a signal to the launcher does not reach the
// agent, ends the launcher first, or when nothing ends a stubborn agent.
func TestAgentSignals(t *testing.T) {
	b := newAgentBottle(t, nil)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			name := map[syscall.Signal]string{syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT", syscall.SIGTERM: "SIGTERM", syscall.SIGHUP: "SIGHUP"}[sig]
			r := b.run("signal", name)
			r.stdout.await(t, "ready")
			send(t, sig)
			if status, err := r.end(); status != 7 || err != nil || r.stdout.String() != "ready\ngot "+name+"\n" {
				t.Errorf("status %d (%v), the agent said %q", status, err, r.stdout)
			}
		})
	}
	t.Run("the second SIGTERM kills", func(t *testing.T) {
		r := b.run("signal", "SIGINT")
		r.stdout.await(t, "ready")
		send(t, syscall.SIGTERM)
		r.stdout.await(t, "got SIGTERM")
		send(t, syscall.SIGTERM)
		if status, err := r.end(); status != 137 || err != nil {
			t.Errorf("status %d (%v), want 137", status, err)
		}
	})
}

func send(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
}

// TestAgentThatIsRemoved fails when an agent whose container somebody removes
// leaves the launcher hanging.
func TestAgentThatIsRemoved(t *testing.T) {
	b := newAgentBottle(t, nil)
	r := b.run("resist")
	r.stdout.await(t, "ready")
	run := AgentRun{Engine: b.engine}
	if err := run.remove(cleanupContext(), namesOf(b.spec.Slug).agent); err != nil {
		t.Fatal(err)
	}
	if status, _ := r.end(); status != 137 {
		t.Errorf("status %d, want 137", status)
	}
}

// TestAgentLaunchIsInterrupted fails when a signal during the launch leaves a
// container, or does not say that it was a signal.
func TestAgentLaunchIsInterrupted(t *testing.T) {
	b := newAgentBottle(t, nil)
	cause := errors.New("a signal came")
	ctx, cancel := context.WithCancelCause(t.Context())
	b.files = func(string) map[string]string { cancel(cause); return nil }
	stdin, _ := pipe(t)
	stdout, _ := collect(t)
	run := AgentRun{Engine: b.engine, Spec: b.spec, Files: b.files, Stdin: stdin, Stdout: stdout, Stderr: stdout}
	run.Spec.Command = []string{"/agent", "resist"}
	started := time.Now()
	if status, err := run.Run(ctx); status != 0 || !errors.Is(err, cause) {
		t.Errorf("status %d, error %v, want the cause", status, err)
	}
	if took := time.Since(started); took > agentWaitLimit {
		t.Errorf("it took %v", took)
	}
	(&running{t: t, b: b}).gone()
}

// TestAgentLosesItsEngine fails when an engine that goes away while the agent
// runs is taken for the agent's end, or leaves the launcher hanging.
func TestAgentLosesItsEngine(t *testing.T) {
	b := newAgentBottle(t, nil)
	proxy := newEngineProxy(t)
	through, err := client.New(client.WithHost("unix://" + proxy.path))
	if err != nil {
		t.Fatal(err)
	}
	direct := b.engine
	b.engine = through
	r := b.run("resist")
	b.engine = direct // for what is left to do
	r.stdout.await(t, "ready")
	proxy.cut()
	if status, err := r.end(); status != 0 || !errors.Is(err, errLost) || launcher.Hint(err) == "" {
		t.Errorf("status %d, error %v, want %v", status, err, errLost)
	}
}
