//go:build !unix

package stricthttp

import "net"

// watch needs what only Unix has; elsewhere the transport is Caddy's own.
func watch(c net.Conn) net.Conn { return c }
