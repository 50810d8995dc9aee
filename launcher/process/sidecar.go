package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// binaryName is what the sidecar's binary is called where it has to be looked for.
const binaryName = "caddy"

// modules are what the Caddyfile needs of a sidecar beyond Caddy's own.
var modules = []string{
	"http.handlers.agent_auth",
	"http.handlers.cred_inject",
	"http.handlers.refuse",
	"http.handlers.unpack_fetch",
	"http.handlers.upstream_links",
}

const sidecarHint = "`make build` makes bin/caddy; then use --sidecar PATH, $CRED_PROXY_SIDECAR, or put it beside cred-proxy"

// FindSidecar returns the sidecar's binary: the flag's, $CRED_PROXY_SIDECAR,
// the one beside this executable, or the first on PATH. A path that was given
// and does not work is an error, never a reason to look further.
func FindSidecar(flag string, env map[string]string) (string, error) {
	for _, given := range []struct{ path, from string }{
		{flag, "--sidecar"}, {env["CRED_PROXY_SIDECAR"], "CRED_PROXY_SIDECAR"},
	} {
		if given.path != "" {
			path, err := executable(given.path)
			if err != nil {
				return "", launcher.WithHint(fmt.Errorf("finding the sidecar: %s: %w", given.from, err), sidecarHint)
			}
			return path, nil
		}
	}
	var candidates []string
	if self, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(self), binaryName))
	}
	for _, dir := range filepath.SplitList(env["PATH"]) {
		if filepath.IsAbs(dir) { // a relative entry could be a cloned repository
			candidates = append(candidates, filepath.Join(dir, binaryName))
		}
	}
	for _, candidate := range candidates {
		if path, err := executable(candidate); err == nil {
			return path, nil
		}
	}
	return "", launcher.WithHint(fmt.Errorf("finding the sidecar: there is no %s beside cred-proxy or on PATH", binaryName), sidecarHint)
}

// executable returns the real path of a file that can be run, which is the
// one that /proc/<pid>/exe shows.
func executable(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s does not exist", path)
	}
	if err != nil {
		return "", err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return "", fmt.Errorf("%s is not an executable file", path)
	}
	return resolved, nil
}

// checkModules refuses a binary that is no sidecar, or one that was built
// before a handler that the Caddyfile uses existed.
func (b *Backend) checkModules(ctx context.Context, binary string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "list-modules") //nolint:gosec // the user's own choice of sidecar
	cmd.Stdout, cmd.Env = &out, append(b.hostEnv(), "HOME="+os.DevNull)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return launcher.WithHint(fmt.Errorf("checking the sidecar: `%s list-modules` failed: %w", binary, err), sidecarHint)
	}
	listed := strings.Fields(out.String())
	var missing []string
	for _, module := range modules {
		if !slices.Contains(listed, module) {
			missing = append(missing, module)
		}
	}
	switch {
	case len(missing) == len(modules):
		return launcher.WithHint(fmt.Errorf("checking the sidecar: %s is not a cred-proxy sidecar: it has none of our modules", binary), sidecarHint)
	case len(missing) > 0:
		return launcher.WithHint(fmt.Errorf("checking the sidecar: %s is too old: it lacks %s", binary, strings.Join(missing, ", ")),
			"build it again from the same version as cred-proxy: `make build`")
	}
	return nil
}
