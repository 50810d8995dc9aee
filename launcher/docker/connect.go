package docker

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// Connect returns the engine that `docker` itself would use: the one that
// DOCKER_HOST names (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH), or that of
// the context in DOCKER_CONTEXT or in the configuration of `docker`, or the
// one of this host. The version of the API is negotiated. Nothing is sent yet.
func Connect(env map[string]string) (Engine, error) {
	host, err := contextHost(env)
	if err != nil {
		return nil, err
	}
	options := []client.Opt{client.FromEnv}
	if host != "" {
		options = append(options, client.WithHost(host))
	}
	engine, err := client.New(options...)
	if err != nil {
		return nil, launcher.WithHint(fmt.Errorf("reading the engine's address: %w", err), "DOCKER_HOST is as `docker` takes it: unix:///var/run/docker.sock")
	}
	return engine, nil
}

// HostRoutes returns what reads the routes of the engine's host, or nil if
// that is another one than this.
func HostRoutes(e Engine) func() ([]netip.Prefix, error) {
	if isLocal(e) {
		return hostRoutes
	}
	return nil
}

// HasNoIPv6 tells whether the kernel of the engine's host is known to have no
// IPv6 (ipv6.disable=1).
func HasNoIPv6(e Engine) bool {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return isLocal(e) && runtime.GOOS == "linux" && errors.Is(err, fs.ErrNotExist)
}

func isLocal(e Engine) bool {
	c, ok := e.(*client.Client)
	return ok && strings.HasPrefix(c.DaemonHost(), "unix://")
}

// contextHost returns the address of the engine that the current context of
// `docker` names, or "" if there is none (docs.docker.com/engine/manage-resources/contexts).
func contextHost(env map[string]string) (string, error) {
	if host := env["DOCKER_HOST"]; strings.HasPrefix(host, "ssh:") { // the client would send plain HTTP to that host
		return "", launcher.WithHint(fmt.Errorf("DOCKER_HOST is %q, and cred-proxy speaks no SSH", host), hintForward)
	} else if host != "" {
		return "", nil
	}
	dir := cmp.Or(env["DOCKER_CONFIG"], filepath.Join(env["HOME"], ".docker"))
	name := env["DOCKER_CONTEXT"]
	if name == "" {
		var config struct{ CurrentContext string }
		if err := readJSON(filepath.Join(dir, "config.json"), &config); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("reading the configuration of docker: %w", err)
		}
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return "", nil
	}
	id := sha256.Sum256([]byte(name))
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := readJSON(filepath.Join(dir, "contexts", "meta", hex.EncodeToString(id[:]), "meta.json"), &meta); err != nil {
		return "", launcher.WithHint(fmt.Errorf("reading docker's context %q: %w", name, err), "`docker context ls` lists them; or name the engine with DOCKER_HOST")
	}
	host := meta.Endpoints["docker"].Host
	if scheme, _, _ := strings.Cut(host, "://"); scheme != "unix" && scheme != "npipe" {
		return "", launcher.WithHint(fmt.Errorf("docker's context %q leads to %q, which cred-proxy cannot connect to by itself", name, host),
			"name the engine with DOCKER_HOST (and DOCKER_CERT_PATH), or "+hintForward)
	}
	return host, nil
}

const hintForward = "forward its socket: ssh -L /tmp/docker.sock:/var/run/docker.sock HOST, and DOCKER_HOST=unix:///tmp/docker.sock"

func readJSON(path string, into any) error {
	content, err := os.ReadFile(path) //nolint:gosec // the user's own configuration
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}
