package writeguard

import (
	"slices"
	"strings"
)

// pattern is a compiled path of a row.
type pattern []segment

type segment struct {
	kind         kind
	text, folded string // of a literal
}

type kind int

const (
	literal kind = iota
	one
	opaque
	some // one or more, at the end
	rest // any number, at the end
)

// compile panics on a malformed path: tables are part of the program.
func compile(path string) pattern {
	var p pattern
	segments := split(path)
	for i, s := range segments {
		name, isVariable := strings.CutPrefix(s, "{")
		seg := segment{kind: one}
		switch {
		case !isVariable && strings.ContainsAny(s, "{}%*") || isVariable && !strings.HasSuffix(s, "}"):
			panic("malformed path in a table: " + path)
		case !isVariable:
			seg = segment{literal, s, strings.ToLower(s)}
		case strings.HasSuffix(name, "%}"):
			seg.kind = opaque
		case strings.HasSuffix(name, "...}"):
			seg.kind = some
		case strings.HasSuffix(name, "*}"):
			seg.kind = rest
		}
		if seg.kind >= some && i != len(segments)-1 {
			panic("the rest must be last in a table's path: " + path)
		}
		p = append(p, seg)
	}
	if len(p) == 0 {
		panic("empty path in a table")
	}
	return p
}

// split returns a path's segments, without the empty ones.
func split(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return s == "" })
}

// withoutFormat returns the path as Rails and Grape read it, which take what
// follows a dot in the last segment for the format of the answer, and without
// what was a query to a server that decodes first.
func withoutFormat(path string) string {
	path, _, _ = strings.Cut(path, "?")
	i := strings.LastIndexByte(path, '/') + 1
	last, _, _ := strings.Cut(path[i:], ".")
	return path[:i] + last
}

// matches compares with the segments of a reading, which is in lower case,
// or, if exact, of a path as it was sent.
func (p pattern) matches(segments []string, exact bool) bool {
	for i, seg := range p {
		switch {
		case seg.kind == rest:
			return true
		case i >= len(segments):
			return false
		case seg.kind == some:
			return true
		case seg.kind == literal && exact && seg.text != segments[i],
			seg.kind == literal && !exact && seg.folded != segments[i]:
			return false
		}
	}
	return len(segments) == len(p)
}

// substitute returns the path with "%2F" replaced by a harmless byte in the
// segments that are opaque: the vendor reads those as one segment. All other
// tricks (double encoding, "\", ";") stay in, and count. It fails if the
// pattern does not match the path as it was sent, or nothing was replaced.
func (p pattern) substitute(path string) (substituted string, ok bool) {
	segments := split(path)
	if !p.matches(segments, true) {
		return "", false
	}
	for i, seg := range p {
		if seg.kind != opaque {
			continue
		}
		if s := slash.Replace(segments[i]); s != segments[i] {
			segments[i], ok = s, true
		}
	}
	return "/" + strings.Join(segments, "/"), ok
}

var slash = strings.NewReplacer("%2F", "-", "%2f", "-")
