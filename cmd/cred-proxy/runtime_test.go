package main

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bot-bottle/cred-proxy/launcher/process/fakesidecar"
)

// waitLimit bounds every wait of a script; it ends one only when something is wrong.
const waitLimit = 20 * time.Second

// testCommands are the programs that scripts run.
func testCommands() map[string]func() {
	commands := map[string]func(){"cred-proxy": main, "count-interrupts": countInterruptsMain}
	maps.Copy(commands, fakesidecar.Commands())
	return commands
}

// TestRuntimeScripts runs testdata/runtime: starting, using, reloading and
// ending bottles, with the real sidecar and with ones that fail on purpose. A
// script that fails means that a launch breaks, says something else, or leaves
// a process, a file or a token behind.
func TestRuntimeScripts(t *testing.T) {
	caddy := buildSidecar(t)
	upstream := httptest.NewServer(http.HandlerFunc(tellToken))
	t.Cleanup(upstream.Close)
	works := must(exec.LookPath("fake-works"))
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "runtime"),
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "nothing-left": nothingLeft, "no-tokens": noTokens, "await": await, "await-process": awaitProcess,
			"take-port": takePort, "request": request200("GET"), "post": request200("POST"), "signal-sidecar": signalSidecar, "signal": signalLast,
		},
		Setup: func(env *testscript.Env) error {
			for name, value := range map[string]string{
				"HOME": env.WorkDir, "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "GORACE": os.Getenv("GORACE"),
				"XDG_RUNTIME_DIR": filepath.Join(env.WorkDir, "run"), "CRED_PROXY_BACKEND": "process",
				"DOCKER_HOST":        "unix://" + filepath.Join(env.WorkDir, "no-engine.sock"),
				"CRED_PROXY_SIDECAR": caddy, "FAKES": filepath.Dir(works), "UPSTREAM": upstream.URL, "NEWLINE": "\n",
				"API_TOKEN": "TEST-SECRET-api-token-number-first",
			} {
				env.Setenv(name, value)
			}
			bottles := filepath.Join(env.WorkDir, ".config", "cred-proxy", "bottles")
			if err := os.MkdirAll(bottles, 0o700); err != nil {
				return err
			}
			bottle := "routes:\n  - path: /api/\n    upstream: " + upstream.URL + "\n    auth: {scheme: Bearer, token_ref: API_TOKEN}\n"
			if err := os.WriteFile(filepath.Join(bottles, "demo.yaml"), []byte(bottle), 0o600); err != nil {
				return err
			}
			env.Defer(func() { endAll(env.WorkDir) })
			return os.Mkdir(filepath.Join(env.WorkDir, "run"), 0o700)
		},
	})
}

// tellToken is an upstream that answers with the last word of the token it
// got, and below /status/<n>/ with that status.
func tellToken(w http.ResponseWriter, r *http.Request) {
	if rest, found := strings.CutPrefix(r.URL.Path, "/status/"); found {
		if status, err := strconv.Atoi(rest[:min(3, len(rest))]); err == nil {
			w.WriteHeader(status)
		}
	}
	header := r.Header.Get("Authorization")
	fmt.Fprintf(w, "%s got token %s\n", r.URL.Path, header[strings.LastIndexByte(header, '-')+1:])
}

// sidecar is the real sidecar's binary, built once unless
// CRED_PROXY_TEST_SIDECAR names one that exists already.
var sidecar struct {
	sync.Once
	path string
	err  error
}

func buildSidecar(t *testing.T) string {
	t.Helper()
	sidecar.Do(func() {
		// This directory is gone when the tests have ended. Right beside
		// cred-proxy the sidecar would be found without being named.
		dir := filepath.Dir(must(exec.LookPath("cred-proxy")))
		sidecar.path = filepath.Join(dir, "sidecar", "caddy")
		if given := os.Getenv("CRED_PROXY_TEST_SIDECAR"); given != "" {
			if sidecar.err = os.Mkdir(filepath.Dir(sidecar.path), 0o700); sidecar.err == nil {
				sidecar.err = os.Symlink(given, sidecar.path)
			}
			return
		}
		cmd := exec.Command("go", "build", "-trimpath", "-tags", "nobadger,nomysql,nopgx", "-ldflags", "-s -w", "-o", sidecar.path, "../caddy")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			sidecar.err = fmt.Errorf("building the sidecar: %w\n%s", err, out)
		}
	})
	if sidecar.err != nil {
		t.Fatal(sidecar.err)
	}
	return sidecar.path
}

func must(path string, err error) string {
	if err != nil {
		panic(err) // testscript.Main puts it on PATH
	}
	return path
}

// countInterruptsMain is an agent that takes Ctrl-C for a request of the
// user's. Its exit status is how often it was asked.
func countInterruptsMain() {
	interrupts := make(chan os.Signal, 8)
	signal.Notify(interrupts, os.Interrupt)
	fmt.Println("ready")
	n := 0
	for quiet := (<-chan time.Time)(nil); ; quiet = time.After(300 * time.Millisecond) {
		select {
		case <-interrupts:
			n++
			fmt.Println("interrupted", n)
		case <-quiet:
			os.Exit(n)
		}
	}
}

// fetch sends a request as an agent does.
func fetch(method, url, agentToken string) (int, string, error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+agentToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// request200 asks a running bottle for a path: request BOTTLE PATH, or post
// BOTTLE PATH. Its standard output is the answer.
func request200(method string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		dir := filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "cred-proxy", args[0])
		token := strings.TrimSpace(ts.ReadFile(filepath.Join(dir, "agent-token")))
		status, body, err := fetch(method, fmt.Sprintf("http://127.0.0.1:%d%s", field(ts, dir, `"port": `), args[1]), token)
		ts.Check(err)
		if (status == http.StatusOK) == neg {
			ts.Fatalf("%s %s answered %d: %s", method, args[1], status, body)
		}
		_, err = io.WriteString(ts.Stdout(), body)
		ts.Check(err)
	}
}

// field reads a number from a bottle's state file.
func field(ts *testscript.TestScript, dir, key string) int {
	_, after, found := strings.Cut(ts.ReadFile(filepath.Join(dir, "state.json")), key)
	if !found {
		ts.Fatalf("the state file of %s has no %s", dir, key)
	}
	n, err := strconv.Atoi(after[:strings.IndexAny(after, ",\n}")])
	ts.Check(err)
	return n
}

// signalSidecar sends a signal to a bottle's sidecar and waits until it has
// ended: signal-sidecar BOTTLE KILL.
func signalSidecar(ts *testscript.TestScript, _ bool, args []string) {
	dir := filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "cred-proxy", args[0])
	_, sidecar, _ := strings.Cut(ts.ReadFile(filepath.Join(dir, "state.json")), `"sidecar"`)
	_, after, _ := strings.Cut(sidecar, `"pid": `)
	pid, err := strconv.Atoi(after[:strings.IndexAny(after, ",\n}")])
	ts.Check(err)
	ts.Check(ts.Exec("kill", "-"+args[1], strconv.Itoa(pid)))
	poll(ts, "the sidecar's end", func() bool {
		// Its arguments go before it does (proc(5), the state is field 3).
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}

// signalLast sends a signal to the command that was last started in the
// background: signal HUP. The built-in kill knows only INT and KILL.
func signalLast(ts *testscript.TestScript, _ bool, args []string) {
	commands := ts.BackgroundCmds()
	if len(commands) == 0 {
		ts.Fatalf("nothing runs in the background")
	}
	pid := commands[len(commands)-1].Process.Pid
	ts.Check(ts.Exec("kill", "-"+args[0], strconv.Itoa(pid)))
}

// await waits for a file whose path matches a pattern, and that holds a text:
// await PATTERN [TEXT].
func await(ts *testscript.TestScript, _ bool, args []string) {
	poll(ts, strings.Join(args, " "), func() bool {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(args) == 1 {
			return len(found) > 0
		}
		return slices.ContainsFunc(found, func(file string) bool { return strings.Contains(ts.ReadFile(file), args[1]) })
	})
}

// awaitProcess waits for sidecars of a bottle: await-process BOTTLE [COUNT].
func awaitProcess(ts *testscript.TestScript, _ bool, args []string) {
	want := 1
	if len(args) > 1 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	dir := filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "cred-proxy", args[0])
	poll(ts, "a sidecar of "+args[0], func() bool { return len(processes(dir)) >= want })
}

func poll(ts *testscript.TestScript, what string, done func() bool) {
	for deadline := time.Now().Add(waitLimit); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waiting for %s: not within %s", what, waitLimit)
		}
	}
}

// takePort listens on a free port until the script ends: take-port VARIABLE.
func takePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// nothingLeft fails if a process or a directory of a bottle is still there.
func nothingLeft(ts *testscript.TestScript, _ bool, _ []string) {
	poll(ts, "the end of all processes", func() bool { return len(processes(ts.Getenv("WORK"))) == 0 })
	entries, err := os.ReadDir(filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "cred-proxy"))
	if err == nil && len(entries) > 0 {
		ts.Fatalf("the state directory still has %v", entries)
	}
}

// noTokens fails if a token value is in a bottle's state or in the arguments
// of any process.
func noTokens(ts *testscript.TestScript, _ bool, _ []string) {
	const mark = "TEST-SECRET-"
	files := 0
	ts.Check(filepath.Walk(ts.Getenv("XDG_RUNTIME_DIR"), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		files++
		if strings.Contains(ts.ReadFile(path), mark) {
			ts.Fatalf("%s holds a token", path)
		}
		return nil
	}))
	if files == 0 {
		ts.Fatalf("there is no state to look at")
	}
	// Not the mark alone: somebody may be searching for it in another window.
	for pid, arguments := range commandLines() {
		if strings.Contains(arguments, mark+"api-token-number-") {
			ts.Fatalf("the arguments of process %s hold a token", pid)
		}
	}
}

// processes returns the ids of sidecars that work in a directory.
func processes(dir string) []string {
	var pids []string
	for pid, arguments := range commandLines() {
		if strings.Contains(arguments, "--config "+dir+string(filepath.Separator)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func commandLines() map[string]string {
	lines := make(map[string]string)
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, path := range paths {
		if content, err := os.ReadFile(path); err == nil { // others have ended since
			lines[filepath.Base(filepath.Dir(path))] = strings.ReplaceAll(string(content), "\x00", " ")
		}
	}
	return lines
}

// endAll kills the sidecars of a script that failed half-way.
func endAll(dir string) {
	for _, pid := range processes(dir) {
		if n, err := strconv.Atoi(pid); err == nil {
			if p, err := os.FindProcess(n); err == nil {
				_ = p.Kill()
			}
		}
	}
}
