// Package goldentest compares renderings with files: each holds a source and
// its rendering, split by a line of ten dashes.
package goldentest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

const separator = "----------\n"

// Run renders the bottle file in each testdata/*.golden and compares the
// result with the rest of the file. UPDATE_GOLDENS=1 writes the files anew.
func Run(t *testing.T, render func(t *testing.T, b *bottle.Bottle, p *plan.Plan) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(content), separator)
			b, p := Prepare(t, source)
			got := render(t, b, p)
			if os.Getenv("UPDATE_GOLDENS") != "" {
				if err := os.WriteFile(file, []byte(source+separator+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Prepare parses a bottle file called dev.yaml and plans it.
func Prepare(t *testing.T, source string) (*bottle.Bottle, *plan.Plan) {
	t.Helper()
	b, err := bottle.Parse("dev.yaml", []byte(source), "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Prepare(b)
	if err != nil {
		t.Fatal(err)
	}
	return b, p
}
