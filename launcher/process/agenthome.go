package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// xdgDirs are the agent's private XDG directories, relative to its home.
var xdgDirs = map[string]string{
	"XDG_CONFIG_HOME": ".config",
	"XDG_DATA_HOME":   ".local/share",
	"XDG_STATE_HOME":  ".local/state",
	"XDG_CACHE_HOME":  ".cache",
	"XDG_RUNTIME_DIR": ".run",
}

// AgentOf returns what the agent of a running bottle is given. With home
// empty that is the bottle's own private home; any other directory is for an
// agent that lives elsewhere.
func (b *Backend) AgentOf(ctx context.Context, slug, home string) (plan.Agent, error) {
	record, err := b.Store.Read(slug)
	if errors.Is(err, state.ErrNone) {
		return plan.Agent{}, launcher.NotRunning(slug)
	}
	if err != nil {
		return plan.Agent{}, err
	}
	if !record.Alive() {
		return plan.Agent{}, launcher.NotRunning(record.Bottle)
	}
	p, err := b.Store.Plan(slug)
	if err != nil {
		return plan.Agent{}, err
	}
	token, err := readAgentToken(b.Store.Path(slug))
	if err != nil {
		return plan.Agent{}, err
	}
	if home == "" {
		home = filepath.Join(b.Store.Path(slug), state.AgentHome)
	}
	return b.render(ctx, p, b.Store.Path(slug), home, record.Port, token), nil
}

func readAgentToken(dir string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, state.AgentToken)) //nolint:gosec // in the state directory
	if err != nil {
		return "", fmt.Errorf("reading the agent token: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// render adds to the agent's environment the directories that make its files count.
func (b *Backend) render(ctx context.Context, p *plan.Plan, dir, home string, port int, token string) plan.Agent {
	in := agent.Input{
		BaseURL: baseURL(port), Token: token, Home: home,
		UserName: b.gitConfig(ctx, "user.name"), UserEmail: b.gitConfig(ctx, "user.email"),
	}
	if hasGH(p) {
		in.GitHubSocket = filepath.Join(dir, state.GHSocket)
	}
	a := agent.Render(p, in)
	a.Env["HOME"] = home
	for name, path := range xdgDirs {
		a.Env[name] = filepath.Join(home, path)
	}
	return a
}

// gitConfig reads one value of the user's own git configuration, and nothing
// else of it: http.<url>.extraHeader often holds a token. Without git, or
// without the value, it is empty.
func (b *Backend) gitConfig(ctx context.Context, key string) string {
	git, err := lookPath("git", b.Env["PATH"])
	if err != nil {
		return ""
	}
	cmd := exec.CommandContext(ctx, git, "config", "--global", "--includes", "--get", key) //nolint:gosec // git, two fixed keys
	cmd.Dir = "/"
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"} {
		if value, set := b.Env[name]; set {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// writeAgent writes the agent's files into the bottle's private home. After a
// reload only those that come out differently are written again, since the
// agent may have added to the others, and those of routes that are gone are
// removed.
func (b *Backend) writeAgent(ctx context.Context, dir *state.Dir, before, p *plan.Plan, port int, token string) error {
	home := dir.Path(state.AgentHome)
	a := b.render(ctx, p, dir.Path(""), home, port, token)
	if before != nil {
		if err := dropUnchanged(a.Files, b.render(ctx, before, dir.Path(""), home, port, token).Files); err != nil {
			return err
		}
	}
	for _, path := range xdgDirs {
		if err := os.MkdirAll(filepath.Join(home, path), 0o700); err != nil {
			return fmt.Errorf("making the agent's home: %w", err)
		}
	}
	return writeAgentFiles(a)
}

// dropUnchanged leaves in files what differs from before, and removes what a
// former plan wrote and this one does not.
func dropUnchanged(files, before map[string]string) error {
	for path, content := range before {
		now, wanted := files[path]
		switch {
		case !wanted:
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("removing one of the agent's files: %w", err)
			}
		case now == content:
			delete(files, path)
		}
	}
	return nil
}

// writeAgentFiles writes the files of an agent whose home is the bottle's own.
// Directories have mode 0700 and files 0600: they hold the agent token.
func writeAgentFiles(a plan.Agent) error {
	for path, content := range a.Files {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("writing the agent's files: %w", err)
		}
		if err := state.WriteFile(path, []byte(content)); err != nil {
			return fmt.Errorf("writing the agent's files: %w", err)
		}
	}
	return nil
}

// lookPath finds a command the way a shell does with that PATH. Its error
// wraps fs.ErrPermission when there is such a file that cannot be executed, and
// otherwise fs.ErrNotExist: directories that cannot be looked into do not count.
func lookPath(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		_, err := runnable(name)
		return name, err
	}
	found := error(fs.ErrNotExist)
	for _, dir := range filepath.SplitList(path) {
		candidate := filepath.Join(dir, name)
		there, err := runnable(candidate)
		if err == nil {
			return filepath.Abs(candidate)
		}
		if there {
			found = err
		}
	}
	return "", found
}

// runnable tells whether a file is there, and why it cannot be executed.
func runnable(path string) (there bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return false, err
	case info.IsDir() || info.Mode().Perm()&0o111 == 0:
		return true, fs.ErrPermission
	}
	return true, nil
}
