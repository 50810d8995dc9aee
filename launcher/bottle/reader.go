package bottle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bot-bottle/cred-proxy/launcher/internal/typo"
)

// reader walks the nodes of one bottle and collects what is wrong with them.
type reader struct {
	file, bottle string
	problems     Problems
	// fold accepts keys in any case and without underscores, as the older
	// JSON spelling has them.
	fold bool
	// agentNames are the variables that the agent is given, caFile and pipelock
	// are where the egress proxy's CA was named, and a pipelock to start, and
	// egressAgent where the agent's own egress.
	agentNames                    []named
	caFile, pipelock, egressAgent position
	// passthrough are the hosts that the egress proxy does not inspect.
	passthrough []named
}

// named is a name and where it stands.
type named struct {
	name string
	at   position
}

// value reads one node that was found under the key at.
type value func(node *yaml.Node, at position)

const (
	alwaysRedacted = "leave it out, responses are always redacted"
	useWrite       = "set write: guarded or write: read-only in tokens and routes"
)

// later names keys of the contract that this version does not have.
var later = map[string]string{
	"tokens.token":     "use token_ref, the name of a host environment variable",
	"tokens.downloads": "leave it out", "tokens.match": "leave it out",
	"tokens.redact": alwaysRedacted, "tokens.write_guard": useWrite,
	"tokens.token_file": "use token_ref, the name of a host environment variable", "tokens.token_command": "use token_ref, the name of a host environment variable",
	"routes.redact": alwaysRedacted, "routes.write_guard": useWrite,
	"auth.token": "use token_ref, the name of a host environment variable", "auth.token_file": "use token_ref, the name of a host environment variable",
	"auth.token_command": "use token_ref, the name of a host environment variable",
	"redact":             alwaysRedacted, "write_guard": useWrite, "docker": "for all bottles it goes into cred-proxy/config.yaml",
	"routes.token": "use auth.token_ref", "routes.downloads": "leave it out", "routes.match": "leave it out",
	"downloads": "leave it out",
}

func (r *reader) fail(at position, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, at.line, r.bottle, printable(at.key), printable(fmt.Sprintf(format, args...))})
}

// printable keeps a file's control characters from a terminal, and each
// problem on one line.
func printable(s string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	quoted := strconv.QuoteToASCII(s)
	return quoted[1 : len(quoted)-1]
}

// mapping hands every value of a mapping to the field of its key.
func (r *reader) mapping(node *yaml.Node, at position, section string, fields map[string]value) {
	if node.Kind != yaml.MappingNode {
		r.fail(at, "must be a mapping of %s", list(keys(fields)))
		return
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, child := node.Content[i], node.Content[i+1]
		key := r.key(name.Value, fields)
		here := position{name.Line, join(at.key, key)}
		if line, twice := seen[key]; twice {
			r.fail(here, "is given twice, first in line %d", line)
			continue
		}
		seen[key] = name.Line
		if read, known := fields[key]; known {
			if r.plain(child, here) {
				read(child, here)
			}
			continue
		}
		if instead, known := later[strings.TrimPrefix(section+"."+key, ".")]; known {
			r.fail(here, "is not available in this version; %s", instead)
		} else if guess, ok := typo.Closest(key, keys(fields)); ok {
			r.fail(here, "unknown key; did you mean %q?", guess)
		} else {
			r.fail(here, "unknown key; known are %s", list(keys(fields)))
		}
	}
}

func (r *reader) key(name string, fields map[string]value) string {
	if !r.fold {
		return name
	}
	for key := range fields {
		if strings.EqualFold(strings.ReplaceAll(key, "_", ""), name) {
			return key
		}
	}
	return name
}

// plain refuses what YAML has beyond plain data.
func (r *reader) plain(node *yaml.Node, at position) bool {
	switch {
	case node.Kind == yaml.AliasNode:
		r.fail(at, "is a YAML alias; write the value out")
	case node.Anchor != "":
		r.fail(at, "has a YAML anchor; write the value without it")
	case node.Kind == yaml.ScalarNode && strings.ContainsFunc(node.Value, isControl):
		r.fail(at, "holds a control character; remove it")
	default:
		return true
	}
	return false
}

func isControl(c rune) bool {
	return c < 0x20 || 0x7f <= c && c < 0xa0 || c == '\u2028' || c == '\u2029' || c == '\ufeff'
}

func (r *reader) text(into *string) value {
	return func(node *yaml.Node, at position) {
		switch {
		case node.Kind != yaml.ScalarNode:
			r.fail(at, "must be a string")
		case node.Value == "" || node.Tag == "!!null":
			r.fail(at, "is empty; give it a value or leave it out")
		default:
			*into = node.Value
		}
	}
}

// maxCount is more than a process has descriptors for.
const maxCount = 1_000_000

func (r *reader) boolean(into *bool) value {
	return func(node *yaml.Node, at position) {
		if node.Kind != yaml.ScalarNode || node.Tag != "!!bool" {
			r.fail(at, "must be true or false")
			return
		}
		*into = strings.EqualFold(node.Value, "true")
	}
}

func (r *reader) count(into *int) value {
	return func(node *yaml.Node, at position) {
		n, err := strconv.Atoi(node.Value)
		if node.Kind != yaml.ScalarNode || node.Tag != "!!int" || err != nil || n < 1 || n > maxCount {
			r.fail(at, "must be a whole number from 1 to %d", maxCount)
			return
		}
		*into = n
	}
}

func (r *reader) oneOf(into *string, words ...string) value {
	return func(node *yaml.Node, at position) {
		var word string
		r.text(&word)(node, at)
		switch {
		case word == "":
		case slices.Contains(words, word):
			*into = word
		default:
			r.fail(at, "%q is not one of %s", word, list(words))
		}
	}
}

func (r *reader) sequence(element value) value {
	return func(node *yaml.Node, at position) {
		if node.Kind != yaml.SequenceNode {
			r.fail(at, "must be a list")
			return
		}
		for i, child := range node.Content {
			here := position{child.Line, fmt.Sprintf("%s[%d]", at.key, i)}
			if r.plain(child, here) {
				element(child, here)
			}
		}
	}
}

func (r *reader) texts(into *[]string) value {
	return r.sequence(func(node *yaml.Node, at position) {
		var s string
		if r.text(&s)(node, at); s != "" {
			*into = append(*into, s)
		}
	})
}

func join(parent, key string) string {
	if parent == "" {
		return key
	}
	return parent + "." + key
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func list(words []string) string { return strings.Join(words, ", ") }
