package agent

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Existing returns the content of a file in the agent's home, and whether
// there is one. An error ends the merging.
type Existing func(path string) (content string, found bool, err error)

// Conflict is a setting that an agent's home has and that the sidecar needs
// to be different. It never shows a value, which may be a token.
type Conflict struct {
	// Path is the file's.
	Path string
	// Key is the setting; empty when the file as a whole cannot be merged.
	Key string
	// Problem says what is wrong with it.
	Problem string
}

// Error implements error.
func (c *Conflict) Error() string {
	if c.Key == "" {
		return fmt.Sprintf("%s: %s", c.Path, c.Problem)
	}
	return fmt.Sprintf("%s: %s %s", c.Path, c.Key, c.Problem)
}

const isSetOtherwise = "is set to another value there"

// ownDir is where, below a home, what was placed last is kept: git includes
// its part from there, and of the others it tells which settings are ours.
const ownDir = ".config/cred-proxy"

// clientFile is a configuration file that an agent's home may have already.
type clientFile struct {
	// own is the file's name in ownDir.
	own string
	// merge returns the existing content with ours in it. last is what ours
	// was when it was placed before, or empty.
	merge func(existing, ours, last string) (string, *Conflict)
}

// clientFiles are known by their place in the home.
var clientFiles = map[string]clientFile{
	".gitconfig":             {"gitconfig", includeGit},
	".npmrc":                 {"npmrc", mergeNpm},
	".config/tea/config.yml": {"tea.yml", mergeTea},
	".config/gh/config.yml":  {"gh.yml", mergeGH},
}

// Place returns what has to be written so that the files of Render take
// effect in a home that may have files of its own, whose settings stay. files
// and the result are by path. What is already as it should be is not in the
// result, so placing the same again changes nothing; placing something else
// replaces what was placed before. The error is a *Conflict, or one of
// existing's own.
func Place(files map[string]string, existing Existing) (map[string]string, error) {
	p := placing{existing: existing, write: make(map[string]string)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := p.place(name, files[name]); err != nil {
			return nil, err
		}
	}
	return p.write, nil
}

type placing struct {
	existing Existing
	write    map[string]string
}

func (p *placing) place(name, ours string) error {
	client, home, known := clientOf(name)
	if !known {
		return p.whole(name, ours)
	}
	now, found, err := p.existing(name)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	own := path.Join(home, ownDir, client.own)
	last, ownFound, err := p.existing(own)
	if err != nil {
		return fmt.Errorf("reading %s: %w", own, err)
	}
	merged, conflict := client.merge(now, ours, last)
	if conflict != nil {
		conflict.Path = name
		return conflict
	}
	if !found || merged != now {
		p.write[name] = merged
	}
	if !ownFound || last != ours {
		p.write[own] = ours
	}
	return nil
}

// whole places a file that no client has settings of its own in.
func (p *placing) whole(name, ours string) error {
	now, found, err := p.existing(name)
	switch {
	case err != nil:
		return fmt.Errorf("reading %s: %w", name, err)
	case found && now == ours:
		return nil
	case found && !strings.Contains(name, "/"+ownDir+"/"):
		return &Conflict{Path: name, Problem: "is there already, with other content"}
	}
	p.write[name] = ours
	return nil
}

func clientOf(name string) (client clientFile, home string, known bool) {
	for suffix, client := range clientFiles {
		if home, ok := strings.CutSuffix(name, suffix); ok && strings.HasSuffix(home, "/") {
			return client, home, true
		}
	}
	return clientFile{}, "", false
}

// gitInclude is relative to the file that it stands in (git-config(1),
// Includes), so that it holds wherever the home is mounted.
const gitInclude = "path = " + ownDir + "/gitconfig"

// includeGit has the user's configuration include ours. It comes first: of two
// insteadOf for one URL git takes the first, and of a setting with one value
// the last, which is then the user's own.
func includeGit(existing, _, _ string) (string, *Conflict) {
	section := ""
	for line := range strings.Lines(existing) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
		}
		if strings.EqualFold(section, "[include]") && line == gitInclude {
			return existing, nil
		}
	}
	return "[include]\n\t" + gitInclude + "\n" + strings.TrimPrefix(existing, "\ufeff"), nil
}

func withNewline(s string) string {
	if s == "" || strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}
