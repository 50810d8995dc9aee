package bottle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MountHost is what the sources of mounts are judged by.
type MountHost struct {
	// Dir is the directory in which `run` is called.
	Dir string
	// Env is the host's environment.
	Env map[string]string
	// Private are further paths that no agent may have: where cred-proxy keeps
	// its state, and the engine its own.
	Private []string
	// Programs are paths that no agent may write to: the user runs them, with
	// tokens in the environment.
	Programs []string
}

// MountError is a mount whose source an agent must not have, or that is not
// there.
type MountError struct {
	// Source is the source as the bottle file has it.
	Source string
	// Problem says what is wrong with it.
	Problem string
	// Instead says what to do.
	Instead string
}

// Error implements error.
func (e *MountError) Error() string {
	return fmt.Sprintf("mounting %q: %s", e.Source, e.Problem)
}

// mountBelow is the way out where a directory is too much.
const mountBelow = `call run in the directory that the agent works in and mount ".:/src", or name a directory below`

// private is a path of the host that no agent may have.
type private struct {
	path, what string
	// below is set when nothing below it may be mounted either.
	below bool
	// readable is set when it may be mounted read-only.
	readable bool
}

// sockets are those of container engines: who can write to one has root's
// rights on the host, and reads the tokens in the sidecar's configuration.
// Relative ones are below $XDG_RUNTIME_DIR, or the home with "~/".
var sockets = []string{
	"/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
	"/run/crio/crio.sock", "/run/buildkit/buildkitd.sock",
	"docker.sock", "podman/podman.sock", "containerd/containerd.sock", "buildkit/buildkitd.sock",
	"~/.docker/run/docker.sock", "~/.docker/desktop/docker.sock", "~/.colima/default/docker.sock", "~/.rd/docker.sock",
}

// engineData holds the engines' own records, the sidecar's environment among
// them.
var engineData = []string{"/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "~/.local/share/docker", "~/.local/share/containers"}

// ResolveMounts returns the bottle's mounts with absolute sources in which no
// symbolic link is left. It refuses a source that is not there, and one
// through which an agent would come by a token or could change where tokens
// go. The error is a *MountError.
//
// Paths are compared by what they lead to, so neither a link nor a second
// mount of the same directory gets around it. Somebody who can write to a
// directory above a source could still put a link in the source's place between
// this look and the engine's: callers refuse what lies in another agent's.
func (b *Bottle) ResolveMounts(h MountHost) ([]Mount, error) {
	secret := b.private(h)
	resolved := make([]Mount, 0, len(b.Agent.Mounts))
	for _, m := range b.Agent.Mounts {
		source, err := h.resolve(m.Source)
		if err != nil {
			return nil, err
		}
		for _, p := range secret {
			if problem := p.refuses(source, m.ReadOnly); problem != "" {
				return nil, &MountError{m.Source, problem, p.instead()}
			}
		}
		resolved = append(resolved, Mount{Source: source, Target: m.Target, ReadOnly: m.ReadOnly})
	}
	return resolved, nil
}

// resolve returns what a source leads to.
func (h MountHost) resolve(source string) (string, error) {
	path := source
	if rest, ok := strings.CutPrefix(source, "~"); ok {
		path = filepath.Join(h.Env["HOME"], rest)
	} else if !filepath.IsAbs(source) {
		path = filepath.Join(h.Dir, source)
	}
	target, err := filepath.EvalSymlinks(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &MountError{source, fmt.Sprintf("there is no %s", path), "create it, or correct agent.mounts in the bottle file"}
	case err != nil:
		return "", &MountError{source, err.Error(), "correct agent.mounts in the bottle file"}
	}
	return filepath.Abs(target)
}

// private lists what this bottle's agent must not have.
func (b *Bottle) private(h MountHost) []private {
	home := h.Env["HOME"]
	ps := []private{
		{path: filepath.Dir(Dir(h.Env)), what: "cred-proxy's configuration, which says where tokens go", below: true},
		{path: "/proc", what: "the host's processes", below: true},
		{path: "/sys", what: "the host's kernel settings", below: true},
		{path: "/dev", what: "the host's devices", below: true},
	}
	for _, path := range h.Private {
		ps = append(ps, private{path: path, what: "what cred-proxy or the engine keeps for itself", below: true})
	}
	for _, path := range engineData {
		ps = append(ps, private{path: underHome(path, home), what: "the container engine's own files, in which tokens are", below: true})
	}
	for _, path := range sockets {
		if path = underHome(path, home); !filepath.IsAbs(path) {
			if !filepath.IsAbs(h.Env["XDG_RUNTIME_DIR"]) {
				continue
			}
			path = filepath.Join(h.Env["XDG_RUNTIME_DIR"], path)
		}
		ps = append(ps, private{path: path, what: "a container engine's socket, which gives root's rights on this machine"})
	}
	if path, ok := strings.CutPrefix(h.Env["DOCKER_HOST"], "unix://"); ok {
		ps = append(ps, private{path: path, what: "the Docker engine's socket, which gives root's rights on this machine"})
	}
	for _, path := range []string{b.File, b.Template} {
		if absolute, err := filepath.Abs(path); err == nil && path != "" {
			ps = append(ps, private{path: absolute, what: "the bottle's own file " + path + ", which says where tokens go", readable: true})
		}
	}
	for _, path := range h.Programs {
		ps = append(ps, private{path: path, what: "a program that you run with tokens in your environment", readable: true})
	}
	return ps
}

func underHome(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return path
}

func (p private) instead() string {
	if p.readable {
		return `add ":ro", or keep that file elsewhere`
	}
	return mountBelow
}

// refuses says why source must not be mounted, or nothing.
func (p private) refuses(source string, readOnly bool) string {
	switch {
	case p.readable && readOnly:
	case leadsTo(p.path, source):
		if source == p.path {
			return "it is " + p.what
		}
		return fmt.Sprintf("%s holds %s (%s)", source, p.what, p.path)
	case p.below && leadsTo(source, p.path):
		return fmt.Sprintf("%s lies in %s (%s)", source, p.what, p.path)
	}
	return ""
}

// leadsTo tells whether path, or a directory above it, is dir: by name or by
// what it leads to.
func leadsTo(path, dir string) bool {
	want, err := os.Stat(dir)
	if target, linkErr := filepath.EvalSymlinks(path); linkErr == nil && target != path && leadsTo(target, dir) {
		return true
	}
	for {
		if path == dir {
			return true
		}
		if info, statErr := os.Stat(path); err == nil && statErr == nil && os.SameFile(want, info) {
			return true
		}
		parent := filepath.Dir(path)
		if parent == path {
			return false
		}
		path = parent
	}
}
