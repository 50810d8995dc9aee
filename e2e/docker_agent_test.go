package e2e

import (
	"archive/tar"
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// agentFiles make an image in which the host's own programs run once its /usr
// is mounted: Debian has everything else in there. Nothing has to be built or
// downloaded.
var agentFiles = []tar.Header{
	{Name: "bin", Typeflag: tar.TypeSymlink, Linkname: "usr/bin"},
	{Name: "sbin/", Typeflag: tar.TypeDir, Mode: 0o755}, // the engine puts its init there
	{Name: "lib", Typeflag: tar.TypeSymlink, Linkname: "usr/lib"},
	{Name: "lib64", Typeflag: tar.TypeSymlink, Linkname: "usr/lib64"},
	{Name: "usr/", Typeflag: tar.TypeDir, Mode: 0o755},
	{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755},
	{Name: "root/", Typeflag: tar.TypeDir, Mode: 0o700},
	{Name: "home/", Typeflag: tar.TypeDir, Mode: 0o755},
	{Name: "home/agent/", Typeflag: tar.TypeDir, Mode: 0o755, Uid: 1000, Gid: 1000},
	{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
}

// agentEtc are the files of /etc in it.
var agentEtc = map[string]string{
	"passwd":        "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/sh\n",
	"group":         "root:x:0:\nagent:x:1000:\n",
	"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}

// agentMounts are what an agent sees of the host, read-only.
var agentMounts = []string{"/usr", "/etc/ssl", "/etc/alternatives"}

// probePath is where an agent has the test binary, as the program that looks
// for ways out; see probe_test.go.
const probePath = "/probe"

// deadProxy is an address at which no proxy is. What an agent sends to its
// sidecar must not go through the agent's own.
const deadProxy = "http://127.0.0.1:9"

// agentImage imports the image, and removes it when the test ends.
func agentImage(t *testing.T) string {
	t.Helper()
	requireDocker(t)
	if target, err := os.Readlink("/bin"); err != nil || target != "usr/bin" {
		t.Skip("the agent's image needs a host with a merged /usr")
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, header := range agentFiles {
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range agentEtc {
		if err := w.WriteHeader(&tar.Header{Name: "etc/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := "cred-proxy-test-agent:" + uniqueName()
	cmd := exec.Command("docker", "import", "--change", "USER agent", "--change", "WORKDIR /home/agent", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/usr/sbin",
		"--change", "LABEL "+testLabel+"="+t.Name(), "-", name)
	cmd.Stdin = &archive
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("importing the agent's image: %v\n%s", err, out)
	}
	t.Cleanup(func() { runDocker(t, "rmi", name).must(t) })
	return name
}

// agentContainer is a container that waits for what it is told to do.
type agentContainer struct{ name string }

// startAgent starts one with docker's arguments.
func startAgent(t *testing.T, args ...string) *agentContainer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range agentMounts {
		args = append(args, "--volume", dir+":"+dir+":ro")
	}
	args = append(args, "--volume", self+":"+probePath+":ro", "--init", agentImage(t), "sleep", "infinity")
	return &agentContainer{startContainer(t, args...)}
}

// runInDocker starts the bottle with `cred-proxy run`, with an agent that waits
// for what s.run and others have it do. Whatever the agent's own HTTP proxy
// is, it must not get between the agent and its sidecar.
func (s *sidecar) runInDocker(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	agent := "agent:\n  image: " + agentImage(t) + "\n  workdir: /home/agent\n  mounts: [\"" + self + ":" + probePath + ":ro\""
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	// Where they are here, so that scripts in them find their modules.
	for _, dir := range append([]string{modules, testdata}, agentMounts...) {
		agent += ", " + dir + ":" + dir + ":ro"
	}
	agent += "]\n  env:\n"
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		agent += "    " + name + ": " + deadProxy + "\n    " + strings.ToLower(name) + ": " + deadProxy + "\n"
	}
	writeFile(t, s.BottleFile, readFile(t, s.BottleFile)+agent)
	cmd := exec.Command(filepath.Join(binDir, "cred-proxy"), "run", "-f", s.BottleFile, "--", "sh", "-c", "echo ready; exec sleep infinity")
	cmd.Env, cmd.Dir = s.host, t.TempDir()
	var stderr lockedBuffer
	cmd.Stderr = io.MultiWriter(&stderr, &s.Seen)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil { // stays open: its end would be the agent's
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.launcher = cmd
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the agent says %q, %v\n%s", line, err, stderr.String())
	}
	s.agent, s.Home = &agentContainer{s.container() + "-agent"}, "/home/agent"
	s.Env = strings.Split(runDocker(t, "exec", s.agent.name, "env").must(t), "\n")
}

// lockedBuffer is what a command writes while others read it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// command is one that runs in the container when it is started.
func (a *agentContainer) command(dir string, env []string, name string, args ...string) *exec.Cmd {
	full := []string{"exec", "--interactive", "--workdir", dir}
	for _, pair := range env {
		full = append(full, "--env", pair)
	}
	return exec.Command("docker", slices.Concat(full, []string{a.name, name}, args)...)
}

// root is command for the container's root.
func (a *agentContainer) root(t *testing.T, name string, args ...string) result {
	t.Helper()
	return runDocker(t, slices.Concat([]string{"exec", "--user", "0", a.name, name}, args)...)
}

// dial opens a connection from inside of the container.
func (a *agentContainer) dial(address string) (net.Conn, error) {
	near, far := net.Pipe()
	cmd := a.command("/", nil, probePath, probeArgument, "relay", address)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_, _ = io.Copy(stdin, far)
		_ = stdin.Close()
	}()
	go func() {
		_, _ = io.Copy(far, stdout)
		_ = far.Close()
		_ = cmd.Wait()
	}()
	return &relayed{near, cmd}, nil
}

// relayed is a connection whose other end is in a container.
type relayed struct {
	net.Conn

	cmd *exec.Cmd
}

func (r *relayed) Close() error {
	_ = r.cmd.Process.Kill()
	return r.Conn.Close()
}
