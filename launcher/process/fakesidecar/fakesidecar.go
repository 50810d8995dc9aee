// Package fakesidecar is a sidecar for tests that fails on purpose. A test
// binary becomes one when it is run under one of the names in modes; it has to
// be a real executable, since launchers recognise a sidecar by its file.
package fakesidecar

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ExitMarker in a token value makes a sidecar end at start, so that the
// second sidecar of a reload can fail while the first one runs.
const ExitMarker = "exit-at-start"

// modules are what a launcher looks for.
const modules = "http.handlers.agent_auth\nhttp.handlers.cred_inject\nhttp.handlers.refuse\nhttp.handlers.unpack_fetch\nhttp.handlers.upstream_links\nhttp.reverse_proxy.transport.strict_http\n"

// mode says how a fake sidecar differs from one that works.
type mode struct {
	modules                                     string
	invalid, exits, deaf, ignoresTerm, noReload bool
}

// modes are the fakes by the name of their executable.
var modes = map[string]mode{
	"fake-works":         {modules: modules},
	"fake-no-modules":    {modules: "http.handlers.reverse_proxy\n"},
	"fake-too-old":       {modules: strings.ReplaceAll(modules, "http.handlers.upstream_links\n", "")},
	"fake-invalid":       {modules: modules, invalid: true},
	"fake-exits":         {modules: modules, exits: true},
	"fake-never-healthy": {modules: modules, deaf: true},
	"fake-ignores-term":  {modules: modules, ignoresTerm: true},
	"fake-no-reload":     {modules: modules, noReload: true},
}

// Commands returns a main function for each fake, by the name of its executable.
func Commands() map[string]func() {
	commands := make(map[string]func(), len(modes))
	for name, m := range modes {
		commands[name] = func() { os.Exit(m.main(os.Args[1:])) }
	}
	return commands
}

// RunIfFake becomes a fake sidecar if the process was started under the name
// of one; otherwise it returns.
func RunIfFake() {
	if m, fake := modes[filepath.Base(os.Args[0])]; fake {
		os.Exit(m.main(os.Args[1:]))
	}
}

func (m mode) main(args []string) int {
	if len(args) == 0 {
		return 2
	}
	switch args[0] {
	case "list-modules":
		fmt.Print(m.modules)
	case "validate":
		if m.invalid {
			fmt.Fprintln(os.Stderr, "Error: this fake takes no configuration")
			return 1
		}
	case "run":
		return m.run()
	default:
		return 2
	}
	return 0
}

func (m mode) run() int {
	if m.exits || tokenSaysExit() {
		logLine("error", "this fake ends at once", nil)
		return 1
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(answer)}
	if !m.deaf {
		if err := serve(server); err != nil {
			logLine("error", "listening", err)
			return 1
		}
	}
	logLine("info", "serving initial configuration", nil)
	for sig := range signals {
		switch {
		case sig == syscall.SIGUSR1 && m.noReload:
			logLine("error", "failed to reload config from file", fmt.Errorf("this fake does not reload"))
		case sig == syscall.SIGUSR1:
			logLine("info", "successfully reloaded config from file", nil)
		case !m.ignoresTerm:
			_ = server.Shutdown(context.Background()) // finishes its requests first
			return 0
		}
	}
	return 0
}

// serve accepts on the listeners handed over: the plain one, and gh's if
// there is one.
func serve(server *http.Server) error {
	for _, fd := range []uintptr{3, 4} {
		listener, err := net.FileListener(os.NewFile(fd, "listener"))
		if fd == 4 && err != nil { // not handed over
			break
		}
		if err != nil {
			return err
		}
		go func() { _ = server.Serve(listener) }() // until the process ends
	}
	return nil
}

// answer tells which process it is. ?hold keeps the request open until the
// file of that name exists.
func answer(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, os.Getpid())
	if path := r.URL.Query().Get("hold"); path != "" {
		_ = http.NewResponseController(w).Flush()
		for os.Remove(path) != nil && r.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}
}

func tokenSaysExit() bool {
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "CRED_PROXY_TOKEN_") && strings.Contains(pair, ExitMarker) {
			return true
		}
	}
	return false
}

// logLine writes a line of the sidecar's log as Caddy does.
func logLine(level, msg string, err error) {
	line := map[string]any{"level": level, "ts": time.Now().UnixMilli(), "msg": msg}
	if err != nil {
		line["error"] = err.Error()
	}
	_ = json.NewEncoder(os.Stderr).Encode(line) // nobody to tell
}
