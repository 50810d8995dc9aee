package e2e

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// dockerEnv is what `docker` itself reads about where its engine is.
func dockerEnv() (env []string) {
	for _, name := range []string{"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// uniqueName is for what must not be taken for another test's, or anybody's.
func uniqueName() string { return "e2e-" + strings.ToLower(rand.Text()[:10]) }

// bottleForDocker is a bottle for a real engine that is not up yet; tokens are
// the host's variables that it names. When the test ends it is brought down,
// and nothing of it may be left.
func bottleForDocker(t *testing.T, bottleFile string, tokens map[string]string) *sidecar {
	t.Helper()
	return namedDockerBottle(t, uniqueName(), bottleFile, tokens)
}

// namedDockerBottle is for tests of names: the slug is the name's, and the
// name is written as a YAML string.
func namedDockerBottle(t *testing.T, slug, bottleFile string, tokens map[string]string) *sidecar {
	t.Helper()
	image := sidecarImage(t)
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &sidecar{
		BottleFile: filepath.Join(dir, "bottle.yaml"), State: filepath.Join(dir, "cred-proxy", slug),
		URL: "http://cred-proxy:9099", Address: "cred-proxy:9099", slug: slug, image: image,
		host: append(hostEnv(t, "XDG_STATE_HOME="+dir, "XDG_CONFIG_HOME="+dir), dockerEnv()...),
	}
	s.configure(t, "image: "+image)
	for name, value := range tokens {
		s.host = append(s.host, name+"="+value)
	}
	if !strings.HasPrefix(bottleFile, "name:") {
		bottleFile = "name: " + slug + "\n" + bottleFile
	}
	writeFile(t, s.BottleFile, "backend: docker\nhostnames: false\n"+bottleFile)
	t.Cleanup(func() { s.endInDocker(t) })
	return s
}

// configure writes the user's configuration file; what is in its section for
// Docker.
func (s *sidecar) configure(t *testing.T, docker string) {
	t.Helper()
	writeFile(t, filepath.Join(filepath.Dir(s.BottleFile), "cred-proxy/config.yaml"), "docker: {"+docker+"}\n")
}

// startDocker starts a bottle in a real engine.
func startDocker(t *testing.T, bottleFile string, tokens map[string]string) *sidecar {
	t.Helper()
	s := bottleForDocker(t, bottleFile, tokens)
	s.upInDocker(t).must(t)
	return s
}

func (s *sidecar) upInDocker(t *testing.T) result {
	t.Helper()
	return s.credProxy(t, "up", "-f", s.BottleFile)
}

// container is the name of the bottle's sidecar.
func (s *sidecar) container() string { return "cred-proxy-" + s.slug }

func (s *sidecar) internalNetwork() string { return s.container() + "-internal" }

func (s *sidecar) egressNetwork() string { return s.container() + "-egress" }

func (s *sidecar) endInDocker(t *testing.T) {
	if t.Failed() {
		log := runDocker(t, "logs", "--tail", "40", s.container())
		t.Logf("the end of the sidecar's log:\n%s%s", log.Stdout, log.Stderr)
	}
	if r := s.credProxy(t, "down", "-f", s.BottleFile, "--quiet"); r.Code != 0 {
		t.Errorf("down: exit status %d\n%s", r.Code, r.Stderr)
	}
	s.nothingLeft(t)
}

// inEngine lists everything in the engine that carries the bottle's label, as
// "container cred-proxy-x".
func (s *sidecar) inEngine(t *testing.T) (all []string) {
	t.Helper()
	label := "label=cred-proxy.bottle=" + s.slug
	for _, list := range [][]string{
		{"container", "ps", "--all", "--filter", label, "--format", "{{.Names}}"},
		{"network", "network", "ls", "--filter", label, "--format", "{{.Name}}"},
		{"volume", "volume", "ls", "--filter", label, "--format", "{{.Name}}"},
	} {
		for name := range strings.FieldsSeq(runDocker(t, list[1:]...).must(t)) {
			all = append(all, list[0]+" "+name)
		}
	}
	return all
}

// nothingLeft fails the test if something of the bottle is in the engine or in
// the user's state, and removes the former.
func (s *sidecar) nothingLeft(t *testing.T) {
	t.Helper()
	for _, what := range s.inEngine(t) {
		t.Errorf("%s is left over", what)
		kind, name, _ := strings.Cut(what, " ")
		runDocker(t, kind, "rm", "--force", name)
		runDocker(t, kind, "rm", name) // networks know no --force
	}
	if _, err := os.Stat(s.State); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state %s is left over (%v)", s.State, err)
	}
}

// addressIn returns a container's address in a network.
func addressIn(t *testing.T, container, network string) string {
	t.Helper()
	var c struct {
		NetworkSettings struct {
			Networks map[string]struct{ IPAddress string }
		}
	}
	inspect(t, "container", container, &c)
	address := c.NetworkSettings.Networks[network].IPAddress
	if address == "" {
		t.Fatalf("container %s has no address in %s", container, network)
	}
	return address
}

// newDockerInternet is an internet that containers reach.
func newDockerInternet(t *testing.T) *internet {
	t.Helper()
	return newInternetAt(t, bridgeAddress(t))
}

// status is what `ps` says of the bottle, "" if it does not list it.
func (s *sidecar) status(t *testing.T) string {
	t.Helper()
	var list []struct{ Slug, Status string }
	if err := json.Unmarshal([]byte(s.credProxy(t, "ps", "--format", "json").must(t)), &list); err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		if b.Slug == s.slug {
			return b.Status
		}
	}
	return ""
}

// kill ends a process of a container as a crash would.
func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ESRCH) {
		t.Skipf("the engine's processes cannot be killed from here: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
}
