// Command xcaddy builds the sidecar through the xcaddy library from this
// checkout: Caddy's standard modules, cred-proxy's, and any others named with
// -with. It is run from the tools directory.
//
//	go run ./xcaddy [-o ../bin/caddy-xcaddy] [-with module[@version][=path]]...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/caddyserver/xcaddy"
)

const (
	caddyModule = "github.com/caddyserver/caddy/v2"
	ourModule   = "github.com/bot-bottle/cred-proxy"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		log.Fatalf("xcaddy: %v", err)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("xcaddy", flag.ContinueOnError)
	checkout := flags.String("C", "..", "the checkout's `directory`")
	output := flags.String("o", "../bin/caddy-xcaddy", "the `file` to write")
	var plugins []plugin
	flags.Func("with", "one more Caddy `module[@version][=path]`; may be repeated", func(s string) error {
		p, err := parsePlugin(s)
		plugins = append(plugins, p)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}

	root, err := filepath.Abs(*checkout)
	if err != nil {
		return err
	}
	version, err := goOutput(ctx, root, "list", "-m", "-f", "{{.Version}}", caddyModule)
	if err != nil {
		return err
	}
	proxies, err := goOutput(ctx, root, "env", "GOPROXY")
	if err != nil {
		return err
	}
	// xcaddy's go commands inherit the environment.
	if err := os.Setenv("GOPROXY", tolerant(proxies)); err != nil {
		return err
	}
	return builder(root, version, plugins).Build(ctx, *output)
}

// builder is what `xcaddy build <version> --with …/caddymodule --replace
// <our module>=<root>` would make of its arguments.
func builder(root, caddyVersion string, plugins []plugin) xcaddy.Builder {
	b := xcaddy.Builder{
		CaddyVersion: caddyVersion,
		Plugins:      []xcaddy.Dependency{{PackagePath: ourModule + "/caddymodule"}},
		Replacements: []xcaddy.Replace{xcaddy.NewReplace(ourModule, root)},
	}
	for _, p := range plugins {
		b.Plugins = append(b.Plugins, xcaddy.Dependency{PackagePath: p.module, Version: p.version})
		if p.path != "" {
			b.Replacements = append(b.Replacements, xcaddy.NewReplace(p.module, p.path))
		}
	}
	return b
}

// tolerant returns a GOPROXY that survives a proxy which answers 403 for a
// module it does not have: `go get` asks for ours, published or not, before it
// looks at the replacement, and after a comma only 404 and 410 are "not here".
func tolerant(goproxy string) string {
	first := goproxy
	if i := strings.IndexAny(goproxy, ",|"); i >= 0 {
		first = goproxy[:i]
	}
	if first == "" || first == "off" {
		return "off"
	}
	return first + "|off"
}

// plugin is one more module for the build.
type plugin struct{ module, version, path string }

func parsePlugin(s string) (plugin, error) {
	module, path, replaced := strings.Cut(s, "=")
	module, version, versioned := strings.Cut(module, "@")
	if module == "" || replaced && path == "" || versioned && version == "" {
		return plugin{}, fmt.Errorf("%q is not of the form module[@version][=path]", s)
	}
	if path != "" {
		var err error
		if path, err = filepath.Abs(path); err != nil {
			return plugin{}, err
		}
	}
	return plugin{module, version, path}, nil
}

func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // fixed arguments
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
