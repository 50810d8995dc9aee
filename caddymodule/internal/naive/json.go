package naive

import (
	"strconv"
	"strings"
	"unicode"
)

// Value is a JSON value as it is written: a String, a Number (also for true,
// false, null and whatever else stands there), an Array or an Object.
type (
	// String is a string without its escapes.
	String string
	// Number is a word.
	Number string
	// Array is an array.
	Array []any
	// Object holds members in their order, those of one name included.
	Object []Member
	// Member is a member of an object.
	Member struct {
		Name  string
		Value any
	}
)

// JSON reads the first value of a text and makes the best of what is wrong
// with it: it knows comments and single quotes, and misses no comma.
func JSON(text string) any {
	r := &jsonReader{rest: strings.TrimPrefix(text, "\ufeff")}
	return r.value()
}

// Get returns the values of members by name, by readers that compare exactly,
// and as Java's equalsIgnoreCase does.
func (o Object) Get(name string) (values []any) {
	for _, member := range o {
		if fold(member.Name) == fold(name) {
			values = append(values, member.Value)
		}
	}
	return values
}

func fold(s string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s)
}

type jsonReader struct {
	rest  string
	depth int
}

func (r *jsonReader) space() {
	for {
		r.rest = strings.TrimLeftFunc(r.rest, func(c rune) bool { return unicode.IsSpace(c) || c == ',' })
		switch {
		case strings.HasPrefix(r.rest, "//"):
			_, r.rest, _ = strings.Cut(r.rest, "\n")
		case strings.HasPrefix(r.rest, "/*"):
			_, r.rest, _ = strings.Cut(r.rest, "*/")
		default:
			return
		}
	}
}

// next takes c if it comes next.
func (r *jsonReader) next(c byte) bool {
	if r.space(); r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *jsonReader) value() any {
	if r.depth++; r.depth > 1000 {
		r.rest = ""
	}
	defer func() { r.depth-- }()
	switch {
	case r.next('{'):
		object := Object{}
		for !r.next('}') && r.rest != "" {
			name := ""
			switch key := r.value().(type) {
			case String:
				name = string(key)
			case Number:
				name = string(key)
			}
			r.next(':')
			object = append(object, Member{name, r.value()})
		}
		return object
	case r.next('['):
		array := Array{}
		for !r.next(']') && r.rest != "" {
			array = append(array, r.value())
		}
		return array
	case r.next('"'):
		return r.text('"')
	case r.next('\''):
		return r.text('\'')
	}
	n := strings.IndexAny(r.rest, ",:{}[]\"'/ \t\r\n")
	switch {
	case n < 0:
		n = len(r.rest)
	case n == 0 && r.rest != "":
		n = 1 // what does not belong here
	}
	word := r.rest[:n]
	r.rest = r.rest[n:]
	return Number(word)
}

// text reads the rest of a string.
func (r *jsonReader) text(quote byte) String {
	var b strings.Builder
	for r.rest != "" {
		c := r.rest[0]
		r.rest = r.rest[1:]
		switch {
		case c == quote:
			return String(b.String())
		case c != '\\' || r.rest == "":
			b.WriteByte(c)
		default:
			escaped := r.rest[0]
			r.rest = r.rest[1:]
			if i := strings.IndexByte("bfnrt", escaped); i >= 0 {
				b.WriteByte("\b\f\n\r\t"[i])
			} else if unit, ok := r.unit(); escaped == 'u' && ok {
				writeUnit(&b, r.pair(unit))
			} else {
				b.WriteByte(escaped)
			}
		}
	}
	return String(b.String())
}

// writeUnit writes half a pair as it is, as JavaScript and Java keep it.
func writeUnit(b *strings.Builder, unit rune) {
	if unit>>11 == 0xd800>>11 {
		b.Write([]byte{0xe0 | byte(unit>>12), 0x80 | byte(unit>>6&0x3f), 0x80 | byte(unit&0x3f)})
		return
	}
	b.WriteRune(unit)
}

// unit looks at four hex digits.
func (r *jsonReader) unit() (rune, bool) {
	if len(r.rest) < 4 {
		return 0, false
	}
	unit, err := strconv.ParseUint(r.rest[:4], 16, 16)
	return rune(unit), err == nil
}

// pair takes the four digits of unit, and the second half of its pair.
func (r *jsonReader) pair(unit rune) rune {
	r.rest = r.rest[4:]
	if unit>>10 != 0xd800>>10 || !strings.HasPrefix(r.rest, `\u`) {
		return unit
	}
	before := r.rest
	r.rest = r.rest[2:]
	if low, ok := r.unit(); ok && low>>10 == 0xdc00>>10 {
		r.rest = r.rest[4:]
		return 0x10000 + (unit&0x3ff)<<10 + low&0x3ff
	}
	r.rest = before
	return unit
}
