package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// otherHome is the way out when the agent's files have no place in its home.
const otherHome = "set HOME in agent.env of the bottle file to another directory, such as /tmp/home"

// agentHome is the home of an agent in a container that is not started yet.
type agentHome struct {
	files *containerFiles
	user  containerUser
	path  string
	// binds are where directories of the host are mounted.
	binds []string
}

// findHome finds out where the agent's home will be, and whose it is.
func findHome(ctx context.Context, engine Engine, id string) (*agentHome, error) {
	result, err := engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("inspecting the agent's container: %w", err)
	}
	config := result.Container.Config
	if config == nil {
		return nil, errors.New("inspecting the agent's container: the engine says nothing about it")
	}
	h := &agentHome{files: filesOf(engine, id)}
	if h.user, err = h.lookup(ctx, config.User); err == nil {
		h.path, err = homeOf(config.Env, h.user)
	}
	if err != nil {
		return nil, launcher.WithHint(fmt.Errorf("finding the agent's home: %w", err), "correct USER in the image, or its /etc/passwd")
	}
	if h.binds, err = h.bindTargets(ctx, result.Container.Mounts); err != nil {
		return nil, fmt.Errorf("finding the agent's home: %w", err)
	}
	return h, nil
}

func (h *agentHome) lookup(ctx context.Context, spec string) (containerUser, error) {
	passwd, err := h.files.read(ctx, "/etc/passwd")
	if err != nil {
		return containerUser{}, fmt.Errorf("/etc/passwd: %w", err)
	}
	group, err := h.files.read(ctx, "/etc/group")
	if err != nil {
		return containerUser{}, fmt.Errorf("/etc/group: %w", err)
	}
	return lookupUser(spec, passwd, group)
}

func (h *agentHome) bindTargets(ctx context.Context, mounts []container.MountPoint) ([]string, error) {
	var targets []string
	for _, m := range mounts {
		if m.Type != mount.TypeBind {
			continue
		}
		at, err := h.files.resolve(ctx, m.Destination)
		if err != nil {
			return nil, err
		}
		targets = append(targets, at.path)
	}
	return targets, nil
}

// place puts the agent's files, by path, into its home, where it may have
// others of the same name; see agent.Place. It writes neither into what is
// mounted from the host nor through a link that leads out of the home.
func (h *agentHome) place(ctx context.Context, files map[string]string) error {
	home, err := h.files.resolve(ctx, h.path)
	if err != nil {
		return launcher.WithHint(fmt.Errorf("placing the agent's files: HOME: %w", err), otherHome)
	}
	write, err := agent.Place(files, func(name string) (string, bool, error) { return h.existing(ctx, home, name) })
	if err != nil {
		hint := launcher.Hint(err)
		var conflict *agent.Conflict
		if errors.As(err, &conflict) {
			hint = "remove it from the image, or " + otherHome
		}
		return launcher.WithHint(fmt.Errorf("placing the agent's files: %w", err), hint)
	}
	var packed []newFile
	for _, name := range slices.Sorted(maps.Keys(write)) {
		at, err := h.target(ctx, home, name)
		if err != nil {
			return fmt.Errorf("placing the agent's files: %w", err)
		}
		packed = append(packed, newFile{at, write[name]})
	}
	if err := h.files.write(ctx, packed, h.user); err != nil {
		return fmt.Errorf("placing the agent's files: %w", err)
	}
	return nil
}

func (h *agentHome) existing(ctx context.Context, home place, name string) (string, bool, error) {
	at, err := h.target(ctx, home, name)
	if err != nil || !at.exists {
		return "", false, err
	}
	content, err := h.files.readAt(ctx, at)
	if err != nil {
		return "", false, launcher.WithHint(err, otherHome)
	}
	return content, true, nil
}

// target returns where a file of the home will be written.
func (h *agentHome) target(ctx context.Context, home place, name string) (place, error) {
	at, err := h.files.resolve(ctx, name)
	if err != nil {
		return place{}, launcher.WithHint(err, otherHome)
	}
	for _, bind := range h.binds {
		if bottle.IsBelow(at.path, bind) {
			return place{}, launcher.WithHint(
				fmt.Errorf("%s lies in %s, which is mounted from the host: cred-proxy would write into your own directory", name, bind),
				"mount it somewhere below the home, such as "+path.Join(h.path, "src")+", or "+otherHome)
		}
	}
	if !bottle.IsBelow(at.path, home.path) {
		return place{}, launcher.WithHint(fmt.Errorf("a symbolic link leads from %s to %s, out of the home", name, at.path), "remove the link from the image, or "+otherHome)
	}
	return at, nil
}
