// Package healthcheck adds the subcommand "healthcheck" to the caddy binary,
// for container engines: the sidecar's image has no curl.
package healthcheck

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
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
		Usage: "[--address <host:port>|unix/<path>] [--host <name>] [--path <path>] [--timeout <duration>]",
		Short: "Exits with status 0 if the sidecar answers " + path + " with 200",
		Long: `
Asks a running sidecar for ` + path + ` and exits with status 0 if the answer
is 200. Any other answer, and none within the timeout, is status 1 and a
message on standard error.

The address is a TCP address or, as unix//run/cred-proxy.sock, a Unix socket.
Without --address it is that in $` + addressEnv + `, or else
` + defaultAddress + `.

With --path the sidecar is asked for that path, and its answer is printed:
{"status":200,"code":"","message":"","hint":""}, where all but the status are
those of a refusal of the sidecar's own. Any answer is status 0 then.

No proxy of the environment is used and no redirect is followed.
`,
		CobraFunc: configure,
	})
}

func configure(cmd *cobra.Command) {
	cmd.Args = cobra.NoArgs
	cmd.Flags().String("address", defaultAddress, "The sidecar's address: host:port, or unix/<path>")
	cmd.Flags().String("host", "", "The Host to ask for; by default that of the address")
	cmd.Flags().String("path", path, "Ask for this path instead, and print the answer's status as JSON")
	cmd.Flags().Duration("timeout", defaultTimeout, "How long to wait for the answer")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(flags caddycmd.Flags) (int, error) {
		address := flags.String("address")
		if fromEnv := os.Getenv(addressEnv); fromEnv != "" && !flags.Changed("address") {
			address = fromEnv
		}
		if flags.Changed("path") {
			return printAnswer(cmd.Context(), os.Stdout, address, flags.String("host"), flags.String("path"), flags.Duration("timeout"))
		}
		if err := check(cmd.Context(), address, flags.String("host"), flags.Duration("timeout")); err != nil {
			return caddy.ExitCodeFailedStartup, fmt.Errorf("checking the sidecar's health: %w", err)
		}
		return caddy.ExitCodeSuccess, nil
	})
}

func printAnswer(ctx context.Context, w io.Writer, address, host, target string, timeout time.Duration) (int, error) {
	a, err := ask(ctx, address, host, target, timeout)
	if err == nil {
		err = json.NewEncoder(w).Encode(a)
	}
	if err != nil {
		return caddy.ExitCodeFailedStartup, fmt.Errorf("asking the sidecar: %w", err)
	}
	return caddy.ExitCodeSuccess, nil
}

// check returns nil if the sidecar at address answers with 200 within timeout.
func check(ctx context.Context, address, host string, timeout time.Duration) error {
	a, err := ask(ctx, address, host, path, timeout)
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("%s answered %d %s", address, a.Status, http.StatusText(a.Status))
	}
	return err
}

// answer is what --path prints.
type answer struct {
	Status int `json:"status"`
	// The others are the sidecar's own, empty for an upstream's answer.
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// maxRefusal bounds what is read of an answer of the sidecar's own, in bytes.
const maxRefusal = 64 << 10

// ask requests a target of the sidecar at address with GET. An empty host is
// that of the address.
func ask(ctx context.Context, address, host, target string, timeout time.Duration) (*answer, error) {
	if timeout <= 0 {
		return nil, fmt.Errorf("timeout %s is not positive", timeout)
	}
	network, address, own, err := parse(address)
	if err != nil {
		return nil, err
	}
	if ctx == nil { // Caddy runs its commands without a context
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cmp.Or(host, own)+target, nil) //nolint:gosec // the operator chooses whom to ask
	if err != nil {
		return nil, err
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
			return nil, fmt.Errorf("no answer from %s within %s", address, timeout)
		}
		return nil, err
	}
	defer resp.Body.Close()
	a := &answer{Status: resp.StatusCode, Code: resp.Header.Get(refusal.Header)}
	if a.Code != "" {
		var body struct{ Message, Hint string }
		if json.NewDecoder(io.LimitReader(resp.Body, maxRefusal)).Decode(&body) == nil {
			a.Message, a.Hint = body.Message, body.Hint
		}
	}
	return a, nil
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
