package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// containerFiles are the files of a container that has been created and not
// yet started, so nobody changes them meanwhile.
type containerFiles struct {
	engine Engine
	id     string
	seen   map[string]*container.PathStat // nil for what does not exist
}

func filesOf(engine Engine, id string) *containerFiles {
	return &containerFiles{engine, id, make(map[string]*container.PathStat)}
}

const (
	// maxFile is the largest file that is read from a container.
	maxFile = 4 << 20
	// maxLinks ends a circle of symbolic links, as Linux does.
	maxLinks = 40
)

// place is what a path in a container leads to.
type place struct {
	// path has no symbolic link in it.
	path string
	// parent is the deepest directory above path that exists.
	parent string
	// mode is 0 for what does not exist.
	mode   fs.FileMode
	exists bool
}

// resolve follows an absolute path as the container would, links included:
// none leads out of the container's root.
func (c *containerFiles) resolve(ctx context.Context, name string) (place, error) {
	at := place{path: "/", parent: "/", mode: fs.ModeDir, exists: true}
	rest := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	for links := 0; len(rest) > 0; {
		if rest[0] == "" { // the root
			rest = rest[1:]
			continue
		}
		if !at.mode.IsDir() {
			return place{}, fmt.Errorf("%s is not a directory", at.path)
		}
		next := path.Join(at.path, rest[0])
		stat, err := c.stat(ctx, next)
		switch {
		case err != nil:
			return place{}, err
		case stat == nil:
			return place{path: path.Join(next, path.Join(rest[1:]...)), parent: at.path}, nil
		case stat.Mode&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return place{}, fmt.Errorf("%s has too many symbolic links", name)
			}
			target := stat.LinkTarget
			if !path.IsAbs(target) {
				target = path.Join(at.path, target)
			}
			rest = append(strings.Split(strings.Trim(path.Clean(target), "/"), "/"), rest[1:]...)
			at = place{path: "/", parent: "/", mode: fs.ModeDir, exists: true}
		default:
			at = place{path: next, parent: at.path, mode: stat.Mode, exists: true}
			rest = rest[1:]
		}
	}
	return at, nil
}

// stat returns nil for what does not exist.
func (c *containerFiles) stat(ctx context.Context, name string) (*container.PathStat, error) {
	if stat, known := c.seen[name]; known {
		return stat, nil
	}
	result, err := c.engine.ContainerStatPath(ctx, c.id, client.ContainerStatPathOptions{Path: name})
	if errdefs.IsNotFound(err) {
		c.seen[name] = nil
		return nil, nil //nolint:nilnil // nothing is there
	}
	if err != nil {
		return nil, fmt.Errorf("looking for %s in the container: %w", name, err)
	}
	c.seen[name] = &result.Stat
	return &result.Stat, nil
}

// read returns a file's content, following links; a file that does not exist
// is empty.
func (c *containerFiles) read(ctx context.Context, name string) (string, error) {
	at, err := c.resolve(ctx, name)
	if err != nil || !at.exists {
		return "", err
	}
	return c.readAt(ctx, at)
}

func (c *containerFiles) readAt(ctx context.Context, at place) (string, error) {
	if !at.mode.IsRegular() {
		return "", errors.New("is not a regular file")
	}
	result, err := c.engine.CopyFromContainer(ctx, c.id, client.CopyFromContainerOptions{SourcePath: at.path})
	if err != nil {
		return "", fmt.Errorf("copying from the container: %w", err)
	}
	defer func() { _ = result.Content.Close() }()
	archive := tar.NewReader(result.Content)
	header, err := archive.Next()
	switch {
	case err != nil:
		return "", fmt.Errorf("copying from the container: %w", err)
	case header.Typeflag != tar.TypeReg:
		return "", errors.New("is not a regular file")
	case header.Size > maxFile:
		return "", fmt.Errorf("is larger than %d MiB", maxFile>>20)
	}
	content, err := io.ReadAll(archive)
	if err != nil {
		return "", fmt.Errorf("copying from the container: %w", err)
	}
	return string(content), nil
}

// newFile is a file to be written.
type newFile struct {
	at      place
	content string
}

// write writes files that belong to a user, with mode 0600. Directories that
// are missing are made with mode 0700 for the user; others stay as they are.
func (c *containerFiles) write(ctx context.Context, files []newFile, user containerUser) error {
	if len(files) == 0 {
		return nil
	}
	archive, err := archiveOf(files, user)
	if err != nil {
		return fmt.Errorf("packing the agent's files: %w", err)
	}
	_, err = c.engine.CopyToContainer(ctx, c.id, client.CopyToContainerOptions{DestinationPath: "/", Content: archive})
	if err != nil {
		return fmt.Errorf("copying to the container: %w", err)
	}
	return nil
}

func archiveOf(files []newFile, user containerUser) (io.Reader, error) {
	const dirMode, fileMode = 0o700, 0o600
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	made := make(map[string]bool)
	for _, f := range files {
		for _, dir := range missing(f.at) {
			if made[dir] {
				continue
			}
			made[dir] = true
			header := &tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: dirMode, Uid: user.UID, Gid: user.GID}
			if err := w.WriteHeader(header); err != nil {
				return nil, err
			}
		}
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.at.path, "/"), Size: int64(len(f.content)),
			Mode: fileMode, Uid: user.UID, Gid: user.GID,
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			return nil, err
		}
	}
	return &b, w.Close()
}

// missing lists the directories between what exists and a path, top down.
func missing(at place) (dirs []string) {
	for dir := path.Dir(at.path); dir != at.parent && !at.exists && dir != "/"; dir = path.Dir(dir) {
		dirs = append([]string{dir}, dirs...)
	}
	return dirs
}
