package caddyfile

import (
	"strings"
	"testing"
)

// FuzzQuote fails when a value can end its token, begin another line or name
// a placeholder.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"a", "a b", `a"b`, "{$X}", "a\\", "`", "\n", "#", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		q := &quoter{}
		token := q.quote(value)
		if q.err != nil || value == "" {
			return
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(token, `"`), `"`)
		if inner != value || strings.ContainsAny(inner, "\"{}`\n\r") || strings.HasSuffix(inner, `\`) {
			t.Errorf("%q became %s", value, token)
		}
		if token == value && strings.ContainsAny(value, " #\t") {
			t.Errorf("%q is not quoted", value)
		}
	})
}
