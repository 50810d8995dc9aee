package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// Exit statuses of an agent that could not be run, as a shell has them.
const (
	StatusNotExecutable = 126
	StatusNotFound      = 127
	statusSignal        = 128
)

// Agent is the agent's process as `run` starts it.
type Agent struct {
	// Command and its arguments.
	Command []string
	// Dir is the working directory; empty for the launcher's.
	Dir string
	// Env is the whole environment.
	Env []string
}

// inherited are the host variables that every agent gets.
var inherited = []string{
	"PATH", "TERM", "LANG", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR", "COLORTERM",
	"LC_ALL", "LC_ADDRESS", "LC_COLLATE", "LC_CTYPE", "LC_IDENTIFICATION", "LC_MEASUREMENT", "LC_MESSAGES",
	"LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER", "LC_TELEPHONE", "LC_TIME",
}

// AgentEnv returns the agent's environment: of the host's only what is listed
// above and in pass, so that no token variable comes along; then extra, from
// the bottle file; then what the sidecar needs, which nothing overrides.
func AgentEnv(host map[string]string, pass []string, extra map[string]string, a plan.Agent) []string {
	merged := make(map[string]string)
	for _, names := range [][]string{inherited, pass} {
		for _, name := range names {
			if value, set := host[name]; set {
				merged[name] = value
			}
		}
	}
	for _, variables := range []map[string]string{extra, a.Env} {
		for name, value := range variables {
			merged[name] = value
		}
	}
	env := make([]string, 0, len(merged))
	for name, value := range merged {
		env = append(env, name+"="+value)
	}
	return env
}

// Run runs the agent on the launcher's terminal and returns its exit status:
// its own, 128+n when signal n ended it, 126 or 127 with an error when it
// could not be run.
//
// The agent stays in the launcher's process group. For the shell both are one
// job, also in a pipeline or in the background: the terminal's Ctrl-C, Ctrl-\
// and Ctrl-Z reach the agent directly, and it is stopped and continued
// together with the launcher. So the launcher passes on only what was sent to
// it alone, and ignores what the terminal sends to both.
func (ag Agent) Run(ctx context.Context) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, context.Cause(ctx)
	}
	path, err := lookPath(ag.Command[0], pathOf(ag.Env))
	if err != nil {
		return cannotRun(ag.Command[0], err)
	}
	cmd := exec.Command(path, ag.Command[1:]...) //nolint:gosec // what the user asked to run
	cmd.Args[0] = ag.Command[0]
	cmd.Dir, cmd.Env = ag.Dir, ag.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	terminal := hasTerminal()
	if err := cmd.Start(); err != nil {
		return cannotRun(ag.Command[0], err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the status is in ProcessState
		close(ended)
	}()
	for {
		select {
		case sig := <-signals:
			if fromKeyboard := sig == syscall.SIGINT || sig == syscall.SIGQUIT; !fromKeyboard || !terminal {
				_ = cmd.Process.Signal(sig) // an error means that it has ended
			}
		case <-ended:
			return exitStatus(cmd.ProcessState), nil
		}
	}
}

func pathOf(env []string) string {
	for _, pair := range env {
		if len(pair) > 5 && pair[:5] == "PATH=" {
			return pair[5:]
		}
	}
	return ""
}

func cannotRun(command string, err error) (int, error) {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		return StatusNotFound, fmt.Errorf("running the agent: %s: command not found", command)
	}
	return StatusNotExecutable, fmt.Errorf("running the agent: %s: %w", command, reason(err))
}

// reason is the operating system's own words, without the path that the
// message has already.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

func exitStatus(s *os.ProcessState) int {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return statusSignal + int(status.Signal())
	}
	return s.ExitCode()
}

// hasTerminal tells whether this process has a controlling terminal, from
// which signals reach the agent too.
func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return tty.Close() == nil
}
