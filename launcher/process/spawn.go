package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// child is a sidecar that this launcher started.
type child struct {
	identity *state.Process
	// logStart is where its part of the sidecar log begins.
	logStart int64
	// exited is closed when it has ended.
	exited chan struct{}
}

// spawnOptions is what a sidecar is started with.
type spawnOptions struct {
	binary     string
	tokens     map[string]string // by slot
	agentToken string
	listener   *os.File
	ghSocket   *os.File // nil without a github route
	// dieWithUs ends the sidecar when the launcher is killed, so that nothing
	// is left holding tokens when `run` cannot end it.
	dieWithUs bool
}

// spawn starts a sidecar in a session of its own, out of reach of the
// terminal's signals, with nothing of the host's environment but its trust
// store. The tokens are in that environment only: the kernel shows argv to
// everybody, and files stay.
func (b *Backend) spawn(dir *state.Dir, o spawnOptions) (_ *child, err error) {
	access, _, err := dir.OpenLog(state.AccessLog)
	if err != nil {
		return nil, err
	}
	defer func() { _ = access.Close() }()
	log, logStart, err := dir.OpenLog(state.SidecarLog)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()

	cmd := exec.Command(o.binary, "run", "--config", dir.Path(state.Caddyfile), "--adapter", "caddyfile") //nolint:gosec // the checked sidecar
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir.Path(""), access, log
	cmd.Env = append(b.sidecarEnv(dir), launcher.AgentTokenEnv+"="+o.agentToken)
	for slot, value := range o.tokens {
		cmd.Env = append(cmd.Env, slot+"="+value)
	}
	cmd.ExtraFiles = []*os.File{o.listener} // fd 3
	if o.ghSocket != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, o.ghSocket) // fd 4
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c := &child{logStart: logStart, exited: make(chan struct{})}
	if err := start(cmd, o.dieWithUs, c.exited); err != nil {
		return nil, fmt.Errorf("starting the sidecar: %w", err)
	}
	c.identity, err = state.Identify(cmd.Process.Pid, o.binary)
	if err != nil {
		_ = cmd.Process.Kill() // an error means that it has ended by itself
		<-c.exited
		if errors.Is(err, fs.ErrNotExist) {
			err = withLog(errEndedAtOnce, dir, logStart)
		}
		return nil, err
	}
	return c, nil
}

// start starts cmd and closes exited once it has ended. A parent-death signal
// is tied to the thread that forked (prctl(2), PR_SET_PDEATHSIG), so that
// thread waits for the child and does nothing else.
func start(cmd *exec.Cmd, dieWithUs bool, exited chan<- struct{}) error {
	started := make(chan error)
	go func() {
		if dieWithUs {
			runtime.LockOSThread()
			cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
		}
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // that it ended is all that counts; why is in its log
			close(exited)
		}
	}()
	return <-started
}

// sidecarEnv is the part of the sidecar's environment that is no secret. Its
// HOME and XDG directories are private, and the host's own trust
// configuration counts for upstreams.
func (b *Backend) sidecarEnv(dir *state.Dir) []string {
	home := dir.Path(state.SidecarHome)
	env := []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CACHE_HOME=" + home,
	}
	return append(env, b.hostEnv()...)
}

// hostVariables are the host's variables that a sidecar gets.
var hostVariables = []string{"SSL_CERT_FILE", "SSL_CERT_DIR"}

func (b *Backend) hostEnv() (env []string) {
	for _, name := range hostVariables {
		if value := b.Env[name]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// settle notes which executable the sidecar has become: a wrapper script that
// was given as the sidecar runs the real one in its place. An undumpable
// sidecar hides it from all but root, and then it does not count.
func (c *child) settle() {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", c.identity.PID))
	if err == nil {
		c.identity.Exe = strings.TrimSuffix(exe, " (deleted)")
	}
}
