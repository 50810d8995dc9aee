package body

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/naive"
)

// FuzzJSON fails when a document is accepted that Go's own decoder, or a
// lenient reader that shares nothing with it, reads differently, or in which
// a member's value depends on who compares the names, and how.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":1}`, `{"a":"\ud83d\ude00"}`, `[1,{"A":{"a":[]}}]`, `{"a":1}{}`, `"\\ud800"`, `{"a":1,"A":2}`, `{"k":1,"\u212a":2}`, `{"i":1,"\u0131":2}`, `{"\u0130":1,"i":2}`, `{"s":1,"ſ":2}`,
		`{"a":1/**/}`, `{'a':1}`, `{"a":"\u00e9\"\\\/\b\f\n\r\t"}`, `-1.5e+10`, `[1e400,-0,1.0]`, `{"a":{"b":{"c":[[[[]]]]}}}`, "\ufeff{}", ` [ true , false , null ] `, `{"":"","\u0000":0}`,
		`{"a":"\ud800"}`, `{"a":"\ud800\ud800\udc00"}`, `{"a":1,}`, `[1 2]`, `{"a" 1}`, `01`, "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", `{"query":"a","QUERY":"b"}`, `{"a":1} x`, `nul`, `"\x41"`, "[\"\u2028\"]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		got, err := JSON([]byte(content))
		if err != nil {
			return
		}
		decoder := json.NewDecoder(strings.NewReader(content))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("Go refuses %q: %v", content, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", content, diff)
		}
		read := naive.JSON(content)
		if diff := cmp.Diff(plain(t, read), got); diff != "" {
			t.Errorf("%q (-by a lenient reader +got):\n%s", content, diff)
		}
	})
}

// plain returns a value as JSON does, and fails the test where a name could be
// taken for another.
func plain(t *testing.T, value any) any {
	t.Helper()
	switch value := value.(type) {
	case naive.String:
		return string(value)
	case naive.Number:
		switch value {
		case "true", "false":
			return value == "true"
		case "null":
			return nil
		}
		return json.Number(value)
	case naive.Array:
		array := []any{}
		for _, element := range value {
			array = append(array, plain(t, element))
		}
		return array
	}
	object := make(map[string]any)
	for _, member := range value.(naive.Object) {
		if n := len(value.(naive.Object).Get(member.Name)); n != 1 {
			t.Errorf("the member %q is there %d times", member.Name, n)
		}
		object[member.Name] = plain(t, member.Value)
	}
	return object
}
