package e2e

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
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

// attach starts an agent of the bottle, as `run` does it, with the
// environment and the files that `env` names; s.run then runs in it.
func (s *sidecar) attach(t *testing.T, args ...string) {
	t.Helper()
	var given struct{ Env, Files map[string]string }
	if err := json.Unmarshal([]byte(s.credProxy(t, "env", "-f", s.BottleFile, "--format", "json").must(t)), &given); err != nil {
		t.Fatal(err)
	}
	args = append([]string{
		"--network", s.internalNetwork(), "--cap-drop", "NET_RAW", "--dns", "127.0.0.1", "--dns-opt", "timeout:1", "--dns-opt", "attempts:1",
		"--sysctl", "net.ipv6.conf.all.disable_ipv6=1",
	}, args...)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"} {
		args = append(args, "--env", name+"="+deadProxy)
	}
	s.Env = nil
	for name, value := range given.Env {
		args = append(args, "--env", name+"="+value)
		s.Env = append(s.Env, name+"="+value)
	}
	s.Home = "/home/agent"
	s.agent = startAgent(t, args...)
	for path, content := range given.Files {
		s.agent.write(t, strings.Replace(path, "~", s.Home, 1), content)
	}
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

func (a *agentContainer) write(t *testing.T, path, content string) {
	t.Helper()
	cmd := a.command("/", nil, "sh", "-c", `mkdir -p "$(dirname "$1")" && cat >"$1"`, "sh", path)
	cmd.Stdin = strings.NewReader(content)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("writing %s in the agent: %v\n%s", path, err, out)
	}
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
