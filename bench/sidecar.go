package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

const (
	token      = "TEST-SECRET-bench-upstream-0a1b2c3d"
	agentToken = "00112233445566778899aabbccddeeff00112233"
)

// target is something to put under load: a URL, the one header line that goes
// along, and the process whose CPU time and memory count (0 for none).
type target struct {
	url, header string
	pid         int
	process     *exec.Cmd
	// direct is the client for the upstream itself.
	direct *http.Client
}

func (t target) client() *http.Client {
	if t.direct != nil {
		return t.direct
	}
	return http.DefaultClient
}

func (t target) stop() {
	_ = t.process.Process.Signal(syscall.SIGKILL)
	_ = t.process.Wait()
}

// startUpstream serves 1 KiB of JSON over TLS to those who have the token, and
// writes its certificate to dir/ca.pem.
func startUpstream(dir string) (*httptest.Server, error) {
	body := []byte(`{"item":"` + strings.Repeat("x", 1010) + `"}`)
	answers := http.NewServeMux()
	answers.HandleFunc("GET /v1/download/{content}", serveDownload)
	answers.HandleFunc("GET /v1/item", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "a token is needed", http.StatusUnauthorized)
			return
		}
		answers.ServeHTTP(w, r)
	}))
	// wrk opens a connection to look at the target and drops it again.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.StartTLS()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return server, os.WriteFile(filepath.Join(dir, "ca.pem"), certificate, 0o600)
}

// startFull starts the sidecar as the process backend does: the Caddyfile that
// the launcher renders, with caller authentication, and with or without redaction.
func startFull(ctx context.Context, program, dir, upstream string, redact bool) (target, error) {
	text := fmt.Sprintf("backend: process\nroutes:\n  - path: /bench/\n    upstream: %s\n    auth: {scheme: Bearer, token_ref: BENCH_TOKEN}\n", upstream)
	b, err := bottle.Parse("bench.yaml", []byte(text), "bench")
	if err != nil {
		return target{}, fmt.Errorf("reading the benchmark's bottle: %w", err)
	}
	p, err := launcher.Prepare(b)
	if err != nil {
		return target{}, fmt.Errorf("planning the benchmark's bottle: %w", err)
	}
	name, caddyfile := "cred-proxy", p.Caddyfile
	if !redact {
		name, caddyfile = "unmasked", strings.Replace(caddyfile, "cred_inject {", "cred_inject {\nredact off", 1)
	}
	t, err := start(ctx, program, dir, name, caddyfile)
	t.url += "/bench/v1/item"
	t.header = "Authorization: Bearer " + agentToken
	return t, err
}

// startPlain starts the same program with a reverse_proxy and an access log,
// and none of cred-proxy's handlers.
func startPlain(ctx context.Context, program, dir, upstream string) (target, error) {
	t, err := start(ctx, program, dir, "plain", fmt.Sprintf(plainCaddyfile, upstream))
	t.url += "/bench/v1/item"
	t.header = "Authorization: Bearer " + token
	return t, err
}

const plainCaddyfile = `{
	admin off
	persist_config off
	auto_https off
	servers {
		protocols h1
	}
}

http://:9099 {
	bind fd/3
	log {
		output stdout
		format json
	}
	handle_path /bench/* {
		reverse_proxy %s {
			header_up Host {http.reverse_proxy.upstream.host}
		}
	}
}
`

// start runs the sidecar with a listener on a free port as file descriptor 3
// and waits until it answers.
func start(ctx context.Context, program, dir, name, caddyfile string) (target, error) {
	home := filepath.Join(dir, name)
	if err := os.Mkdir(home, 0o700); err != nil {
		return target{}, err
	}
	config := filepath.Join(home, "Caddyfile")
	if err := os.WriteFile(config, []byte(caddyfile), 0o600); err != nil {
		return target{}, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return target{}, err
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return target{}, err
	}
	defer file.Close()
	messages, err := os.Create(filepath.Join(home, "stderr"))
	if err != nil {
		return target{}, err
	}
	defer messages.Close()
	// The access log is written, as in use, to a file.
	access, err := os.Create(filepath.Join(home, "access"))
	if err != nil {
		return target{}, err
	}
	defer access.Close()
	cmd := exec.CommandContext(ctx, program, "run", "--config", config, "--adapter", "caddyfile")
	cmd.Env = []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home,
		"SSL_CERT_FILE=" + filepath.Join(dir, "ca.pem"),
		"CRED_PROXY_TOKEN_0=" + token, launcher.AgentTokenEnv + "=" + agentToken,
	}
	cmd.ExtraFiles = []*os.File{file}
	cmd.Stdout, cmd.Stderr = access, messages
	if err := cmd.Start(); err != nil {
		return target{}, fmt.Errorf("starting %s: %w", program, err)
	}
	t := target{url: "http://" + listener.Addr().String(), pid: cmd.Process.Pid, process: cmd}
	if err := waitUntilServing(ctx, t.url); err != nil {
		t.stop()
		said, _ := os.ReadFile(messages.Name())
		return target{}, fmt.Errorf("waiting for %s: %w: %s", name, err, said)
	}
	return t, nil
}

// waitUntilServing asks until any answer comes. The listener takes connections
// before Caddy does, so a question without an answer is asked again.
func waitUntilServing(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, time.Second)
		request, err := http.NewRequestWithContext(attempt, http.MethodGet, url+"/-/healthz", nil)
		if err != nil {
			done()
			return err
		}
		response, err := http.DefaultClient.Do(request)
		done()
		if err == nil {
			return response.Body.Close()
		}
		if ctx.Err() != nil {
			return err
		}
	}
}
