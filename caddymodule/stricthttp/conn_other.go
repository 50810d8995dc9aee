//go:build !unix

package stricthttp

import (
	"net"
	"time"
)

// watch needs what only Unix has; elsewhere the transport is Caddy's own.
func watch(c net.Conn, _ time.Duration) net.Conn { return c }
