package credproxy_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestForbiddenImports fails when one half of the project comes to depend,
// directly or through others, on what belongs to the other: the launcher must
// build without Caddy, and the sidecar's modules know nothing of containers.
func TestForbiddenImports(t *testing.T) {
	tests := []struct {
		packages  string
		forbidden []string
	}{
		{"./launcher/...", []string{"github.com/caddyserver/", "github.com/bot-bottle/cred-proxy/caddymodule"}},
		{"./cmd/cred-proxy", []string{"github.com/caddyserver/", "github.com/bot-bottle/cred-proxy/caddymodule"}},
		{"./caddymodule/...", []string{"github.com/docker/", "github.com/moby/", "github.com/containerd/", "github.com/bot-bottle/cred-proxy/launcher"}},
	}
	for _, test := range tests {
		t.Run(test.packages, func(t *testing.T) {
			var stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", test.packages)
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("listing the imports of %s: %v\n%s", test.packages, err, stderr.String())
			}
			imports := strings.Fields(string(out))
			if len(imports) == 0 {
				t.Fatal("no imports at all: the pattern matches no package")
			}
			for _, imported := range imports {
				for _, prefix := range test.forbidden {
					if strings.HasPrefix(imported, prefix) {
						t.Errorf("%s depends on %s", test.packages, imported)
					}
				}
			}
		})
	}
}
