package body

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/sidecartest"
)

// If this fails, the JSON that makes most of a byte takes more memory than the
// budget is charged for it, and many such documents at once take the sidecar's.
func TestWeightIsMoreThanWhatJSONTakes(t *testing.T) {
	const size = 1 << 20
	repeated := func(item string) string { return "[" + strings.Repeat(item+",", size/(len(item)+1)) + "0]" }
	var keys strings.Builder
	keys.WriteString(`{"z":0`)
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, `,"%x":0`, i)
	}
	for name, document := range map[string]string{
		"numbers": repeated("0"), "empty objects": repeated("{}"), "small objects": repeated(`{"a":0}`), "empty arrays": repeated("[]"),
		"small arrays": repeated("[0]"), "empty strings": repeated(`""`), "one string": `"` + strings.Repeat("a", size) + `"`, "escapes": `"` + strings.Repeat(`\n`, size/2) + `"`,
		"one object": keys.String() + "}", "objects in objects": repeated(strings.Repeat(`{"a":`, 150) + "0" + strings.Repeat("}", 150)),
	} {
		t.Run(name, func(t *testing.T) {
			content := []byte(document)
			before := sidecartest.Heap()
			value, err := JSON(content)
			took := sidecartest.Heap() - before
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes take %d, charged %d", len(content), took, Weight(content))
			if took > Weight(content) {
				t.Errorf("%d bytes take %d, charged %d", len(content), took, Weight(content))
			}
			runtime.KeepAlive(value)
			runtime.KeepAlive(content)
		})
	}
}
