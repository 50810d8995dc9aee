// Package healthcheck adds the subcommand "healthcheck" to the caddy binary,
// for container engines: the sidecar's image has no curl.
package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

const (
	defaultAddress = "127.0.0.1:9099"
	// addressEnv is where an image's HEALTHCHECK, which is fixed, learns that
	// its sidecar listens somewhere else.
	addressEnv     = "CRED_PROXY_HEALTHCHECK_ADDRESS"
	defaultTimeout = 5 * time.Second

	// path is answered without an agent token.
	path = "/-/healthz"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "healthcheck",
		Usage: "[--address <host:port>|unix/<path>] [--timeout <duration>]",
		Short: "Exits with status 0 if the sidecar answers " + path + " with 200",
		Long: `
Asks a running sidecar for ` + path + ` and exits with status 0 if the answer
is 200. Any other answer, and none within the timeout, is status 1 and a
message on standard error.

The address is a TCP address or, as unix//run/cred-proxy.sock, a Unix socket.
Without --address it is that in $` + addressEnv + `, or else
` + defaultAddress + `.

No proxy of the environment is used and no redirect is followed.
`,
		CobraFunc: configure,
	})
}

func configure(cmd *cobra.Command) {
	cmd.Args = cobra.NoArgs
	cmd.Flags().String("address", defaultAddress, "The sidecar's address: host:port, or unix/<path>")
	cmd.Flags().Duration("timeout", defaultTimeout, "How long to wait for the answer")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(flags caddycmd.Flags) (int, error) {
		address := flags.String("address")
		if fromEnv := os.Getenv(addressEnv); fromEnv != "" && !flags.Changed("address") {
			address = fromEnv
		}
		if err := check(cmd.Context(), address, flags.Duration("timeout")); err != nil {
			return caddy.ExitCodeFailedStartup, fmt.Errorf("checking the sidecar's health: %w", err)
		}
		return caddy.ExitCodeSuccess, nil
	})
}

// check returns nil if the sidecar at address answers with 200 within timeout.
func check(ctx context.Context, address string, timeout time.Duration) error {
	if timeout <= 0 {
		return fmt.Errorf("timeout %s is not positive", timeout)
	}
	network, address, host, err := parse(address)
	if err != nil {
		return err
	}
	if ctx == nil { // Caddy runs its commands without a context
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+path, nil) //nolint:gosec // the operator chooses whom to ask
	if err != nil {
		return err
	}
	// A transport of its own: the default one would follow HTTP_PROXY.
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("no answer from %s within %s", address, timeout)
		}
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, resp.Status)
	}
	return nil
}

// parse reads an address into what to dial and the Host to send.
func parse(s string) (network, address, host string, err error) {
	if socket, ok := strings.CutPrefix(s, "unix/"); ok {
		if socket == "" {
			return "", "", "", errors.New("address unix/ names no socket")
		}
		return "unix", socket, "localhost", nil
	}
	name, port, err := net.SplitHostPort(s)
	if err != nil || port == "" {
		return "", "", "", fmt.Errorf("address %q is neither host:port nor unix/<path>", s)
	}
	if name == "" {
		name = "localhost"
	}
	return "tcp", s, net.JoinHostPort(name, port), nil
}
