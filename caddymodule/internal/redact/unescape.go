package redact

import (
	"bytes"
	"strconv"
)

// maxEscapeRounds is how often escapes are undone: JSON in a form in a page.
const maxEscapeRounds = 3

// unescaped is a run of which some rounds of escapes were undone.
type unescaped struct {
	text []byte
	// at holds for each byte of text where it came from in the run, and after
	// the last where the run ends; nil before the first round.
	at []int
}

// again undoes one round and reports whether it changed anything.
func (u *unescaped) again() bool {
	text, at := make([]byte, 0, len(u.text)), make([]int, 0, len(u.text)+1)
	for i := 0; i < len(u.text); {
		c, n := unescape(u.text[i:])
		text, at = append(text, c), append(at, u.origin(i))
		i += n
	}
	changed := len(text) != len(u.text)
	u.text, u.at = text, append(at, u.origin(len(u.text)))
	return changed
}

func (u *unescaped) origin(i int) int {
	if u.at == nil {
		return i
	}
	return u.at[i]
}

// unescape reads one character, escaped or not, and its length.
func unescape(text []byte) (c byte, n int) {
	var code uint64
	switch {
	case text[0] == '%':
		code, n = number(text, 1, 2, 16) // RFC 3986 §2.1
	case text[0] == '\\' && len(text) > 1:
		switch text[1] {
		case 'u':
			code, n = number(text, 2, 4, 16) // RFC 8259 §7
		case 'x':
			code, n = number(text, 2, 2, 16)
		case '&': // a character reference was written over the backslash's neighbour
			if _, n := reference(text[1:]); n > 0 {
				return text[0], 1
			}
			return text[1], 2
		case '"', '\'', '\\', '/', '<', '>', '=', '`', '$':
			return text[1], 2
		}
	case text[0] == '&':
		code, n = reference(text)
	}
	if n > 0 && code < 0x80 {
		return byte(code), n
	}
	return text[0], 1
}

// number reads exactly digits digits from position at.
func number(text []byte, at, digits, base int) (code uint64, n int) {
	if len(text) < at+digits {
		return 0, 0
	}
	code, err := strconv.ParseUint(string(text[at:at+digits]), base, 32)
	if err != nil {
		return 0, 0
	}
	return code, at + digits
}

// entities are the named character references (HTML §13.5) of what a token or
// its escapes may hold and HTML writers replace.
var entities = map[string]byte{
	"amp": '&', "AMP": '&', "lt": '<', "LT": '<', "gt": '>', "GT": '>', "quot": '"', "QUOT": '"', "apos": '\'',
	"sol": '/', "bsol": '\\', "plus": '+', "equals": '=', "lowbar": '_', "period": '.', "colon": ':', "semi": ';',
	"num": '#', "percnt": '%', "dollar": '$', "excl": '!', "quest": '?', "commat": '@', "ast": '*', "comma": ',',
	"lpar": '(', "rpar": ')', "lsqb": '[', "rsqb": ']', "lcub": '{', "rcub": '}', "vert": '|', "Hat": '^', "grave": '`',
}

// maxReference is the length of the longest character reference read.
const maxReference = 12

// reference reads a character reference with its semicolon (HTML §13.5).
func reference(text []byte) (code uint64, n int) {
	end := bytes.IndexByte(text[:min(len(text), maxReference)], ';')
	if end < 2 {
		return 0, 0
	}
	name := string(text[1:end])
	if c, ok := entities[name]; ok {
		return uint64(c), end + 1
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, 0
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return 0, 0
	}
	return code, end + 1
}
