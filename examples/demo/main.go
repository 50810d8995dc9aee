// Command demo shows what cred-proxy does: it starts a service that demands
// tokens, runs an agent behind the sidecar, lets the agent work and misbehave,
// and checks every promise it prints. It exits 1 if one was not kept.
//
// Run it with `make demo`; it needs bin/caddy and bin/cred-proxy.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed agent.sh
var agentScript string

// Tokens of the demo's upstream. They open nothing else.
const (
	forgeToken = "TEST-SECRET-demo-forge-7f3a9c1e5b2d"
	modelToken = "TEST-SECRET-demo-model-4d8e0b6a2c9f"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "fetch" {
		os.Exit(runFetch(os.Args[2:]))
	}
	colour := flag.Bool("color", isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "", "print in color")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()

	kept, err := run(ctx, &story{out: os.Stdout, colour: *colour})
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
	}
	if err != nil || !kept {
		os.Exit(1) //nolint:gocritic // nothing that is deferred outlives the process
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// demo is one run: its folders, its upstream and what came out of it.
type demo struct {
	*story
	dir      string // all of it is below
	upstream *upstream
	before   string // the repository's refs before the agent ran
	output   string // all that the agent and the launcher printed
	during   []byte // the launcher's own files while the agent ran
}

// path returns a path below the demo's folder.
func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// run is the demo from start to end. It reports whether every promise was kept.
func run(ctx context.Context, s *story) (bool, error) {
	dir, err := os.MkdirTemp("", "cred-proxy-demo-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	d := &demo{story: s, dir: dir}
	for _, name := range []string{"repos", "home/.config/cred-proxy/bottles", "run", "work"} {
		if err := os.MkdirAll(d.path(name), 0o700); err != nil {
			return false, err
		}
	}
	if err := d.setUp(); err != nil {
		return false, err
	}
	defer d.upstream.server.Close()
	if err := d.runAgent(ctx); err != nil {
		return false, err
	}
	d.tellWhatArrived()
	return d.verify(ctx), nil
}

// setUp starts the upstream and writes the bottle file and the agent's script.
func (d *demo) setUp() error {
	if err := makeRepository(d.path("repos")); err != nil {
		return err
	}
	var err error
	if d.before, err = refs(d.path("repos")); err != nil {
		return err
	}
	gitExecPath, err := git(d.dir, "--exec-path")
	if err != nil {
		return err
	}
	if d.upstream, err = startUpstream(d.path("repos"), gitExecPath, forgeToken, modelToken); err != nil {
		return err
	}
	host := d.upstream.host()
	bottle := fmt.Sprintf(`name: demo
tokens:
  - kind: gitea
    url: https://%[1]s
    token_ref: DEMO_FORGE_TOKEN    # the NAME of a variable, never a value
  - kind: anthropic
    url: https://%[1]s
    token_ref: DEMO_MODEL_TOKEN
git:
  - {name: app, upstream: "ssh://git@git-gate.example.com/team/app.git"}
`, host)
	if err := os.WriteFile(d.path("home/.config/cred-proxy/bottles/demo.yaml"), []byte(bottle), 0o600); err != nil {
		return err
	}
	d.title("The service")
	d.say("https://%s: a private git repository, a JSON API and a model that streams.", host)
	d.say("TLS by a CA that nobody else trusts. Every request needs a token. It would accept pushes and every other write.")
	d.title("The bottle file")
	d.quote(bottle)
	return os.WriteFile(d.path("agent.sh"), []byte(agentScript), 0o600)
}

// runAgent runs the agent behind the sidecar and prints what it prints.
func (d *demo) runAgent(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	d.title("The agent")
	d.say("$ cred-proxy run --backend process demo -- sh agent.sh")
	d.say("The tokens are in the launcher's environment. It hands them to the sidecar alone.")
	d.say("")
	cmd := d.launcher(ctx, "run", "--backend", "process", "demo", "--",
		"sh", d.path("agent.sh"), self, d.upstream.host())
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting cred-proxy: %w", err)
	}
	var output strings.Builder
	look := sync.OnceFunc(func() { d.during = readAll(d.path("run")) })
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		output.WriteString(lines.Text() + "\n")
		d.agent(lines.Text())
		if strings.HasPrefix(lines.Text(), "data: ") {
			look()
			d.upstream.arrived <- struct{}{}
		}
	}
	d.output = output.String()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("running the agent: %w", err)
	}
	return lines.Err()
}

// launcher is a cred-proxy command with the tokens in its environment.
func (d *demo) launcher(ctx context.Context, args ...string) *exec.Cmd {
	bin, err := filepath.Abs("bin")
	if err != nil {
		bin = "bin"
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "cred-proxy"), args...)
	cmd.Dir = d.path("work")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + d.path("home"), "XDG_RUNTIME_DIR=" + d.path("run"),
		"SSL_CERT_FILE=" + d.path("ca.pem"),
		"DEMO_FORGE_TOKEN=" + forgeToken, "DEMO_MODEL_TOKEN=" + modelToken,
	}
	return cmd
}
