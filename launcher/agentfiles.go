package launcher

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// PlaceAgentFiles puts an agent's files into a home that may have files of
// its own, whose settings stay (see agent.Place). Directories are made with
// mode 0700 and files have 0600: they hold the agent token. A symbolic link in
// the place of one of them is refused, since it could lead to any other file
// of the user.
func PlaceAgentFiles(home string, a plan.Agent) error {
	const dirMode = 0o700
	if err := os.MkdirAll(home, dirMode); err != nil {
		return fmt.Errorf("writing the agent's files: %w", err)
	}
	root, err := os.OpenRoot(home)
	if err != nil {
		return fmt.Errorf("writing the agent's files: %w", err)
	}
	defer func() { _ = root.Close() }()
	h := hostHome{home, root}
	files, err := agent.Place(a.Files, h.existing)
	if err != nil {
		return WithHint(fmt.Errorf("placing the agent's files: %w", err),
			"remove or rename what is there, or give --files another directory")
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := h.write(path, files[path]); err != nil {
			return fmt.Errorf("writing the agent's files: %w", err)
		}
	}
	return nil
}

// hostHome is a directory of the host that is an agent's home.
type hostHome struct {
	path string
	root *os.Root // nothing outside is reached, however links change meanwhile
}

func (h hostHome) existing(path string) (string, bool, error) {
	name, err := h.name(path)
	if err != nil {
		return "", false, err
	}
	content, err := h.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return string(content), err == nil, err
}

// name returns the path below the home, in which nothing that exists is a link.
func (h hostHome) name(path string) (string, error) {
	name, err := filepath.Rel(h.path, path)
	if err != nil {
		return "", err
	}
	for i, c := range name + "/" {
		if c != '/' {
			continue
		}
		info, err := h.root.Lstat(name[:i])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink != 0:
			return "", fmt.Errorf("%s is a symbolic link", filepath.Join(h.path, name[:i]))
		case i == len(name) && !info.Mode().IsRegular():
			return "", errors.New("is not a regular file")
		}
	}
	return name, nil
}

// write puts a file in place whole or not at all.
func (h hostHome) write(path, content string) error {
	const dirMode, fileMode = 0o700, 0o600
	name, err := h.name(path)
	if err != nil {
		return err
	}
	if err := h.root.MkdirAll(filepath.Dir(name), dirMode); err != nil {
		return err
	}
	next := name + "." + strings.ToLower(rand.Text())
	f, err := h.root.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = h.root.Rename(next, name)
	}
	if err != nil {
		return errors.Join(err, h.root.Remove(next))
	}
	return nil
}
