// Package target computes the ways a server might read a request target.
//
// Servers disagree on how often they decode, whether "\" separates segments,
// what ";" means and which slashes count. A rule that refuses looks at every
// reading, so that an agent cannot find a spelling that means one thing here
// and another upstream.
package target

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxRounds is how often a path may be percent-decoded before it must have
// stopped changing.
const maxRounds = 5

// ErrAmbiguous is wrapped by every error of Parse.
var ErrAmbiguous = errors.New("ambiguous request target")

// Target is one request target in origin-form (RFC 9112 §3.2.1).
type Target struct {
	// Path is the path as it was sent, percent-encoding included.
	Path string
	// Query is what follows the first "?", as it was sent.
	Query string
	// Readings are all the ways the path may be read: lower case, runs of
	// slashes merged, without trailing slashes.
	Readings []string
}

// Parse splits a request target and computes its readings. It fails, with an
// error that wraps ErrAmbiguous, when two servers could take the path for two
// different ones: dot segments, control characters, overlong UTF-8, bad
// escapes, bytes that RFC 3986 §3.3 does not allow in a path.
func Parse(requestURI string) (Target, error) {
	path, query, _ := strings.Cut(requestURI, "?")
	t := Target{Path: path, Query: query}
	if !strings.HasPrefix(path, "/") {
		return t, ambiguous("the target is not a path")
	}
	if err := checkBytes(path); err != nil {
		return t, err
	}
	for round, current := 0, path; ; round++ {
		if round > maxRounds {
			return t, ambiguous("the path is percent-encoded more than %d times", maxRounds)
		}
		if err := t.add(current); err != nil {
			return t, err
		}
		next := decode(current)
		if next == current {
			return t, nil
		}
		current = next
	}
}

// Has reports whether any reading satisfies the predicate.
func (t Target) Has(predicate func(path string) bool) bool {
	return slices.ContainsFunc(t.Readings, predicate)
}

// Queries returns the query, and whatever stands behind a "?" that was sent
// encoded, which is one to a server that decodes twice.
func (t Target) Queries() []string {
	queries := []string{t.Query}
	if !strings.Contains(t.Path, "%") {
		return queries
	}
	for _, reading := range t.Readings {
		if _, query, found := strings.Cut(reading, "?"); found {
			queries = append(queries, query)
		}
	}
	return queries
}

// add checks one round of decoding and records its readings.
func (t *Target) add(path string) error {
	if i := strings.IndexFunc(path, func(r rune) bool { return r < 0x20 || r == 0x7f }); i >= 0 {
		return ambiguous("the path holds a control character")
	}
	for _, sequence := range overlong {
		if strings.Contains(path, sequence) {
			return ambiguous("the path holds an overlong UTF-8 sequence")
		}
	}
	for _, separated := range distinct(path, strings.ReplaceAll(path, `\`, "/")) {
		for _, variant := range distinct(separated, withoutParameters(separated), before(separated, ";"), before(separated, "?#")) {
			reading := normalize(variant)
			for segment := range strings.SplitSeq(reading, "/") {
				if segment == "." || segment == ".." {
					return ambiguous("the path holds a dot segment")
				}
			}
			if !slices.Contains(t.Readings, reading) {
				t.Readings = append(t.Readings, reading)
			}
		}
	}
	return nil
}

// overlong lists the non-shortest UTF-8 forms of ".", "/" and "\", which a
// lenient decoder turns into the character itself (RFC 3629 §3).
var overlong = []string{
	"\xc0\xae", "\xc0\xaf", "\xc1\x9c",
	"\xe0\x80\xae", "\xe0\x80\xaf", "\xe0\x81\x9c",
	"\xf0\x80\x80\xae", "\xf0\x80\x80\xaf", "\xf0\x80\x81\x9c",
	"\xf8\x80\x80\x80\xae", "\xf8\x80\x80\x80\xaf", "\xf8\x80\x80\x81\x9c",
	"\xfc\x80\x80\x80\x80\xae", "\xfc\x80\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x81\x9c",
}

// checkBytes accepts the bytes of RFC 3986 §3.3 and "[" and "]". For any
// other byte Go would encode the whole path again when it forwards it, and
// what was checked would not be what is sent.
func checkBytes(path string) error {
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '%':
			if i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) {
				return ambiguous("the path holds a bad percent escape")
			}
		case !allowedInPath(c):
			return ambiguous("the path holds a byte that must be percent-encoded")
		}
	}
	return nil
}

func allowedInPath(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=:@/[]", c) >= 0
}

// decode undoes one round of percent-encoding; a bad escape is literal.
func decode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// withoutParameters drops ";…" from every segment (RFC 3986 §3.3, as Java
// servers do it).
func withoutParameters(path string) string {
	if !strings.Contains(path, ";") {
		return path
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = before(segment, ";")
	}
	return strings.Join(segments, "/")
}

func before(s, chars string) string {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}

func normalize(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return strings.ToLower(strings.TrimRight(path, "/"))
}

func distinct(values ...string) []string {
	n := 0
	for _, v := range values {
		if !slices.Contains(values[:n], v) {
			values[n] = v
			n++
		}
	}
	return values[:n]
}

func ambiguous(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrAmbiguous}, args...)...)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
