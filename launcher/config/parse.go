package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bot-bottle/cred-proxy/launcher/internal/typo"
)

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	File string
	// Line counts from 1.
	Line int
	// Key is the path to the value, such as "docker.subnets[0]".
	Key     string
	Message string
}

// Error implements error.
func (p Problem) Error() string {
	if p.Key == "" {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Key, p.Message)
}

// Problems is all that is wrong with a configuration file, in its order.
type Problems []Problem

// Error implements error; it has one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Parse reads the content of a configuration file; file is used in messages.
func Parse(file string, content []byte) (Config, error) {
	r := &reader{file: file}
	c := Default()
	if root := r.document(content); root != nil {
		r.mapping(root, "", map[string]value{"docker": func(node *yaml.Node, key string) {
			r.mapping(node, key, map[string]value{
				"subnets": func(node *yaml.Node, key string) { c.Docker.Subnets = r.subnets(node, key) },
				"image":   func(node *yaml.Node, key string) { c.Docker.Image = r.image(node, key) },
			})
		}})
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return Config{}, r.problems
	}
	return c, nil
}

// reader walks the nodes of one file and collects what is wrong with them.
type reader struct {
	file     string
	problems Problems
}

// value reads one node that was found under a key.
type value func(node *yaml.Node, key string)

func (r *reader) fail(line int, key, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, max(line, 1), key, fmt.Sprintf(format, args...)})
}

var yamlPosition = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// document returns the only document's mapping, or nil for an empty file and
// for one that is not right.
func (r *reader) document(content []byte) *yaml.Node {
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil // nothing but comments
	} else if err != nil {
		line, _ := strconv.Atoi(yamlPosition.FindStringSubmatch(err.Error())[1]) // digits, or no line
		r.fail(line, "", "not YAML: %s", yamlPosition.ReplaceAllString(err.Error(), ""))
		return nil
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		r.fail(1, "", "holds more than one YAML document; write one")
		return nil
	}
	return doc.Content[0]
}

func (r *reader) mapping(node *yaml.Node, key string, fields map[string]value) {
	known := slices.Sorted(maps.Keys(fields))
	if node.Kind != yaml.MappingNode {
		r.fail(node.Line, key, "must be a mapping of %s", strings.Join(known, ", "))
		return
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, child := node.Content[i], node.Content[i+1]
		here := strings.TrimPrefix(key+"."+printable(name.Value), ".")
		if line, twice := seen[name.Value]; twice {
			r.fail(name.Line, here, "is given twice, first in line %d", line)
			continue
		}
		seen[name.Value] = name.Line
		if read, ok := fields[name.Value]; ok {
			read(child, here)
		} else if guess, ok := typo.Closest(name.Value, known); ok {
			r.fail(name.Line, here, "unknown key; did you mean %q?", guess)
		} else {
			r.fail(name.Line, here, "unknown key; known are %s", strings.Join(known, ", "))
		}
	}
}

// text returns a string, or "" when there is something wrong with it.
func (r *reader) text(node *yaml.Node, key string) string {
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		r.fail(node.Line, key, "is a YAML alias or has an anchor; write the value out")
	case node.Kind != yaml.ScalarNode:
		r.fail(node.Line, key, "must be a string")
	case node.Value == "" || node.Tag == "!!null":
		r.fail(node.Line, key, "is empty; give it a value or leave it out")
	default:
		return node.Value
	}
	return ""
}

// printable keeps a file's control characters from a terminal.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// imageName is what an image's name is made of; the engine knows the rest.
var imageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)

func (r *reader) image(node *yaml.Node, key string) string {
	name := r.text(node, key)
	if name != "" && !imageName.MatchString(name) {
		r.fail(node.Line, key, "%q is not the name of an image; write for example registry.example.com/cred-proxy-sidecar:1.0", name)
	}
	return name
}

// smallest is the length of a bottle's network prefix: two of them, one /28
// each, are taken from the subnets for every bottle.
const smallest = 28

// private are the ranges of RFC 1918 §3.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

func (r *reader) subnets(node *yaml.Node, key string) []netip.Prefix {
	if node.Kind != yaml.SequenceNode {
		r.fail(node.Line, key, "must be a list")
		return nil
	}
	if len(node.Content) == 0 {
		r.fail(node.Line, key, "is empty; name a prefix, or leave it out for the default")
	}
	var subnets []netip.Prefix
	for i, child := range node.Content {
		here := fmt.Sprintf("%s[%d]", key, i)
		prefix, ok := r.subnet(child, here)
		if !ok {
			continue
		}
		if j := slices.IndexFunc(subnets, prefix.Overlaps); j >= 0 {
			r.fail(child.Line, here, "%s overlaps %s; remove one", prefix, subnets[j])
			continue
		}
		subnets = append(subnets, prefix)
	}
	return subnets
}

func (r *reader) subnet(node *yaml.Node, key string) (netip.Prefix, bool) {
	text := r.text(node, key)
	if text == "" {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(text)
	within := func(p netip.Prefix) bool { return p.Bits() <= prefix.Bits() && p.Contains(prefix.Addr()) }
	switch {
	case err != nil || !prefix.Addr().Is4():
		r.fail(node.Line, key, "%q is not an IPv4 prefix; write for example 10.213.0.0/16", text)
	case prefix != prefix.Masked():
		r.fail(node.Line, key, "%q has bits behind the prefix; write %s", text, prefix.Masked())
	case prefix.Bits() > smallest:
		r.fail(node.Line, key, "%q is too small; a network takes a /%d", text, smallest)
	case !slices.ContainsFunc(private, within):
		r.fail(node.Line, key, "%q is not private; choose from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", text)
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}
