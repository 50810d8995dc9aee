// Package e2e drives bin/cred-proxy and bin/caddy with the clients agents use
// (git, git-lfs, npm, pnpm, yarn, gh, curl, Anthropic's SDK) against real servers, or
// stand-ins that demand the right credential. Each test file has one intent;
// the files named after a thing (gitserver, registry, sidecar, …) are what the
// tests stand on. Tests that move gigabytes or wait for minutes are under the
// build tag "long".
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tools are the programs without which nothing here can run, with the Debian
// package that brings each.
var tools = map[string]string{
	"git": "git", "git-lfs": "git-lfs", "nginx": "nginx-light", "fcgiwrap": "fcgiwrap", "gh": "gh", "node": "nodejs", "npm": "npm", "curl": "curl",
	"mitmdump": "mitmproxy", "haproxy": "haproxy",
}

// binDir holds the two binaries under test.
var binDir string

// authority signs the certificates of all test servers.
var authority *certAuthority

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == probeArgument {
		os.Exit(probe(os.Args[2:]))
	}
	// Debian keeps daemons out of the users' PATH.
	_ = os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	missing := missingTools()
	binDir = os.Getenv("CRED_PROXY_BIN_DIR")
	if binDir == "" {
		binDir = "../bin"
	}
	var err error
	if binDir, err = filepath.Abs(binDir); err != nil {
		missing = append(missing, err.Error())
	}
	for _, name := range []string{"caddy", "cred-proxy"} {
		if _, err := exec.LookPath(filepath.Join(binDir, name)); err != nil {
			missing = append(missing, filepath.Join(binDir, name)+": run `make build`, or set CRED_PROXY_BIN_DIR")
		}
	}
	if authority, err = newCertAuthority(); err != nil {
		missing = append(missing, err.Error())
	}
	if len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "the end-to-end tests need what is not here:\n  "+strings.Join(missing, "\n  "))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func missingTools() (missing []string) {
	for name, pkg := range tools {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name+": apt-get install "+pkg)
		}
	}
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil {
		missing = append(missing, "e2e/node_modules: run `make e2e-deps`")
	}
	return missing
}
