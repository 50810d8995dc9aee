package writeguard

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// If this fails, a GraphQL document takes more memory than the budget is charged
// for it, and many at once take the sidecar's.
func TestDocumentWeightIsMoreThanWhatADocumentTakes(t *testing.T) {
	var fragments strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&fragments, "fragment f%d on M{...f%d}", i, i+1)
	}
	for name, document := range map[string]string{
		"fields": "{" + strings.Repeat("a ", 19_900) + "}", "aliases": "{" + strings.Repeat("a:b ", 6_600) + "}", "directives": "{a " + strings.Repeat("@a", 9_900) + "}",
		"arguments": "{a(" + strings.Repeat("a:1 ", 6_600) + ")}", "a list": "{a(b:[" + strings.Repeat("1 ", 19_900) + "])}", "lists": "{a(b:[" + strings.Repeat("[]", 9_900) + "])}",
		"objects": "{a(b:[" + strings.Repeat("{}", 9_900) + "])}", "selections": "{" + strings.Repeat("a{b}", 4_900) + "}", "fragments": "{...f0}" + fragments.String() + "fragment f2000 on M{a}",
		"a string": `{a(b:"` + strings.Repeat("x", 100_000) + `")}`,
	} {
		t.Run(name, func(t *testing.T) {
			before := sidecartest.Heap()
			parsed, err := parseDocument(document)
			if err != nil {
				t.Fatal(err)
			}
			in := inputsOf(parsed)
			took, charged := sidecartest.Heap()-before, documentWeight(document)
			t.Logf("%d bytes take %d, charged %d", len(document), took, charged)
			if took > charged {
				t.Errorf("%d bytes take %d, charged %d", len(document), took, charged)
			}
			runtime.KeepAlive(parsed)
			runtime.KeepAlive(in)
			runtime.KeepAlive(document)
		})
	}
}
