package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"
)

// fakeEngine is an engine in memory, for what a real one cannot be made to do:
// every call failing in turn, before or after it has done its work.
type fakeEngine struct {
	mu         sync.Mutex
	containers []*fakeContainer
	networks   []network.Summary
	volumes    []volume.Volume

	// calls names all calls so far.
	calls []string
	// onCall runs before each call, with its number from 1 on.
	onCall func(n int, call string)
	// failBefore and failAfter are the numbers of the calls that fail, without
	// or after having done their work; 0 for none.
	failBefore, failAfter int
	// api is the version of its API, debug whether it logs requests.
	api   string
	debug bool
	// kernel is what it says of its kernel's version.
	kernel string
	// checkStatus is the exit status of a check, checkOutput what it says.
	checkStatus int64
	checkOutput string
	// startStatus is not 0 when sidecars end at once, with that status.
	startStatus int
	// unhealthy says that sidecars never become healthy.
	unhealthy bool
	// onReread is what a sidecar logs after SIGUSR1.
	onReread string
}

type fakeContainer struct {
	id, name string
	create   client.ContainerCreateOptions
	running  bool
	// networks are the names of those it is on, with its aliases there.
	networks map[string][]string
	files    map[string]string
	stderr   string
	// readUntil is how much of stderr was there when its end was asked for.
	readUntil int
}

var errInjected = errors.New("injected failure")

func newFakeEngine() *fakeEngine {
	return &fakeEngine{api: "1.41", onReread: `{"level":"info","msg":"` + logReloaded + `"}` + "\n"}
}

// call counts a call and does its work, unless it is to fail.
func (f *fakeEngine) call(ctx context.Context, name string, work func() error) error {
	f.mu.Lock()
	f.calls = append(f.calls, name)
	n, hook := len(f.calls), f.onCall
	f.mu.Unlock()
	if hook != nil {
		hook(n, name)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if n == f.failBefore {
		return fmt.Errorf("%s: %w", name, errInjected)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := work(); err != nil {
		return err
	}
	if n == f.failAfter {
		return fmt.Errorf("%s: %w", name, errInjected)
	}
	return nil
}

// left lists what there is.
func (f *fakeEngine) left() (all []string) {
	for _, c := range f.containers {
		all = append(all, "container "+c.name)
	}
	for _, n := range f.networks {
		all = append(all, "network "+n.Name)
	}
	for _, v := range f.volumes {
		all = append(all, "volume "+v.Name)
	}
	slices.Sort(all)
	return all
}

func (f *fakeEngine) find(idOrName string) (*fakeContainer, error) {
	for _, c := range f.containers {
		if c.id == idOrName || c.name == idOrName {
			return c, nil
		}
	}
	return nil, fmt.Errorf("No such container: %s: %w", idOrName, errdefs.ErrNotFound)
}

func (f *fakeEngine) networkNamed(idOrName string) (int, error) {
	i := slices.IndexFunc(f.networks, func(n network.Summary) bool { return n.Name == idOrName || n.ID == idOrName })
	if i < 0 {
		return 0, fmt.Errorf("network %s not found: %w", idOrName, errdefs.ErrNotFound)
	}
	return i, nil
}

func (f *fakeEngine) Ping(ctx context.Context, _ client.PingOptions) (r client.PingResult, err error) {
	err = f.call(ctx, "Ping", func() error { r = client.PingResult{APIVersion: f.api, OSType: "linux"}; return nil })
	return r, err
}

func (f *fakeEngine) Info(ctx context.Context, _ client.InfoOptions) (r client.SystemInfoResult, err error) {
	err = f.call(ctx, "Info", func() error { r.Info.Debug, r.Info.KernelVersion = f.debug, f.kernel; return nil })
	return r, err
}

func (f *fakeEngine) ImageInspect(ctx context.Context, image string, _ ...client.ImageInspectOption) (r client.ImageInspectResult, err error) {
	return r, f.call(ctx, "ImageInspect", func() error {
		if image == "missing" {
			return fmt.Errorf("No such image: %s: %w", image, errdefs.ErrNotFound)
		}
		return nil
	})
}

func (f *fakeEngine) NetworkCreate(ctx context.Context, name string, o client.NetworkCreateOptions) (r client.NetworkCreateResult, err error) {
	return r, f.call(ctx, "NetworkCreate", func() error {
		r.ID = "id-" + name
		f.networks = append(f.networks, network.Summary{Network: network.Network{ID: r.ID, Name: name, Labels: o.Labels, IPAM: *o.IPAM}})
		return nil
	})
}

func (f *fakeEngine) NetworkConnect(ctx context.Context, name string, o client.NetworkConnectOptions) (r client.NetworkConnectResult, err error) {
	return r, f.call(ctx, "NetworkConnect", func() error {
		c, err := f.find(o.Container)
		if err != nil {
			return err
		}
		c.networks[name] = o.EndpointConfig.Aliases
		return nil
	})
}

func (f *fakeEngine) NetworkDisconnect(ctx context.Context, name string, o client.NetworkDisconnectOptions) (r client.NetworkDisconnectResult, err error) {
	return r, f.call(ctx, "NetworkDisconnect", func() error {
		c, err := f.find(o.Container)
		if err != nil {
			return err
		}
		i, err := f.networkNamed(name)
		if err != nil {
			return err
		}
		if _, on := c.networks[f.networks[i].Name]; !on {
			return fmt.Errorf("container is not connected to network %s", name)
		}
		delete(c.networks, f.networks[i].Name)
		return nil
	})
}

func (f *fakeEngine) NetworkList(ctx context.Context, o client.NetworkListOptions) (r client.NetworkListResult, err error) {
	return r, f.call(ctx, "NetworkList", func() error {
		for _, n := range f.networks {
			if matches(o.Filters, n.Labels, n.Name) {
				r.Items = append(r.Items, n)
			}
		}
		return nil
	})
}

func (f *fakeEngine) NetworkRemove(ctx context.Context, name string, _ client.NetworkRemoveOptions) (r client.NetworkRemoveResult, err error) {
	return r, f.call(ctx, "NetworkRemove", func() error {
		i, err := f.networkNamed(name)
		if err != nil {
			return err
		}
		for _, c := range f.containers {
			if _, on := c.networks[f.networks[i].Name]; on {
				return fmt.Errorf("network %s has active endpoints: %w", name, errdefs.ErrPermissionDenied)
			}
		}
		f.networks = slices.Delete(f.networks, i, i+1)
		return nil
	})
}

func (f *fakeEngine) VolumeCreate(ctx context.Context, o client.VolumeCreateOptions) (r client.VolumeCreateResult, err error) {
	return r, f.call(ctx, "VolumeCreate", func() error {
		f.volumes = append(f.volumes, volume.Volume{Name: o.Name, Labels: o.Labels})
		return nil
	})
}

func (f *fakeEngine) VolumeList(ctx context.Context, o client.VolumeListOptions) (r client.VolumeListResult, err error) {
	return r, f.call(ctx, "VolumeList", func() error {
		for _, v := range f.volumes {
			if matches(o.Filters, v.Labels, v.Name) {
				r.Items = append(r.Items, v)
			}
		}
		return nil
	})
}

func (f *fakeEngine) VolumeRemove(ctx context.Context, name string, _ client.VolumeRemoveOptions) (r client.VolumeRemoveResult, err error) {
	return r, f.call(ctx, "VolumeRemove", func() error {
		i := slices.IndexFunc(f.volumes, func(v volume.Volume) bool { return v.Name == name })
		if i < 0 {
			return fmt.Errorf("no such volume: %w", errdefs.ErrNotFound)
		}
		for _, c := range f.containers {
			for _, m := range c.create.HostConfig.Mounts {
				if m.Source == name {
					return fmt.Errorf("volume is in use: %w", errdefs.ErrConflict)
				}
			}
		}
		f.volumes = slices.Delete(f.volumes, i, i+1)
		return nil
	})
}

func (f *fakeEngine) ContainerCreate(ctx context.Context, o client.ContainerCreateOptions) (r client.ContainerCreateResult, err error) {
	return r, f.call(ctx, "ContainerCreate", func() error {
		if _, err := f.find(o.Name); err == nil {
			return fmt.Errorf("the container name %q is already in use by container: %w", o.Name, errdefs.ErrConflict)
		}
		c := &fakeContainer{
			id: fmt.Sprintf("id-%d-%s", len(f.calls), o.Name), name: o.Name, create: o,
			networks: make(map[string][]string), files: make(map[string]string),
		}
		if o.NetworkingConfig != nil {
			for name, e := range o.NetworkingConfig.EndpointsConfig {
				c.networks[name] = e.Aliases
			}
		}
		f.containers = append(f.containers, c)
		r.ID = c.id
		return nil
	})
}

func (f *fakeEngine) ContainerStart(ctx context.Context, id string, _ client.ContainerStartOptions) (r client.ContainerStartResult, err error) {
	return r, f.call(ctx, "ContainerStart", func() error {
		c, err := f.find(id)
		if err != nil {
			return err
		}
		c.running = f.startStatus == 0
		if !c.running {
			c.stderr += `{"level":"error","msg":"loading initial config","error":"slot CRED_PROXY_TOKEN_0 is empty"}` + "\n"
		}
		return nil
	})
}

func (f *fakeEngine) ContainerStop(ctx context.Context, id string, _ client.ContainerStopOptions) (r client.ContainerStopResult, err error) {
	return r, f.call(ctx, "ContainerStop", func() error {
		c, err := f.find(id)
		if err == nil {
			c.running = false
		}
		return err
	})
}

func (f *fakeEngine) ContainerKill(ctx context.Context, id string, o client.ContainerKillOptions) (r client.ContainerKillResult, err error) {
	return r, f.call(ctx, "ContainerKill", func() error {
		c, err := f.find(id)
		if err == nil && o.Signal == "SIGUSR1" {
			c.stderr += f.onReread
		}
		return err
	})
}

func (f *fakeEngine) ContainerWait(ctx context.Context, id string, _ client.ContainerWaitOptions) client.ContainerWaitResult {
	results, errs := make(chan container.WaitResponse, 1), make(chan error, 1)
	err := f.call(ctx, "ContainerWait", func() error {
		c, err := f.find(id)
		if err != nil {
			return err
		}
		c.stderr += f.checkOutput
		results <- container.WaitResponse{StatusCode: f.checkStatus}
		return nil
	})
	if err != nil { // of the two, an engine's client sends one
		results = nil
		errs <- err
	}
	return client.ContainerWaitResult{Result: results, Error: errs}
}

func (f *fakeEngine) ContainerRename(ctx context.Context, id string, o client.ContainerRenameOptions) (r client.ContainerRenameResult, err error) {
	return r, f.call(ctx, "ContainerRename", func() error {
		if _, err := f.find(o.NewName); err == nil {
			return fmt.Errorf("the container name %q is already in use by container: %w", o.NewName, errdefs.ErrConflict)
		}
		c, err := f.find(id)
		if err == nil {
			c.name = o.NewName
		}
		return err
	})
}

func (f *fakeEngine) ContainerRemove(ctx context.Context, id string, _ client.ContainerRemoveOptions) (r client.ContainerRemoveResult, err error) {
	return r, f.call(ctx, "ContainerRemove", func() error {
		c, err := f.find(id)
		if err == nil {
			f.containers = slices.DeleteFunc(f.containers, func(x *fakeContainer) bool { return x == c })
		}
		return err
	})
}

func (f *fakeEngine) ContainerInspect(ctx context.Context, id string, _ client.ContainerInspectOptions) (r client.ContainerInspectResult, err error) {
	return r, f.call(ctx, "ContainerInspect", func() error {
		c, err := f.find(id)
		if err != nil {
			return err
		}
		r.Container = container.InspectResponse{ID: c.id, Name: "/" + c.name, State: &container.State{Running: c.running}, Config: c.create.Config}
		r.Container.NetworkSettings = &container.NetworkSettings{Networks: make(map[string]*network.EndpointSettings)}
		for name, aliases := range c.networks {
			r.Container.NetworkSettings.Networks[name] = &network.EndpointSettings{Aliases: aliases}
		}
		return nil
	})
}

func (f *fakeEngine) ContainerList(ctx context.Context, o client.ContainerListOptions) (r client.ContainerListResult, err error) {
	return r, f.call(ctx, "ContainerList", func() error {
		for _, c := range f.containers {
			if on := o.Filters["network"]; on != nil && !c.isOnAny(f, on) {
				continue
			}
			if !matches(o.Filters, c.create.Config.Labels, c.name) {
				continue
			}
			state := container.StateExited
			if c.running {
				state = container.StateRunning
			}
			summary := container.Summary{ID: c.id, Names: []string{"/" + c.name}, Image: c.create.Config.Image, Labels: c.create.Config.Labels, State: state}
			for _, m := range c.create.HostConfig.Mounts {
				summary.Mounts = append(summary.Mounts, container.MountPoint{Type: m.Type, Name: m.Source, Source: m.Source, RW: !m.ReadOnly})
			}
			r.Items = append(r.Items, summary)
		}
		return nil
	})
}

func (c *fakeContainer) isOnAny(f *fakeEngine, ids map[string]bool) bool {
	for name := range c.networks {
		if i, err := f.networkNamed(name); ids[name] || err == nil && ids[f.networks[i].ID] {
			return true
		}
	}
	return false
}

// matches applies the filters "label" and "name" as an engine does.
func matches(filters client.Filters, labels map[string]string, name string) bool {
	for label := range filters["label"] {
		key, value, hasValue := strings.Cut(label, "=")
		if got, there := labels[key]; !there || hasValue && got != value {
			return false
		}
	}
	for part := range filters["name"] {
		if !strings.Contains(name, part) {
			return false
		}
	}
	return true
}

// ContainerLogs returns what a sidecar said on standard error. The last line
// of its log is a request's, on standard output: an engine counts the lines of
// both when it is asked for the last one, and then picks those asked for.
func (f *fakeEngine) ContainerLogs(ctx context.Context, id string, o client.ContainerLogsOptions) (r client.ContainerLogsResult, err error) {
	err = f.call(ctx, "ContainerLogs", func() error {
		c, err := f.find(id)
		if err != nil {
			return err
		}
		content := framed(stdcopy.Stderr, c.stderr)
		switch {
		case o.Tail == "1" && o.ShowStdout:
			c.readUntil, content = len(c.stderr), framed(stdcopy.Stdout, "2026-01-02T03:04:05.678901234Z {}\n")
		case o.Tail == "1":
			content = nil
		case o.Since != "":
			content = framed(stdcopy.Stderr, c.stderr[c.readUntil:])
		}
		r = io.NopCloser(bytes.NewReader(content))
		return nil
	})
	return r, err
}

// framed is one frame of a log.
func framed(stream stdcopy.StdType, text string) []byte {
	header := []byte{byte(stream), 0, 0, 0, byte(len(text) >> 24), byte(len(text) >> 16), byte(len(text) >> 8), byte(len(text))}
	return append(header, text...)
}

func (f *fakeEngine) ContainerAttach(ctx context.Context, _ string, _ client.ContainerAttachOptions) (r client.ContainerAttachResult, err error) {
	return r, f.call(ctx, "ContainerAttach", func() error { return errdefs.ErrNotImplemented })
}

func (f *fakeEngine) ContainerResize(ctx context.Context, _ string, _ client.ContainerResizeOptions) (r client.ContainerResizeResult, err error) {
	return r, f.call(ctx, "ContainerResize", func() error { return errdefs.ErrNotImplemented })
}

func (f *fakeEngine) CopyToContainer(ctx context.Context, id string, o client.CopyToContainerOptions) (r client.CopyToContainerResult, err error) {
	return r, f.call(ctx, "CopyToContainer", func() error {
		c, err := f.find(id)
		if err != nil {
			return err
		}
		for archive := tar.NewReader(o.Content); ; {
			header, err := archive.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			content, err := io.ReadAll(archive)
			if err != nil {
				return err
			}
			c.files[o.DestinationPath+"/"+header.Name] = fmt.Sprintf("%04o %d:%d %s", header.Mode, header.Uid, header.Gid, content)
		}
	})
}

func (f *fakeEngine) CopyFromContainer(ctx context.Context, _ string, _ client.CopyFromContainerOptions) (r client.CopyFromContainerResult, err error) {
	return r, f.call(ctx, "CopyFromContainer", func() error { return errdefs.ErrNotFound })
}

func (f *fakeEngine) ContainerStatPath(ctx context.Context, _ string, _ client.ContainerStatPathOptions) (r client.ContainerStatPathResult, err error) {
	return r, f.call(ctx, "ContainerStatPath", func() error { return errdefs.ErrNotFound })
}

func (f *fakeEngine) ExecCreate(ctx context.Context, id string, _ client.ExecCreateOptions) (r client.ExecCreateResult, err error) {
	return client.ExecCreateResult{ID: id}, f.call(ctx, "ExecCreate", func() error { _, err := f.find(id); return err })
}

func (f *fakeEngine) ExecAttach(ctx context.Context, _ string, _ client.ExecAttachOptions) (r client.ExecAttachResult, err error) {
	return r, f.call(ctx, "ExecAttach", func() error {
		ours, theirs := net.Pipe()
		r.HijackedResponse = client.NewHijackedResponse(ours, "")
		return theirs.Close()
	})
}

func (f *fakeEngine) ExecInspect(ctx context.Context, _ string, _ client.ExecInspectOptions) (r client.ExecInspectResult, err error) {
	return r, f.call(ctx, "ExecInspect", func() error {
		if f.unhealthy {
			r.ExitCode = 1
		}
		return nil
	})
}
