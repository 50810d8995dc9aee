package naive

import (
	"path"
	"regexp"
	"strings"
)

// steps are what servers do to a path before they act on it.
var steps = []struct {
	name string
	do   func(string) string
}{
	{"decodes", Unescape},
	{"knows backslashes", func(s string) string { return strings.ReplaceAll(s, `\`, "/") }},
	{"drops parameters", func(s string) string { return parameter.ReplaceAllString(s, "") }},
	{"ends at a semicolon", func(s string) string { return untilAny(s, ";") }},
	{"ends at a query", func(s string) string { return untilAny(s, "?#") }},
	{"reads overlong UTF-8", readOverlong},
	{"ignores case", strings.ToLower},
	{"merges slashes", func(s string) string { return slashes.ReplaceAllString(s, "/") }},
	{"ignores the last slash", func(s string) string { return strings.TrimSuffix(s, "/") }},
}

var (
	parameter = regexp.MustCompile(`;[^/]*`)
	slashes   = regexp.MustCompile(`/+`)
)

func untilAny(s, chars string) string {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}

// readOverlong reads the two- and three-byte forms of ASCII characters
// (RFC 3629 §3) as decoders did that only look at the bits.
func readOverlong(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case i+1 < len(s) && (s[i] == 0xc0 || s[i] == 0xc1) && s[i+1]&0xc0 == 0x80:
			c := (s[i]&1)<<6 | s[i+1]&0x3f
			if strings.IndexByte(`./\`, c) >= 0 { // the rule is about these
				b.WriteByte(c)
				i++
				continue
			}
		case i+2 < len(s) && s[i] == 0xe0 && (s[i+1] == 0x80 || s[i+1] == 0x81) && s[i+2]&0xc0 == 0x80:
			c := (s[i+1]&1)<<6 | s[i+2]&0x3f
			if strings.IndexByte(`./\`, c) >= 0 {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// maxPaths bounds how many readings are followed up.
const maxPaths = 200

// Paths returns what servers, one behind another, may make of a path: every
// result of up to rounds steps, with how it came about. Nobody resolves dot
// segments.
func Paths(sent string, rounds int) map[string]string {
	found := map[string]string{sent: "does nothing"}
	last := []string{sent}
	for range rounds {
		var next []string
		for _, reading := range last {
			for _, step := range steps {
				result := step.do(reading)
				if _, known := found[result]; !known && len(found) < maxPaths {
					found[result] = found[reading] + ", " + step.name
					next = append(next, result)
				}
			}
		}
		last = next
	}
	return found
}

// Clean is what most servers do in the end.
func Clean(s string) string { return path.Clean("/" + s) }
