package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ours is what makes a Caddy a sidecar.
var ours = []string{
	"caddy.logging.encoders.masked_json",
	"http.handlers.agent_auth",
	"http.handlers.cred_inject",
	"http.handlers.refuse",
	"http.handlers.unpack_fetch",
	"http.handlers.upstream_links",
	"http.handlers.write_guard",
	"http.reverse_proxy.transport.strict_http",
}

// TestBothBuildsHaveOurModules fails when the sidecar, built by its own main
// or through xcaddy, lacks a handler or the health check.
//
// The binaries are built for the test; CRED_PROXY_TEST_SIDECAR and
// CRED_PROXY_TEST_XCADDY name ones that exist already.
func TestBothBuildsHaveOurModules(t *testing.T) {
	builds := []struct {
		name, given string
		build       func(t *testing.T, output string)
	}{
		{"our own main", "CRED_PROXY_TEST_SIDECAR", func(t *testing.T, output string) {
			run(t, ".", []string{"CGO_ENABLED=0"}, "go", "build", "-tags", "nobadger,nomysql,nopgx", "-trimpath", "-ldflags", "-s -w", "-o", output, ".")
		}},
		{"through xcaddy", "CRED_PROXY_TEST_XCADDY", func(t *testing.T, output string) {
			run(t, "../../tools", nil, "go", "run", "./xcaddy", "-o", output)
		}},
	}
	for _, b := range builds {
		t.Run(b.name, func(t *testing.T) {
			binary := os.Getenv(b.given)
			if binary == "" {
				binary = filepath.Join(t.TempDir(), "caddy")
				b.build(t, binary)
			}
			modules := strings.Fields(run(t, ".", nil, binary, "list-modules", "--skip-standard"))
			have := make(map[string]bool, len(modules))
			for _, module := range modules {
				have[module] = true
			}
			for _, module := range ours {
				if !have[module] {
					t.Errorf("list-modules does not show %s, only %s", module, strings.Join(modules, " "))
				}
			}
			if help := run(t, ".", nil, binary, "healthcheck", "--help"); !strings.Contains(help, "--address") {
				t.Errorf("healthcheck --help says %q", help)
			}
		})
	}
}

// TestTheSidecarIsSmall fails when our own main brings along a handler that
// reads files or runs programs for whoever gets to choose the request.
func TestTheSidecarIsSmall(t *testing.T) {
	imports := run(t, ".", nil, "go", "list", "-deps", "-tags", "nobadger,nomysql,nopgx", ".")
	for _, forbidden := range []string{"fileserver", "templates", "reverseproxy/fastcgi", "modules/standard"} {
		for imported := range strings.Lines(imports) {
			if strings.HasPrefix(imported, "github.com/caddyserver/caddy/v2/") && strings.HasSuffix(strings.TrimSpace(imported), forbidden) {
				t.Errorf("the sidecar links %s", imported)
			}
		}
	}
}

// run returns a program's standard output.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}
