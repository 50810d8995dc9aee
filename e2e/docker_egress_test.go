package e2e

import (
	"archive/tar"
	"bufio"
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dockerBottle is a bottle of the Docker backend that runs, with an agent that
// can do one thing: request a URL.
type dockerBottle struct {
	file, network, agent string
	env                  []string
}

// upDocker starts a bottle with `cred-proxy up`.
func upDocker(t *testing.T, bottleFile string, tokens map[string]string) *dockerBottle {
	t.Helper()
	image, dir := sidecarImage(t), t.TempDir()
	b := &dockerBottle{file: filepath.Join(dir, "bottle.yaml"), env: hostEnv(t, "XDG_STATE_HOME="+dir, "XDG_CONFIG_HOME="+dir)}
	for name, value := range tokens {
		b.env = append(b.env, name+"="+value)
	}
	for _, name := range []string{"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} {
		if value := os.Getenv(name); value != "" {
			b.env = append(b.env, name+"="+value)
		}
	}
	// A name of its own: tests of several checkouts may share an engine.
	_, port, _ := net.SplitHostPort(freeAddress(t))
	name := "e2e-egress-" + port
	writeFile(t, b.file, "name: "+name+"\nbackend: docker\n"+bottleFile)
	launch := filepath.Join(binDir, "cred-proxy")
	t.Cleanup(func() { runIn(t, dir, b.env, launch, "down", "-f", b.file, "--quiet") })
	runIn(t, dir, b.env, launch, "up", "-f", b.file, "--image", image, "--quiet").must(t)
	b.network = "cred-proxy-" + name + "-internal"
	b.agent = getImage(t)
	return b
}

// getImage is an image that holds testdata/get and nothing else.
func getImage(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "get")
	runIn(t, ".", append(os.Environ(), "CGO_ENABLED=0"), "go", "build", "-o", program, "./testdata/get/main.go").must(t)
	content := readFile(t, program)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "get", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("docker", "import", "-")
	cmd.Stdin = &archive
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(string(out))
	t.Cleanup(func() { runDocker(t, "image", "rm", id).must(t) })
	return id
}

// get requests a path of the sidecar from a container on the internal network.
func (b *dockerBottle) get(t *testing.T, path string) *http.Response {
	t.Helper()
	id := startContainer(t, "--network", b.network, b.agent, "/get", "http://cred-proxy:9099"+path)
	status := strings.TrimSpace(runDocker(t, "wait", id).must(t))
	printed := runDocker(t, "logs", id).must(t)
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(printed)), nil)
	if err != nil {
		t.Fatalf("the agent ended with %s and printed %q: %v", status, printed, err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// bridgeAddress is the host's address on the engine's own bridge, at which
// containers reach it.
func bridgeAddress(t *testing.T) string {
	t.Helper()
	requireDocker(t)
	name := runDocker(t, "network", "inspect", "bridge", "--format", `{{index .Options "com.docker.network.bridge.name"}}`).must(t)
	if bridge, err := net.InterfaceByName(strings.TrimSpace(name)); err == nil {
		addresses, _ := bridge.Addrs()
		for _, address := range addresses {
			if ip, _, err := net.ParseCIDR(address.String()); err == nil && ip.To4() != nil {
				return ip.String()
			}
		}
	}
	t.Skipf("the engine's bridge %q is not on this machine", name)
	return ""
}

// If this fails, the chain agent, sidecar, inspecting proxy, upstream does not
// hold in Docker: somebody does not see what he should, or requests go around
// the proxy when it is gone.
func TestDockerChainThroughMitmproxy(t *testing.T) {
	host := bridgeAddress(t)
	w := newInspectedWorld(t)
	// An upstream that a container reaches without a proxy.
	direct, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Close() })
	go func() {
		for {
			conn, err := direct.Accept()
			if err != nil {
				return
			}
			t.Errorf("%s came around the egress proxy", conn.RemoteAddr())
			_ = conn.Close()
		}
	}()
	m := newMitmproxy(t, host, w.internet, withoutAnthropic...)
	egress := strings.Replace(m.egress("api.anthropic.com"), host, "host.docker.internal", 1)
	b := upDocker(t, inspectedRoutes+"- {path: /direct/, upstream: \"https://"+direct.Addr().String()+"\", auth: {scheme: Bearer, token_ref: T}}\n"+egress, inspectedTokens)
	get := func(path string) *http.Response { return b.get(t, path) }
	w.checkInspected(t, m, get)
	// Anthropic's stand-in is signed by the tests' CA, which the image does not
	// know: that this is what is refused shows that the proxy left it alone.
	resp := get("/anthropic/v1/models")
	if got := readRefusal(t, resp); resp.StatusCode != http.StatusBadGateway || got.Message != "the upstream's TLS certificate is not trusted" {
		t.Errorf("status %d, %+v", resp.StatusCode, got)
	}
	if log := m.seen(t); strings.Contains(log, "/v1/models") || containsToken(log, anthropicToken) {
		t.Error("the proxy read a request to a host that it is told to pass through")
	}
	if resp := get("/direct/x"); resp.StatusCode < http.StatusBadRequest {
		t.Errorf("a host that the proxy does not allow: status %d", resp.StatusCode)
	}

	m.stop(t)
	w.checkNotAround(t, get)
	if resp := get("/direct/x"); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("without the proxy: status %d", resp.StatusCode)
	}
}
