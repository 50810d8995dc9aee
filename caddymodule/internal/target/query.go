package target

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Parameters yields every name=value pair of a raw query or form body, split
// at "&" and ";", names and values still encoded. It reads the bytes itself:
// Go's parser drops a pair after a bad escape and gives up beyond 10,000.
func Parameters(raw string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for len(raw) > 0 {
			pair := raw
			if i := strings.IndexAny(raw, "&;"); i >= 0 {
				pair, raw = raw[:i], raw[i+1:]
			} else {
				raw = ""
			}
			name, value, _ := strings.Cut(pair, "=")
			if !yield(name, value) {
				return
			}
		}
	}
}

// Named reports whether an encoded parameter name may be read as one of
// names, which are in lower case, however often it is decoded. Brackets around
// it do not count: to Rack before 3 "[_method]" is _method. To PHP so is
// ".method", and to ASP.NET "%u005fmethod".
func Named(encoded string, names ...string) bool {
	current := strings.ReplaceAll(encoded, "+", " ")
	for range maxRounds + 1 {
		if is(current, names) {
			return true
		}
		next := decode(decodeWide(current))
		if next == current {
			return false
		}
		current = next
	}
	return true // encoded so often that nobody can tell
}

// is compares a decoded name, of which NUL is the end to servers written in C.
func is(decoded string, names []string) bool {
	decoded, _, _ = strings.Cut(strings.ToLower(strings.ToUpper(decoded)), "\x00") // "ſ" is an S
	return slices.Contains(names, strings.TrimFunc(decoded, isAround)) || isForPHP(decoded, names)
}

func isAround(r rune) bool { return r == '[' || r == ']' || unicode.IsSpace(r) }

// isForPHP compares the name under which PHP registers a parameter, in which "_"
// stands for what is not part of a variable's name, as does a bracket that is
// not closed. It may be closed behind a ";", which separates parameters to
// others, so both is assumed.
func isForPHP(name string, names []string) bool {
	name = strings.TrimLeft(name, " ")
	before, _, _ := strings.Cut(name, "[")
	return slices.Contains(names, notInVariables.Replace(before)) || slices.Contains(names, notInVariables.Replace(name))
}

var notInVariables = strings.NewReplacer(" ", "_", ".", "_", "[", "_")

// decodeWide undoes the escapes %uXXXX of ASCII characters, which no standard
// has and ASP.NET reads.
func decodeWide(s string) string {
	if !strings.Contains(s, "%u00") && !strings.Contains(s, "%U00") {
		return s
	}
	return wideEscape.ReplaceAllString(s, "%$1")
}

var wideEscape = regexp.MustCompile(`%[uU]00([0-7][0-9A-Fa-f])`)

// Decode decodes a parameter's value once, as a form does it.
func Decode(encoded string) string {
	return decode(strings.ReplaceAll(encoded, "+", " "))
}

// WithoutParameters removes the parameters called names from a raw query and
// leaves every other byte as it was.
func WithoutParameters(query string, names []string) string {
	if query == "" || len(names) == 0 {
		return query
	}
	var kept strings.Builder
	removed := false
	for rest := query; rest != ""; {
		pair, separator := rest, ""
		if i := strings.IndexAny(rest, "&;"); i >= 0 {
			pair, separator = rest[:i], rest[i:i+1]
		}
		rest = rest[len(pair)+len(separator):]
		name, _, _ := strings.Cut(pair, "=")
		if Named(name, names...) {
			removed = true
			continue
		}
		kept.WriteString(pair)
		kept.WriteString(separator)
	}
	if !removed {
		return query
	}
	result := kept.String()
	if last := query[len(query)-1]; last != '&' && last != ';' {
		result = strings.TrimRight(result, "&;")
	}
	return result
}
