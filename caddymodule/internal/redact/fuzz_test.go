package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// promisedRounds is how often escapes are undone.
const promisedRounds = 3

// program reads a fuzz input as instructions: what a text is made of.
type program struct{ rest []byte }

func (p *program) next() int {
	if len(p.rest) == 0 {
		return 0
	}
	b := p.rest[0]
	p.rest = p.rest[1:]
	return int(b)
}

// take returns the next n bytes as they are.
func (p *program) take(n int) string {
	n = min(n, len(p.rest))
	s := string(p.rest[:n])
	p.rest = p.rest[n:]
	return s
}

// encoded returns the token in one of the forms that are promised.
func (p *program) encoded(token string) (text string) {
	switch p.next() % 6 {
	case 0:
		text = token
	case 1:
		text = base64.StdEncoding.EncodeToString([]byte("any user:"[:p.next()%10] + token + "\r\n some"[:p.next()%7]))
	case 2:
		text = base64.RawURLEncoding.EncodeToString([]byte("any user:"[:p.next()%10] + token + "\r\n some"[:p.next()%7]))
	case 3:
		text = hex.EncodeToString([]byte(token))
	case 4:
		text = strings.ToUpper(hex.EncodeToString([]byte(token)))
	case 5:
		text = "Bearer " + token
	}
	for layer := range p.next() % (promisedRounds + 1) {
		text = p.escaped(text, layer == 0)
	}
	return text
}

// escaped is the text with those characters escaped that have to be, all, or,
// if it may, those that the next byte chooses. On top of other escapes nobody
// escapes some letters and leaves others: the search undoes all kinds at once
// and would take "\&" for one.
func (p *program) escaped(text string, some bool) string {
	way, seed := p.next()%4, p.next()
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		chosen := seed >= 192 || some && (i*31+seed)%7 < seed%4
		switch way {
		case 0:
			if chosen || c == '%' {
				fmt.Fprintf(&b, []string{"%%%02x", "%%%02X"}[seed%2], c)
				continue
			}
		case 1:
			if c == '"' || c == '\\' {
				b.WriteString(`\` + string(c))
				continue
			}
			if chosen {
				fmt.Fprintf(&b, `\u%04x`, c)
				continue
			}
		case 2:
			if chosen || c == '&' {
				fmt.Fprintf(&b, []string{"&#%d;", "&#x%x;", "&#x%02X;"}[seed%3], c)
				continue
			}
		default:
			if c == '\\' || chosen {
				fmt.Fprintf(&b, `\x%02X`, c)
				continue
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// part is a piece of a body; one that shows the token has to go.
type part struct {
	text  string
	shown bool
}

// body makes up a body around the token. What stands beside a form does not
// run into it: an escape that begins before it would make it another text.
func (p *program) body(token string) (parts []part) {
	for len(p.rest) > 0 && len(parts) < 20 {
		switch op := p.next(); op % 4 {
		case 0:
			text := p.encoded(token)
			parts = append(parts, part{" \n\"<{"[op%5 : op%5+1], false}, part{text, true}, part{" \n\",}"[op%5 : op%5+1], false})
		case 1:
			n := op % len(token)
			parts = append(parts, part{token[:n], false}, part{"~", false})
		case 2:
			parts = append(parts, part{strings.Repeat("zA0+"[op%4:op%4+1], op*5), false}, part{" ", false})
		default:
			parts = append(parts, part{p.take(op / 4), false}, part{" ", false})
		}
	}
	return parts
}

// FuzzStream fails when a promised form of the token is left in what comes
// out, when a reader of its own still finds one, when bytes beside the forms
// are changed, or when it matters where pieces end.
func FuzzStream(f *testing.F) {
	for i := range 6 {
		for escape := range 4 {
			f.Add(false, []byte{0, byte(i), 3, 4, byte(escape), byte(escape), 255, 1, 7, 2}, []byte{7, 11})
			f.Add(true, []byte{255, 'a', 0, byte(i), 3, 4, 3, 0, 2, 1, 9, 2, 5, 5, 4, 0}, []byte{1, 0, 255, 3})
		}
	}
	f.Add(false, []byte{0, 0, 3, 0, 255, 1, 255, 2, 255}, []byte{})
	for _, spelling := range spellings(plain) {
		if len(spelling) < 60 {
			f.Add(false, append([]byte{255}, spelling...), []byte{20, 30})
		}
	}
	f.Add(false, []byte{2, 6, 10, 254, 1, 77, 0, 0}, []byte{100, 200, 255})
	tokens := map[bool]*Forms{false: formsOf(f, plain), true: formsOf(f, awkward)}
	f.Fuzz(func(t *testing.T, isAwkward bool, code, cuts []byte) {
		token, forms := plain, tokens[isAwkward]
		if isAwkward {
			token = awkward
		}
		parts := (&program{code}).body(token)
		var text strings.Builder
		longest := 0
		for _, p := range parts {
			text.WriteString(p.text)
			if p.shown {
				longest = max(longest, len(p.text))
			}
		}
		whole := through(forms, text.String())
		if len(whole) != text.Len() {
			t.Fatalf("%q became %q", text.String(), whole)
		}
		at, shown := 0, false
		for _, p := range parts {
			got := whole[at : at+len(p.text)]
			at += len(p.text)
			if p.shown && shows(got, token) {
				t.Errorf("%q stays %q in %q", p.text, got, text.String())
			}
			shown = shown || p.shown
		}
		if shows(whole, token) {
			t.Errorf("%q became %q, which shows the token", text.String(), whole)
		}
		// Of Base64 the form is what has no bits of its neighbours.
		if !shown && !shows(text.String(), token[1:len(token)-1]) && whole != text.String() {
			t.Errorf("%q became %q", text.String(), whole)
		}
		if longest > forms.longest {
			return // more than is held back
		}
		var ends []int
		last := 0
		for _, cut := range cuts {
			last = min(last+int(cut), text.Len())
			ends = append(ends, last)
		}
		if got := through(forms, text.String(), ends...); got != whole {
			t.Errorf("cut at %d %q became %q, want %q", ends, text.String(), got, whole)
		}
	})
}

var (
	percents   = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	characters = regexp.MustCompile(`\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\["'\\/&<>=` + "`" + `$]`)
	references = regexp.MustCompile(`&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,7}|[A-Za-z]{2,9});`)
	base64Text = regexp.MustCompile(`[A-Za-z0-9+/_-]+`)
	lowerHex   = regexp.MustCompile(`[0-9a-f]+`)
	upperHex   = regexp.MustCompile(`[0-9A-F]+`)
)

// shows reports whether a text shows the token to somebody who undoes escapes,
// Base64 and hex as they come. It shares nothing with the search.
func shows(text, token string) bool {
	seen := map[string]bool{}
	readings := []string{text}
	for range promisedRounds + 1 {
		var next []string
		for _, reading := range readings {
			if seen[reading] || len(seen) > 60 {
				continue
			}
			seen[reading] = true
			if holds(reading, token) {
				return true
			}
			next = append(next,
				percents.ReplaceAllStringFunc(reading, func(s string) string { d, _ := url.PathUnescape(s); return d }),
				characters.ReplaceAllStringFunc(reading, unescapeCharacter),
				references.ReplaceAllStringFunc(reading, html.UnescapeString))
		}
		readings = next
	}
	return false
}

func unescapeCharacter(s string) string {
	if s[1] != 'u' && s[1] != 'x' {
		return s[1:]
	}
	c, _ := strconv.ParseUint(s[2:], 16, 32)
	return string([]byte{byte(c)})
}

func holds(text, token string) bool {
	if strings.Contains(text, token) {
		return true
	}
	for _, run := range append(lowerHex.FindAllString(text, -1), upperHex.FindAllString(text, -1)...) {
		for skip := range min(2, len(run)) {
			decoded, _ := hex.DecodeString(run[skip : skip+(len(run)-skip)/2*2])
			if bytes.Contains(decoded, []byte(token)) {
				return true
			}
		}
	}
	for _, run := range base64Text.FindAllString(text, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for skip := range min(4, len(run)) {
			part := run[skip:]
			decoded, _ := base64.RawStdEncoding.DecodeString(part[:len(part)/4*4])
			if tail := len(part) % 4; tail > 1 {
				more, _ := base64.RawStdEncoding.DecodeString(part[len(part)-tail:])
				decoded = append(decoded, more...)
			}
			if bytes.Contains(decoded, []byte(token)) {
				return true
			}
		}
	}
	return false
}
