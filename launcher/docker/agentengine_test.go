package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// agentWaitLimit ends a wait only when something is wrong.
const agentWaitLimit = 30 * time.Second

// agentBottle is what an agent needs on a real engine: an image and a network.
type agentBottle struct {
	t      *testing.T
	engine *client.Client
	spec   AgentSpec
	files  func(home string) map[string]string
}

// realEngine returns the engine of this machine. Without one the test is
// skipped, but in CI it fails.
func realEngine(t *testing.T) *client.Client {
	t.Helper()
	engine, err := client.New(client.FromEnv)
	if err == nil {
		_, err = engine.Ping(t.Context(), client.PingOptions{})
	}
	if err == nil {
		return engine
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("there is no Docker engine: %v", err)
	}
	fmt.Fprintf(os.Stderr, "\n*** NOT TESTED: %s needs a Docker engine: %v\n\n", t.Name(), err)
	t.Skipf("there is no Docker engine: %v", err)
	return nil
}

var testAgent = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "testagent")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "agent"), "./testagent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the test agent: %w\n%s", err, out)
	}
	return os.ReadFile(filepath.Join(dir, "agent"))
})

// imageFile is a file of a test image.
type imageFile struct {
	name, content, link string
	mode                int64
	uid                 int
}

// newAgentBottle makes an image with the test agent and the files, and a
// network; both go when the test ends. changes are Dockerfile instructions.
func newAgentBottle(t *testing.T, changes []string, files ...imageFile) *agentBottle {
	t.Helper()
	engine := realEngine(t)
	binary, err := testAgent()
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, imageFile{name: "agent", content: string(binary), mode: 0o755})
	slug := "agenttest-" + strings.ToLower(rand.Text()[:8])
	imported, err := engine.ImageImport(t.Context(), client.ImageImportSource{Source: imageArchive(t, files), SourceName: "-"},
		"cred-proxy-"+slug+":latest", client.ImageImportOptions{Changes: changes})
	if err == nil {
		_, err = io.Copy(io.Discard, imported)
		_ = imported.Close()
	}
	if err != nil {
		t.Fatalf("importing an image: %v", err)
	}
	b := &agentBottle{t: t, engine: engine, spec: AgentSpec{
		Slug: slug, Image: "cred-proxy-" + slug + ":latest", Network: namesOf(slug).internal,
	}}
	t.Cleanup(func() {
		if _, err := engine.ImageRemove(cleanupContext(), b.spec.Image, client.ImageRemoveOptions{Force: true}); err != nil {
			t.Errorf("removing the image: %v", err)
		}
	})
	b.network()
	return b
}

func imageArchive(t *testing.T, files []imageFile) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.content)), Mode: f.mode, Uid: f.uid, Gid: f.uid}
		if f.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, f.link
		} else if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// network makes an internal network in a subnet that nobody uses.
func (b *agentBottle) network() {
	b.t.Helper()
	var random [2]byte
	for range 20 {
		_, _ = rand.Read(random[:])
		subnet := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 240 + random[0]%8, random[1], 16}), 28)
		created, err := b.engine.NetworkCreate(b.t.Context(), b.spec.Network, client.NetworkCreateOptions{
			Internal: true, IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: subnet}}},
		})
		if err != nil && strings.Contains(err.Error(), "overlap") {
			continue
		}
		if err != nil {
			b.t.Fatalf("making a network: %v", err)
		}
		b.t.Cleanup(func() {
			if _, err := b.engine.NetworkRemove(cleanupContext(), created.ID, client.NetworkRemoveOptions{}); err != nil {
				b.t.Errorf("removing the network: %v", err)
			}
		})
		b.spec.Address = subnet.Addr().Next().Next().Next()
		return
	}
	b.t.Fatal("every subnet is in use")
}

// running is a run of an agent.
type running struct {
	t              *testing.T
	b              *agentBottle
	stdin          *os.File // the test's end
	stdout, stderr *collector
	ours           []*os.File // the launcher's ends
	done           chan struct{}
	status         int
	err            error
}

// run runs an agent with pipes for its standard streams.
func (b *agentBottle) run(command ...string) *running {
	b.t.Helper()
	inRead, inWrite := pipe(b.t)
	r := &running{t: b.t, b: b, stdin: inWrite, done: make(chan struct{})}
	var stdout, stderr *os.File
	stdout, r.stdout = collect(b.t)
	stderr, r.stderr = collect(b.t)
	r.ours = []*os.File{stdout, stderr}
	r.start(&AgentRun{Stdin: inRead, Stdout: stdout, Stderr: stderr}, command)
	return r
}

func (r *running) start(run *AgentRun, command []string) {
	run.Engine, run.Spec, run.Files = r.b.engine, r.b.spec, r.b.files
	run.Spec.Command = append([]string{"/agent"}, command...)
	if len(command) > 0 && strings.HasPrefix(command[0], "/") {
		run.Spec.Command = command
	}
	ctx := r.t.Context()
	go func() {
		r.status, r.err = run.Run(ctx)
		close(r.done)
	}()
	r.t.Cleanup(func() { r.gone() })
}

// end waits for the end, and for what the outputs collected.
func (r *running) end() (int, error) {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(agentWaitLimit):
		r.t.Fatalf("the agent does not end; it said\n%s\n%s", r.stdout, r.stderr)
	}
	for _, f := range r.ours {
		_ = f.Close()
	}
	for _, c := range []*collector{r.stdout, r.stderr} {
		if c != nil {
			<-c.done
		}
	}
	return r.status, r.err
}

// gone fails when a container is left behind.
func (r *running) gone() {
	result, err := r.b.engine.ContainerInspect(cleanupContext(), namesOf(r.b.spec.Slug).agent, client.ContainerInspectOptions{})
	if !errdefs.IsNotFound(err) {
		r.t.Errorf("the agent's container is left behind: %v", err)
		_, _ = r.b.engine.ContainerRemove(cleanupContext(), result.Container.ID, client.ContainerRemoveOptions{Force: true})
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

// collector keeps what is written to a file.
type collector struct {
	from *os.File
	done chan struct{}
	mu   sync.Mutex
	text strings.Builder
}

func collect(t *testing.T) (*os.File, *collector) {
	t.Helper()
	r, w := pipe(t)
	c := &collector{from: r, done: make(chan struct{})}
	go c.read()
	return w, c
}

func (c *collector) read() {
	defer close(c.done)
	buf := make([]byte, 4096)
	for {
		n, err := c.from.Read(buf)
		c.mu.Lock()
		c.text.Write(buf[:n])
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// String implements fmt.Stringer.
func (c *collector) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// await waits for a text.
func (c *collector) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(agentWaitLimit); !strings.Contains(c.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q does not come, but\n%s", text, c)
		}
	}
}

// mountsOf parses mounts as a bottle file has them, with absolute sources.
func mountsOf(pairs ...[2]string) (mounts []bottle.Mount) {
	for _, p := range pairs {
		mounts = append(mounts, bottle.Mount{Source: p[0], Target: p[1]})
	}
	return mounts
}

func cleanupContext() context.Context { return context.Background() }
