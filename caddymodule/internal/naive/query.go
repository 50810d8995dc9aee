// Package naive reads requests as servers do that know no better. Fuzz
// targets compare with it, so it shares nothing with what it is compared
// with, and is part of no binary.
package naive

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Pair is a parameter as a server hands it to the application.
type Pair struct{ Name, Value string }

// Queries are ways in which servers read a query string or a form.
var Queries = map[string]func(raw string) []Pair{
	"Go": func(raw string) (pairs []Pair) {
		values, _ := url.ParseQuery(raw) // what parses is returned with the error
		for name, all := range values {
			for _, value := range all {
				pairs = append(pairs, Pair{name, value})
			}
		}
		return pairs
	},
	"a browser's, Java's and CGI's":  func(raw string) []Pair { return query(raw, "&", form) },
	"an old Rack's and Python's":     func(raw string) []Pair { return query(raw, "&;", form) },
	"one that leaves the plus alone": func(raw string) []Pair { return query(raw, "&", Unescape) },
	"one that decodes twice":         func(raw string) []Pair { return query(raw, "&", func(s string) string { return Unescape(form(s)) }) },
	"ASP.NET's": func(raw string) []Pair {
		return query(raw, "&", func(s string) string { return Unescape(wideEscapes(form(s))) })
	},
	"one that trims": func(raw string) []Pair {
		return query(raw, "&;", func(s string) string { return strings.TrimSpace(form(s)) })
	},
	"one that ends at NUL": func(raw string) []Pair { return query(raw, "&", func(s string) string { return untilNUL(form(s)) }) },
	"an older Rack's": func(raw string) []Pair {
		return query(raw, "&;", func(s string) string { return strings.Trim(form(s), "[]") })
	},
	"PHP's": func(raw string) []Pair {
		pairs := query(raw, "&", form)
		for i := range pairs {
			pairs[i].Name = phpName(pairs[i].Name)
		}
		return pairs
	},
}

func query(raw, separators string, decode func(string) string) (pairs []Pair) {
	for _, pair := range strings.FieldsFunc(raw, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, Pair{decode(name), decode(value)})
	}
	return pairs
}

var (
	escape     = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	wideEscape = regexp.MustCompile(`%[uU][0-9A-Fa-f]{4}`)
)

// Unescape undoes one round of percent-encoding; a bad escape stays.
func Unescape(s string) string {
	return escape.ReplaceAllStringFunc(s, func(found string) string {
		b, _ := strconv.ParseUint(found[1:], 16, 8)
		return string([]byte{byte(b)})
	})
}

// wideEscapes reads %uXXXX (HttpUtility.UrlDecode).
func wideEscapes(s string) string {
	return wideEscape.ReplaceAllStringFunc(s, func(found string) string {
		r, _ := strconv.ParseInt(found[2:], 16, 32)
		return string(rune(r))
	})
}

func form(s string) string { return Unescape(strings.ReplaceAll(s, "+", " ")) }

func untilNUL(s string) string {
	before, _, _ := strings.Cut(s, "\x00")
	return before
}

// phpName is php_register_variable_ex: what is no letter of a variable's name
// becomes "_", and a bracket that is closed begins an index.
func phpName(name string) string {
	name = strings.TrimLeft(untilNUL(name), " ")
	if i := strings.IndexByte(name, '['); i >= 0 && strings.Contains(name[i:], "]") {
		name = name[:i]
	}
	return strings.NewReplacer(" ", "_", ".", "_", "[", "_").Replace(name)
}
