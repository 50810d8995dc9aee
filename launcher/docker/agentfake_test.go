package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// fakeFile is a file in a fakeAgent's container.
type fakeFile struct {
	mode    fs.FileMode
	content string // a link's target
}

// fakeAgent is an engine with one container, which has files. Calls that no
// test has asked for panic.
type fakeAgent struct {
	Engine
	files  map[string]fakeFile
	config container.Config
	mounts []container.MountPoint

	// Errors of calls, by their name.
	fail map[string]error
	// onCreate is told of the creation before it is done.
	onCreate func()
	// onStart is told of the start, with the container's end of the streams.
	onStart func(a *fakeAgent, conn net.Conn)

	mu      sync.Mutex
	calls   []string
	written map[string]*tar.Header
	conn    net.Conn
	result  chan container.WaitResponse
	lost    chan error
}

func newFakeAgent() *fakeAgent {
	return &fakeAgent{
		files: map[string]fakeFile{}, fail: map[string]error{}, written: map[string]*tar.Header{},
		result: make(chan container.WaitResponse, 1), lost: make(chan error, 1),
	}
}

func (a *fakeAgent) call(name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, name)
	return a.fail[strings.Fields(name)[0]]
}

func (a *fakeAgent) called() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.calls, ", ")
}

func (a *fakeAgent) ContainerCreate(ctx context.Context, _ client.ContainerCreateOptions) (client.ContainerCreateResult, error) {
	if a.onCreate != nil {
		a.onCreate()
	}
	if err := ctx.Err(); err != nil { // the engine goes on with it
		return client.ContainerCreateResult{}, errors.Join(err, a.call("create"))
	}
	return client.ContainerCreateResult{ID: "id"}, a.call("create")
}

func (a *fakeAgent) ContainerInspect(context.Context, string, client.ContainerInspectOptions) (client.ContainerInspectResult, error) {
	return client.ContainerInspectResult{Container: container.InspectResponse{Config: &a.config, Mounts: a.mounts}}, a.fail["inspect"]
}

func (a *fakeAgent) ContainerStatPath(_ context.Context, _ string, o client.ContainerStatPathOptions) (client.ContainerStatPathResult, error) {
	f, found := a.files[o.Path]
	if !found {
		return client.ContainerStatPathResult{}, fmt.Errorf("no such path: %w", errdefs.ErrNotFound)
	}
	stat := container.PathStat{Mode: f.mode}
	if f.mode&fs.ModeSymlink != 0 {
		stat.LinkTarget = f.content
	}
	return client.ContainerStatPathResult{Stat: stat}, a.fail["stat"]
}

func (a *fakeAgent) CopyFromContainer(_ context.Context, _ string, o client.CopyFromContainerOptions) (client.CopyFromContainerResult, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	content := a.files[o.SourcePath].content
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "x", Size: int64(len(content)), Mode: 0o600})
	_, _ = io.WriteString(w, content)
	_ = w.Close()
	return client.CopyFromContainerResult{Content: io.NopCloser(&b)}, a.fail["copy"]
}

func (a *fakeAgent) CopyToContainer(_ context.Context, _ string, o client.CopyToContainerOptions) (client.CopyToContainerResult, error) {
	for r := tar.NewReader(o.Content); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		name := o.DestinationPath + h.Name
		a.written[name] = h
		if h.Typeflag == tar.TypeReg {
			content, _ := io.ReadAll(r)
			a.files[name] = fakeFile{0o600, string(content)}
		}
	}
	return client.CopyToContainerResult{}, a.call("write")
}

func (a *fakeAgent) ContainerAttach(context.Context, string, client.ContainerAttachOptions) (client.ContainerAttachResult, error) {
	ours, theirs := net.Pipe()
	a.conn = theirs
	return client.ContainerAttachResult{HijackedResponse: client.NewHijackedResponse(ours, "")}, a.call("attach")
}

func (a *fakeAgent) ContainerWait(context.Context, string, client.ContainerWaitOptions) client.ContainerWaitResult {
	_ = a.call("wait")
	return client.ContainerWaitResult{Result: a.result, Error: a.lost}
}

func (a *fakeAgent) ContainerStart(_ context.Context, _ string, _ client.ContainerStartOptions) (client.ContainerStartResult, error) {
	err := a.call("start")
	if err == nil && a.onStart != nil {
		go a.onStart(a, a.conn)
	}
	return client.ContainerStartResult{}, err
}

func (a *fakeAgent) ContainerKill(_ context.Context, _ string, o client.ContainerKillOptions) (client.ContainerKillResult, error) {
	return client.ContainerKillResult{}, a.call("kill " + o.Signal)
}

func (a *fakeAgent) ContainerRemove(_ context.Context, _ string, o client.ContainerRemoveOptions) (client.ContainerRemoveResult, error) {
	if !o.Force || !o.RemoveVolumes {
		panic("a container, or its volumes, would stay")
	}
	return client.ContainerRemoveResult{}, a.call("remove")
}
