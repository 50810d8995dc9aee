package bottle

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Mount is a directory or file of the host that an agent gets to see.
type Mount struct {
	// Source is absolute, starts with "~/", or starts with "." and is then
	// relative to the directory in which `run` is called: bottle files do not
	// lie in the working tree.
	Source string
	// Target is the absolute path in the agent's container.
	Target string
	// ReadOnly is set by ":ro".
	ReadOnly bool
}

// noTarget are paths, and all below them, that the kernel or the engine
// provides in a container.
var noTarget = []string{"/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}

// mounts reads a list in the form of Docker's short syntax,
// SOURCE:TARGET[:ro|:rw].
func (r *reader) mounts(into *[]Mount) value {
	targets := make(map[string]bool)
	return r.sequence(func(node *yaml.Node, at position) {
		var s string
		if r.text(&s)(node, at); s == "" {
			return
		}
		m, problem := parseMount(s)
		if problem == "" && targets[m.Target] {
			problem = "mounts a second source on " + m.Target + "; remove one"
		}
		if problem != "" {
			r.fail(at, "%q %s", s, problem)
			return
		}
		targets[m.Target] = true
		*into = append(*into, m)
	})
}

// parseMount returns a mount, or what is wrong and what to write instead.
func parseMount(s string) (m Mount, problem string) {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return m, `is not a mount; write SOURCE:TARGET or SOURCE:TARGET:ro, such as ".:/src"`
	}
	m = Mount{Source: parts[0], Target: path.Clean(parts[1])}
	if len(parts) > 2 {
		if parts[2] != "ro" && parts[2] != "rw" {
			return m, "has the unknown option " + parts[2] + "; write ro, rw or nothing"
		}
		m.ReadOnly = parts[2] == "ro"
	}
	switch {
	case m.Source == "":
		return m, `has no source; write for example ".:/src"`
	case m.Source != "~" && !strings.HasPrefix(m.Source, "~/") && !strings.HasPrefix(m.Source, "/") && !isDotted(m.Source):
		return m, "names a volume, which a bottle does not have; for a directory write ./" + s
	case !strings.HasPrefix(parts[1], "/"):
		return m, "has a target that is not absolute; write for example " + parts[0] + ":/src"
	case hasDotSegment(parts[1]):
		return m, "has a dot segment in its target; write the path without it"
	case m.Target == "/":
		return m, "would replace the agent's whole image; mount it on a directory such as /src"
	}
	if slices.ContainsFunc(noTarget, func(reserved string) bool { return IsBelow(m.Target, reserved) }) {
		return m, "would replace what the container gets from the kernel or the engine; mount it on a directory such as /src"
	}
	return m, ""
}

// isDotted tells whether a path starts with the segment "." or "..".
func isDotted(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return first == "." || first == ".."
}

// IsBelow tells whether a clean absolute path is dir or below it.
func IsBelow(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// CheckDocker reports what the Docker backend needs to run an agent and the
// bottle does not say; the error is Problems. A command is not needed, since
// images have one.
func (b *Bottle) CheckDocker() error {
	var ps Problems
	fail := func(key, message string) {
		ps = append(ps, Problem{b.File, max(b.Agent.at.line, 1), b.Name, key, message})
	}
	if b.Agent.Image == "" {
		fail("agent.image", "is missing; add the image that the agent runs in, such as my-agent:latest, or use --backend process")
	}
	if b.Agent.Workdir != "" && !strings.HasPrefix(b.Agent.Workdir, "/") {
		fail("agent.workdir", "is not absolute; with Docker it is a directory in the container, such as /src")
	}
	if len(ps) == 0 {
		return nil
	}
	return ps
}
