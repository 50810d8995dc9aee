package docker

import (
	"context"

	"github.com/moby/moby/client"
)

// Engine is what this package asks of a Docker engine: the calls of
// *client.Client that it uses, and no others. What a call returns, and in which
// cases it fails, is documented there and in the Engine API's reference.
type Engine interface {
	Ping(ctx context.Context, o client.PingOptions) (client.PingResult, error)
	Info(ctx context.Context, o client.InfoOptions) (client.SystemInfoResult, error)
	ImageInspect(ctx context.Context, image string, o ...client.ImageInspectOption) (client.ImageInspectResult, error)

	NetworkCreate(ctx context.Context, name string, o client.NetworkCreateOptions) (client.NetworkCreateResult, error)
	NetworkConnect(ctx context.Context, network string, o client.NetworkConnectOptions) (client.NetworkConnectResult, error)
	NetworkDisconnect(ctx context.Context, network string, o client.NetworkDisconnectOptions) (client.NetworkDisconnectResult, error)
	NetworkList(ctx context.Context, o client.NetworkListOptions) (client.NetworkListResult, error)
	NetworkRemove(ctx context.Context, network string, o client.NetworkRemoveOptions) (client.NetworkRemoveResult, error)

	VolumeCreate(ctx context.Context, o client.VolumeCreateOptions) (client.VolumeCreateResult, error)
	VolumeList(ctx context.Context, o client.VolumeListOptions) (client.VolumeListResult, error)
	VolumeRemove(ctx context.Context, volume string, o client.VolumeRemoveOptions) (client.VolumeRemoveResult, error)

	ContainerCreate(ctx context.Context, o client.ContainerCreateOptions) (client.ContainerCreateResult, error)
	ContainerStart(ctx context.Context, container string, o client.ContainerStartOptions) (client.ContainerStartResult, error)
	ContainerStop(ctx context.Context, container string, o client.ContainerStopOptions) (client.ContainerStopResult, error)
	ContainerKill(ctx context.Context, container string, o client.ContainerKillOptions) (client.ContainerKillResult, error)
	ContainerWait(ctx context.Context, container string, o client.ContainerWaitOptions) client.ContainerWaitResult
	ContainerRename(ctx context.Context, container string, o client.ContainerRenameOptions) (client.ContainerRenameResult, error)
	ContainerRemove(ctx context.Context, container string, o client.ContainerRemoveOptions) (client.ContainerRemoveResult, error)
	ContainerInspect(ctx context.Context, container string, o client.ContainerInspectOptions) (client.ContainerInspectResult, error)
	ContainerList(ctx context.Context, o client.ContainerListOptions) (client.ContainerListResult, error)
	ContainerLogs(ctx context.Context, container string, o client.ContainerLogsOptions) (client.ContainerLogsResult, error)
	ContainerAttach(ctx context.Context, container string, o client.ContainerAttachOptions) (client.ContainerAttachResult, error)
	ContainerResize(ctx context.Context, container string, o client.ContainerResizeOptions) (client.ContainerResizeResult, error)
	ContainerStatPath(ctx context.Context, container string, o client.ContainerStatPathOptions) (client.ContainerStatPathResult, error)
	CopyToContainer(ctx context.Context, container string, o client.CopyToContainerOptions) (client.CopyToContainerResult, error)
	CopyFromContainer(ctx context.Context, container string, o client.CopyFromContainerOptions) (client.CopyFromContainerResult, error)
	ExecCreate(ctx context.Context, container string, o client.ExecCreateOptions) (client.ExecCreateResult, error)
	ExecAttach(ctx context.Context, exec string, o client.ExecAttachOptions) (client.ExecAttachResult, error)
	ExecInspect(ctx context.Context, exec string, o client.ExecInspectOptions) (client.ExecInspectResult, error)
}

var _ Engine = (*client.Client)(nil)
