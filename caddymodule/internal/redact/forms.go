// Package redact keeps a token out of what an upstream sends back.
//
// Nothing an agent can observe depends on how much of the token a response
// holds: not what is held back, not how long it takes, not what is masked.
// Otherwise an agent that has its guesses echoed could find the token one
// character at a time.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

const (
	// shortest is the length in bytes from which a token's Base64 and hex
	// forms are looked for too. Of shorter ones they are too common in text.
	shortest = 8
	// longestEscape is the length of one escaped character: \u0041, &#x41;.
	longestEscape = 6
)

// Forms are the ways in which a token could be shown: as it is, in Base64
// (RFC 4648 §4 and §5) by itself or behind any prefix such as a user name, in
// hex, and each of them percent-, JSON- and HTML-escaped.
type Forms struct {
	token secret.Token
	forms []form
	// name finds the token in names of header fields, whose case Go changes.
	name *Forms
	// window is the length of the shortest form, the token itself.
	window int
	// longest bounds the length of an escaped form with its neighbours.
	longest int
	// run is the class of bytes that forms are made of. It depends on the
	// kind of characters in the token alone.
	run *[256]bool
	// leaving is what a byte that leaves the window adds to the hash.
	leaving [256]uint64
	// candidate marks the hashes (upper bits) of the forms' first windows.
	candidate [1 << candidateBits]bool
}

const candidateBits = 12

// form is what is looked for. In Base64 the first and the last bits of a
// token may share a character with what stands beside it; such a character
// is masked with the form.
type form struct {
	text          string
	hash          uint64
	before, after bool
}

// entering is what a byte that enters the window adds to the hash. It is
// random so that nobody can make up text that keeps the search busy.
var entering = func() (table [256]uint64) {
	for i := range table {
		table[i] = rand.Uint64() //nolint:gosec // spreads hashes, keeps no secret
	}
	return table
}()

// The classes of bytes that forms are made of: those of Base64, Base64url,
// hex and escapes, which common tokens stay within, or all that a token may
// hold.
var wordRun, visibleRun = func() (word, visible [256]bool) {
	for c := '!'; c <= '~'; c++ {
		visible[c] = true
		word[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(`-._~+/=%\&#;`, c)
	}
	return word, visible
}()

// Of returns the forms of a token.
func Of(token secret.Token) *Forms {
	value := token.Reveal()
	f := newForms(value)
	f.token = token
	f.name = newForms(strings.ToLower(value))
	f.name.prepare()
	// Where escapes are undone, so are what look like escapes in the token.
	for u := (unescaped{text: []byte(value)}); u.again(); {
		f.add(form{text: string(u.text)})
	}
	if len(value) >= shortest {
		for prefix := range 3 {
			f.addBase64(prefix, value)
		}
		f.add(form{text: hex.EncodeToString([]byte(value))})
		f.add(form{text: strings.ToUpper(hex.EncodeToString([]byte(value)))})
	}
	f.prepare()
	return f
}

// newForms returns forms of a token that is shown as it is.
func newForms(value string) *Forms {
	f := &Forms{window: len(value), run: &wordRun}
	for i := 0; i < len(value); i++ {
		if !wordRun[value[i]] {
			f.run = &visibleRun
		}
	}
	f.add(form{text: value})
	return f
}

// inName reports whether the name of a header field holds the token.
func (f *Forms) inName(name string) bool {
	if len(name) < f.window {
		return false
	}
	_, found := f.name.Mask(strings.ToLower(name))
	return found
}

// Are reports whether f are the forms of token.
func (f *Forms) Are(token secret.Token) bool { return f.token == token }

// addBase64 adds what Base64 makes of the value behind prefix bytes: the
// characters that hold nothing but bits of the value.
func (f *Forms) addBase64(prefix int, value string) {
	padded := strings.Repeat("\x00", prefix) + value
	first := (8*prefix + 5) / 6
	last := 8 * len(padded) / 6
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		f.add(form{
			text:   encoding.EncodeToString([]byte(padded))[first:last],
			before: 8*prefix%6 != 0, after: 8*len(padded)%6 != 0,
		})
	}
}

func (f *Forms) add(added form) {
	for _, have := range f.forms {
		if have.text == added.text {
			return
		}
	}
	f.forms = append(f.forms, added)
	f.window = min(f.window, len(added.text))
	f.longest = max(f.longest, longestEscape*(len(added.text)+2))
}

// prepare computes the hashes of the forms' first windows.
func (f *Forms) prepare() {
	for c := range f.leaving {
		f.leaving[c] = bits.RotateLeft64(entering[c], f.window)
	}
	for i := range f.forms {
		form := &f.forms[i]
		for _, c := range []byte(form.text[:f.window]) {
			form.hash = bits.RotateLeft64(form.hash, 1) ^ entering[c]
		}
		f.candidate[form.hash>>(64-candidateBits)] = true
	}
}

func isBase64(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '+' || c == '/' || c == '-' || c == '_'
}
