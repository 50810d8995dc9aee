package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// passwd has the user that test images run as.
var passwd = []imageFile{
	{name: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\nagent:x:1000:1001::/home/agent:/bin/sh\n", mode: 0o644},
	{name: "etc/group", content: "root:x:0:\nagent:x:1001:\n", mode: 0o644},
	{name: "root/", mode: 0o700},
	{name: "home/agent/", uid: 1000},
}

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

// TestAgentSurroundings fails when the agent gets more of the host than it
// was meant to, less than it needs, or its files with the wrong owner.
func TestAgentSurroundings(t *testing.T) {
	b := newAgentBottle(t, []string{"USER agent", "ENV FROM_IMAGE=1", "VOLUME /data"}, append(passwd,
		imageFile{name: "home/agent/.npmrc", content: "fund=false\n", mode: 0o644, uid: 1000},
		imageFile{name: "home/agent/.config/", mode: 0o755, uid: 1000})...)
	source := t.TempDir()
	b.spec.Mounts = mountsOf([2]string{source, "/src"})
	b.spec.Env = map[string]string{"A": "bottle", "B": "bottle"}
	b.spec.Given = map[string]string{"B": "given"}
	b.spec.PassEnv = []string{"A", "PASSED"}
	b.spec.Host = map[string]string{"A": "host", "PASSED": "host", "TERM": "xterm", "SECRET": "host"}
	b.files = func(home string) map[string]string {
		return map[string]string{home + "/.npmrc": "x=1\n", home + "/.gitconfig": "[x]\n", home + "/.new/a/b": "c"}
	}
	r := b.run("env")
	if status, err := r.end(); status != 0 || err != nil {
		t.Fatalf("status %d, error %v\n%s", status, err, r.stderr)
	}
	want := strings.ReplaceAll(`A=bottle
B=given
FROM_IMAGE=1
HOME=/home/agent
HOSTNAME=SLUG-agent
PASSED=host
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
uid 1000 gid 1001 in /src on SLUG-agent
`, "SLUG", b.spec.Slug)
	if r.stdout.String() != want {
		t.Errorf("the environment is\n%s\nwant\n%s", r.stdout, want)
	}

	r = b.run("files", "/home")
	if status, err := r.end(); status != 0 || err != nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	want = `/home drwxr-xr-x 0:0
/home/agent drwxr-xr-x 1000:1000
/home/agent/.config drwxr-xr-x 1000:1000
/home/agent/.config/cred-proxy drwx------ 1000:1001
/home/agent/.config/cred-proxy/gitconfig -rw------- 1000:1001 "[x]\n"
/home/agent/.config/cred-proxy/npmrc -rw------- 1000:1001 "x=1\n"
/home/agent/.gitconfig -rw------- 1000:1001 "[include]\n\tpath = .config/cred-proxy/gitconfig\n"
/home/agent/.new drwx------ 1000:1001
/home/agent/.new/a drwx------ 1000:1001
/home/agent/.new/a/b -rw------- 1000:1001 "c"
/home/agent/.npmrc -rw------- 1000:1001 "x=1\nfund=false\n"
`
	if r.stdout.String() != want {
		t.Errorf("the files are\n%s\nwant\n%s", r.stdout, want)
	}
	if entries, _ := os.ReadDir(source); len(entries) > 0 {
		t.Errorf("%v was written into the host's directory", entries)
	}
}

// TestAgentNetwork fails when an agent has another address than the sidecar
// expects, IPv6, raw sockets, or a way to ask the world's DNS.
func TestAgentNetwork(t *testing.T) {
	b := newAgentBottle(t, nil)
	r := b.run("net", "example.com", namesOf(b.spec.Slug).agent)
	if status, err := r.end(); status != 0 || err != nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	for _, want := range []string{
		"address 127.0.0.1/8\naddress " + b.spec.Address.String() + "/28\nlookup",
		"lookup example.com: true (slow: false)", "lookup " + namesOf(b.spec.Slug).agent + ": false", "raw socket: false",
		"nameserver 127.0.0.11",
	} {
		if !strings.Contains(r.stdout.String(), want) {
			t.Errorf("%q is missing in\n%s", want, r.stdout)
		}
	}
	if strings.Contains(r.stdout.String(), "search") {
		t.Errorf("the host's search domains are there:\n%s", r.stdout)
	}
}

// TestAgentHomeIsTheHosts fails when the agent's files, with its token, are
// written into a directory of the user's.
func TestAgentHomeIsTheHosts(t *testing.T) {
	for name, target := range map[string]string{
		"the home itself": "/home/agent", "above it": "/home", "by a link": "/link", "a directory for files": "/home/agent/.config",
	} {
		t.Run(name, func(t *testing.T) {
			b := newAgentBottle(t, []string{"USER agent"}, append(passwd, imageFile{name: "link", link: "/home"})...)
			source := t.TempDir()
			if err := os.Mkdir(filepath.Join(source, "agent"), 0o700); err != nil {
				t.Fatal(err)
			}
			b.spec.Mounts = mountsOf([2]string{source, target})
			b.files = func(home string) map[string]string { return map[string]string{home + "/.config/x": "y"} }
			r := b.run("exit", "0")
			status, err := r.end()
			if status != 0 || err == nil || !strings.Contains(err.Error(), "mounted from the host") || !strings.Contains(launcher.Hint(err), "agent.env") {
				t.Errorf("status %d, error %v, hint %q", status, err, launcher.Hint(err))
			}
			if entries, _ := filepath.Glob(source + "/.*"); len(entries) > 0 {
				t.Errorf("%v was written into the host's directory", entries)
			}
		})
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
