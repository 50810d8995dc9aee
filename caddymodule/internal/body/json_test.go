package body

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJSONIsReadInOneWayOnly fails when a document is accepted that another
// parser could read differently, or an unambiguous one is refused.
func TestJSONIsReadInOneWayOnly(t *testing.T) {
	tests := []struct {
		name, content string
		want          any
		err           error
	}{
		{"an object", `{"operation":"download","n":[1,null,true]}`, map[string]any{"operation": "download", "n": []any{json.Number("1"), nil, true}}, nil},
		{"an escaped key", `{"\u006fperation":"x"}`, map[string]any{"operation": "x"}, nil},
		{"a pair of surrogates", `"\ud83d\ude00"`, "😀", nil},
		{"an escaped backslash before u", `"\\ud800"`, `\ud800`, nil},
		{"empty containers", `[{},[]]`, []any{map[string]any{}, []any{}}, nil},
		{"keys of two objects", `[{"a":1},{"a":1}]`, []any{map[string]any{"a": json.Number("1")}, map[string]any{"a": json.Number("1")}}, nil},
		{"a repeated key", `{"query":"a","query":"b"}`, nil, ErrTwice},
		{"a key in another case", `{"query":"a","QUERY":"b"}`, nil, ErrTwice},
		{"a key that folds", `{"kind":"a","\u212Aind":"b"}`, nil, ErrTwice},
		{"a repeated escaped key", `{"query":"a","\u0071uery":"b"}`, nil, ErrTwice},
		{"a repeated nested key", `{"a":[{"b":{"c":1,"C":2}}]}`, nil, ErrTwice},
		{"a second value", `{"a":1}{"a":2}`, nil, ErrTrailing},
		{"garbage after the value", `{"a":1}x`, nil, ErrTrailing},
		{"a byte order mark", "\ufeff{}", nil, ErrNotJSON},
		{"Latin-1", "\"\xe9\"", nil, ErrNotJSON},
		{"half a pair", `"\ud83d"`, nil, ErrNotJSON},
		{"a pair the wrong way round", `"\ude00\ud83d"`, nil, ErrNotJSON},
		{"half a pair after a pair", `"\ud83d\ude00\uDC00"`, nil, ErrNotJSON},
		{"nothing", ``, nil, ErrNotJSON},
		{"a comment", `{/**/}`, nil, ErrNotJSON},
		{"a trailing comma", `{"a":1,}`, nil, ErrNotJSON},
		{"single quotes", `{'a':1}`, nil, ErrNotJSON},
		{"an open object", `{"a":1`, nil, ErrNotJSON},
		{"NaN", `NaN`, nil, ErrNotJSON},
		{"a deep nest", strings.Repeat("[", 100_000), nil, ErrTooNested},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := JSON([]byte(test.content))
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
