package process

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// maxSocketPath is the longest path of a Unix socket in bytes (unix(7): 108
// with a NUL at its end).
const maxSocketPath = 107

// listenUnix opens a Unix socket for a sidecar. Its directory has mode 0700,
// which is what keeps other users out.
func listenUnix(path string) (*os.File, error) {
	if len(path) > maxSocketPath {
		return nil, launcher.WithHint(fmt.Errorf("listening on gh's socket: its path is longer than %d bytes: %s", maxSocketPath, path),
			"set XDG_RUNTIME_DIR to a directory with a short path")
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listening on gh's socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		return nil, fmt.Errorf("listening on gh's socket: %w", err)
	}
	// The sidecar goes on listening when the launcher closes its copy.
	l.SetUnlinkOnClose(false)
	file, err := l.File()
	if err := errors.Join(err, l.Close()); err != nil {
		return nil, fmt.Errorf("listening on gh's socket: %w", err)
	}
	return file, nil
}
