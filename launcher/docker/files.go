package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"

	"github.com/moby/moby/client"
)

// file is one file for a container.
type file struct {
	// Name is relative to the directory it is copied to.
	Name    string
	Content []byte
	Mode    int64
	UID     int
}

// configFiles are what a sidecar reads, by itself alone.
func configFiles(caddyfile string, ca []byte) []file {
	files := []file{{Name: "Caddyfile", Content: []byte(caddyfile), Mode: 0o400, UID: sidecarUID}}
	if ca != nil {
		files = append(files, file{Name: caName, Content: ca, Mode: 0o400, UID: sidecarUID})
	}
	return files
}

// copyFiles puts files into a directory of a container, which need not run.
// The directory has to be on a volume if the container's root is read-only.
func copyFiles(ctx context.Context, e Engine, container, dir string, files []file) error {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range files {
		header := &tar.Header{Name: f.Name, Typeflag: tar.TypeReg, Mode: f.Mode, Uid: f.UID, Gid: f.UID, Size: int64(len(f.Content))}
		if err := w.WriteHeader(header); err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
		if _, err := w.Write(f.Content); err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("packing files: %w", err)
	}
	ctx, cancel := steady(ctx)
	defer cancel()
	// Without CopyUIDGID the owners in the archive count.
	_, err := e.CopyToContainer(ctx, container, client.CopyToContainerOptions{DestinationPath: dir, Content: &archive})
	if err != nil {
		return fmt.Errorf("copying files to %s: %w", dir, err)
	}
	return nil
}
