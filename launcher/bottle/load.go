package bottle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Extension is how bottle files end.
const Extension = ".yaml"

// ErrNotFound is wrapped when there is no such bottle.
var ErrNotFound = errors.New("no such bottle")

// Dir is the directory of the user's bottle files,
// $XDG_CONFIG_HOME/cred-proxy/bottles. A bottle file in a working tree is
// never picked up by itself: a cloned repository must not be able to say
// where tokens go.
func Dir(env map[string]string) string {
	config := env["XDG_CONFIG_HOME"]
	if !filepath.IsAbs(config) { // XDG Base Directory: relative paths are ignored
		config = filepath.Join(env["HOME"], ".config")
	}
	return filepath.Join(config, "cred-proxy", "bottles")
}

// Names lists the bottles in a directory; a missing directory has none.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing bottles: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), Extension); ok && !e.IsDir() && name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// Load reads the bottle file at path. name chooses a bottle in the older JSON
// spelling and may be empty. Relative paths in the file are relative to it,
// and "~/" is home.
func Load(path, name, home string) (*Bottle, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no file %s", ErrNotFound, path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading bottle file: %w", err)
	}
	b, err := Parse(path, content, name)
	if err != nil {
		return nil, err
	}
	b.Egress.CAFile = resolvePath(b.Egress.CAFile, path, home)
	b.Template = resolvePath(b.Template, path, home)
	if b.Template != "" {
		text, err := os.ReadFile(b.Template)
		if err != nil {
			return nil, fmt.Errorf("reading caddyfile.template of bottle %q: %w", b.Name, err)
		}
		b.TemplateText = string(text)
	}
	return b, checkSiblings(path, b)
}

// checkSiblings refuses a second bottle with the same slug in the directory,
// since both would use the same containers and state.
func checkSiblings(path string, b *Bottle) error {
	names, err := Names(filepath.Dir(path))
	if err != nil {
		return err
	}
	own := strings.TrimSuffix(filepath.Base(path), Extension)
	for _, other := range names {
		if other != own && Slug(other) == b.Slug() {
			return Problems{{path, 1, b.Name, "name", fmt.Sprintf("its short name %q is taken by %s; rename one", b.Slug(), other+Extension)}}
		}
	}
	return nil
}

func resolvePath(path, file, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}
