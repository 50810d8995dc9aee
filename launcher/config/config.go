// Package config reads the user's configuration file, which holds what is no
// bottle's own: where Docker's networks may lie, and which image the sidecar is.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
)

// Config is the configuration file.
type Config struct {
	Docker Docker
}

// Docker is what the Docker backend is told.
type Docker struct {
	// Subnets are the IPv4 prefixes from which bottles' networks are taken, a
	// /28 each, in this order.
	Subnets []netip.Prefix
	// Image is the sidecar's; empty for the one of this version.
	Image string
}

// defaultSubnets lie beside what engines, home networks and VPNs tend to use.
var defaultSubnets = []netip.Prefix{
	netip.MustParsePrefix("10.213.0.0/16"),
	netip.MustParsePrefix("172.31.224.0/19"),
	netip.MustParsePrefix("192.168.224.0/19"),
}

// Default returns the configuration of a user who has no file.
func Default() Config {
	return Config{Docker: Docker{Subnets: append([]netip.Prefix{}, defaultSubnets...)}}
}

// Path returns where the file is: $XDG_CONFIG_HOME/cred-proxy/config.yaml.
func Path(env map[string]string) string {
	dir := env["XDG_CONFIG_HOME"]
	if !filepath.IsAbs(dir) { // XDG Base Directory: relative paths are ignored
		dir = filepath.Join(env["HOME"], ".config")
	}
	return filepath.Join(dir, "cred-proxy", "config.yaml")
}

// Load reads the file at path. What it does not say, and all of it if there is
// no file, is as in Default. The error is Problems when its content is at fault.
func Load(path string) (Config, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the user's own configuration
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), nil
	}
	if err != nil {
		return Config{}, fmt.Errorf("reading configuration: %w", err)
	}
	return Parse(path, content)
}
