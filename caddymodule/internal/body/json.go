package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds how deep JSON may be nested.
const maxDepth = 200

// Errors of JSON. None quotes the content.
var (
	ErrNotJSON   = errors.New("not JSON in UTF-8")
	ErrTwice     = errors.New("a JSON object has a key twice, or two that differ in case only")
	ErrTrailing  = errors.New("something follows the JSON value")
	ErrTooNested = errors.New("the JSON is nested too deep")
)

// JSON reads one JSON value (RFC 8259): nil, bool, json.Number, string, []any
// or map[string]any. It fails where two parsers could come to different
// results: keys that repeat or differ in case only (Go takes the last whatever
// its case, others the first, or the one spelled right), what is not UTF-8,
// unpaired surrogates, and anything after the value.
func JSON(content []byte) (any, error) {
	if !utf8.Valid(content) || unpairedSurrogate(content) {
		return nil, ErrNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	value, err := read(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrTrailing
	}
	return value, nil
}

// Weight returns the most memory that reading content with JSON takes, in
// bytes, beside the content: up to a hundred times as much, since an object
// with one member takes as much as one with eight. What looks like structure
// inside of strings counts too.
func Weight(content []byte) int {
	weight := 3 * len(content) // the decoder's buffer, and strings
	for _, c := range content {
		switch c {
		case '{':
			weight += 400
		case ':':
			weight += 128
		case '[', ',':
			weight += 80
		}
	}
	return weight
}

func read(decoder *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, ErrTooNested
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, ErrNotJSON
	}
	switch token {
	case json.Delim('{'):
		return readObject(decoder, depth)
	case json.Delim('['):
		values := []any{}
		for decoder.More() {
			value, err := read(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return values, end(decoder)
	}
	return token, nil
}

func readObject(decoder *json.Decoder, depth int) (any, error) {
	object := make(map[string]any)
	folded := make(map[string]struct{})
	for decoder.More() {
		token, err := decoder.Token()
		key, isKey := token.(string)
		if err != nil || !isKey {
			return nil, ErrNotJSON
		}
		if _, taken := folded[Fold(key)]; taken {
			return nil, ErrTwice
		}
		folded[Fold(key)] = struct{}{}
		if object[key], err = read(decoder, depth+1); err != nil {
			return nil, err
		}
	}
	return object, end(decoder)
}

// end reads the closing bracket, which More has seen.
func end(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return ErrNotJSON
	}
	return nil
}

// Fold returns the form under which keys are compared that differ in case
// only, in any of Unicode's simple foldings ("ſ" is an s, the Kelvin sign a k)
// and for Java, to which the Turkish dotless and dotted I are an i.
func Fold(key string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(unicode.ToUpper(r))
		smallest := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			smallest = min(smallest, f)
		}
		return smallest
	}, key)
}

// unpairedSurrogate finds a \u escape of half a pair, for which Go writes
// U+FFFD and others something else (RFC 8259 §8.2).
func unpairedSurrogate(content []byte) bool {
	for i := 0; i+1 < len(content); i++ {
		if content[i] != '\\' {
			continue
		}
		unit, ok := escapedUnit(content[i:])
		if !ok || unit < 0xd800 || unit > 0xdfff {
			i++ // what the backslash escapes, which may be another backslash
			continue
		}
		low, ok := escapedUnit(content[min(i+6, len(content)):])
		if unit >= 0xdc00 || !ok || low < 0xdc00 || low > 0xdfff {
			return true
		}
		i += 11
	}
	return false
}

// escapedUnit reads "\uXXXX".
func escapedUnit(content []byte) (unit rune, ok bool) {
	if len(content) < 6 || content[0] != '\\' || content[1] != 'u' {
		return 0, false
	}
	for _, c := range content[2:6] {
		switch {
		case '0' <= c && c <= '9':
			unit = unit<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}
