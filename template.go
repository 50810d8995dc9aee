// Package credproxy holds what both programs share: the template of the
// sidecar's Caddyfile.
package credproxy

import _ "embed"

// CaddyfileTemplate is the text/template of the sidecar's Caddyfile. Its data
// is caddyfile.Data (launcher/caddyfile).
//
//go:embed Caddyfile.tmpl
var CaddyfileTemplate string
