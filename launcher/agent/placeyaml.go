package agent

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`line \d+`)

// yamlMapping parses a file that holds one mapping, or nothing. The parser's
// own words are not passed on, since they may quote the file.
func yamlMapping(content string) (*yaml.Node, *Conflict) {
	decoder := yaml.NewDecoder(strings.NewReader(content))
	var doc, second yaml.Node
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	}
	if err == nil && !errors.Is(decoder.Decode(&second), io.EOF) {
		return nil, &Conflict{Problem: "holds more than one YAML document"}
	}
	if err != nil {
		problem := "is not valid YAML"
		if line := yamlLine.FindString(err.Error()); line != "" {
			problem += " (" + line + ")"
		}
		return nil, &Conflict{Problem: problem}
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, &Conflict{Problem: "is not a YAML mapping"}
	}
	return root, nil
}

// yamlFile is a file with its settings, what they shall be, and what they were
// when they were placed before.
type yamlFile struct{ now, ours, last *yaml.Node }

func parseYAML(existing, ours, last string) (f yamlFile, conflict *Conflict) {
	if f.now, conflict = yamlMapping(existing); conflict != nil {
		return f, conflict
	}
	if f.ours, conflict = yamlMapping(ours); conflict != nil {
		return f, conflict
	}
	f.last, conflict = yamlMapping(last)
	if conflict != nil { // somebody has changed it: then nothing in the file is ours
		f.last = &yaml.Node{Kind: yaml.MappingNode}
	}
	return f, nil
}

func (f yamlFile) text() (string, *Conflict) {
	const indent = 2
	var b strings.Builder
	e := yaml.NewEncoder(&b)
	e.SetIndent(indent)
	if err := errors.Join(e.Encode(f.now), e.Close()); err != nil {
		return "", &Conflict{Problem: "cannot be written as YAML again"}
	}
	return b.String(), nil
}

// mergeGH adds our settings to gh's config.yml. Which version of the format
// the file has is its own affair.
func mergeGH(existing, ours, last string) (string, *Conflict) {
	f, conflict := parseYAML(existing, ours, last)
	if conflict != nil || len(f.now.Content) == 0 {
		return ours, conflict
	}
	changed := false
	for i := 0; i+1 < len(f.ours.Content); i += 2 {
		key, want := f.ours.Content[i], f.ours.Content[i+1]
		now := yamlValue(f.now, key.Value)
		switch {
		case now == nil || now.Value == "" && now.Kind == yaml.ScalarNode:
			changed = true
			setYAML(f.now, key, want)
		case key.Value == "version" || sameYAML(now, want):
		case sameYAML(now, yamlValue(f.last, key.Value)):
			changed = true
			setYAML(f.now, key, want)
		default:
			return "", &Conflict{Key: key.Value, Problem: isSetOtherwise}
		}
	}
	if !changed {
		return existing, nil
	}
	return f.text()
}

// mergeTea adds our log-ins to tea's config.yml, by name. A log-in that is
// the default there already stays it.
func mergeTea(existing, ours, last string) (string, *Conflict) {
	f, conflict := parseYAML(existing, ours, last)
	if conflict != nil || len(f.now.Content) == 0 {
		return ours, conflict
	}
	logins := yamlValue(f.now, "logins")
	if logins == nil || logins.Kind == yaml.ScalarNode && logins.Tag == "!!null" {
		logins = &yaml.Node{Kind: yaml.SequenceNode}
		setYAML(f.now, &yaml.Node{Kind: yaml.ScalarNode, Value: "logins"}, logins)
	}
	if logins.Kind != yaml.SequenceNode {
		return "", &Conflict{Key: "logins", Problem: "is not a list"}
	}
	wanted, placed := elements(yamlValue(f.ours, "logins")), elements(yamlValue(f.last, "logins"))
	changed := false
	logins.Content = slices.DeleteFunc(logins.Content, func(login *yaml.Node) bool {
		same := func(other *yaml.Node) bool { return sameLogin(login, other) }
		stale := slices.ContainsFunc(placed, same) && !slices.ContainsFunc(wanted, same)
		changed = changed || stale
		return stale
	})
	hasDefault := slices.ContainsFunc(logins.Content, func(login *yaml.Node) bool {
		value := yamlValue(login, "default")
		return value != nil && value.Value == "true"
	})
	for _, login := range wanted {
		i := slices.IndexFunc(logins.Content, func(other *yaml.Node) bool { return loginName(other) == loginName(login) })
		switch {
		case i < 0:
			if value := yamlValue(login, "default"); hasDefault && value != nil {
				value.Value = "false"
			}
			logins.Content = append(logins.Content, login)
			changed = true
		case !sameLogin(logins.Content[i], login):
			return "", &Conflict{Key: "the log-in " + loginName(login), Problem: isSetOtherwise}
		}
	}
	if !changed {
		return existing, nil
	}
	return f.text()
}

func elements(node *yaml.Node) []*yaml.Node {
	if node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	return node.Content
}

// loginName is a log-in's name, which tea compares without regard to case.
func loginName(login *yaml.Node) string {
	if name := yamlValue(login, "name"); name != nil {
		return strings.ToLower(name.Value)
	}
	return ""
}

// sameLogin tells whether a log-in has our name, URL and token. Whether it is
// the default does not count.
func sameLogin(a, b *yaml.Node) bool {
	return loginName(a) == loginName(b) && loginName(a) != "" &&
		sameYAML(yamlValue(a, "url"), yamlValue(b, "url")) && sameYAML(yamlValue(a, "token"), yamlValue(b, "token"))
}

// sameYAML tells whether two nodes are the same scalar, or both missing.
func sameYAML(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == yaml.ScalarNode && b.Kind == yaml.ScalarNode && a.Value == b.Value
}

// yamlValue returns a mapping's value, or nil. Of a key that is there twice
// the last one counts.
func yamlValue(mapping *yaml.Node, key string) (value *yaml.Node) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			value = mapping.Content[i+1]
		}
	}
	return value
}

func setYAML(mapping, key, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key.Value {
			mapping.Content[i+1] = value
			return
		}
	}
	mapping.Content = append(mapping.Content, key, value)
}
