// Package caddymodule brings all of cred-proxy's Caddy modules with one
// import, and registers their Caddyfile directives in one place so that their
// order is certain.
package caddymodule
