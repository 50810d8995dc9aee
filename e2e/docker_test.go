package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher/docker"
)

// testLabel marks everything that tests make in the engine; its value is the
// test's name.
const testLabel = "cred-proxy.test"

// engineAnswers is nil if there is a Docker engine.
var engineAnswers = sync.OnceValue(func() error {
	out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput()
	if err != nil {
		return errors.New(strings.TrimSpace(err.Error() + ": " + string(out)))
	}
	return nil
})

// requireDocker is for tests that need an engine. Without one they are left
// out, which `make test` says at its end; where everything has to be tried
// (CI is set) they fail.
func requireDocker(t *testing.T) {
	t.Helper()
	err := engineAnswers()
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("no Docker engine answers: %v", err)
	default:
		fmt.Fprintf(os.Stderr, "%s DID NOT RUN: no Docker engine answers: %v\n", t.Name(), err)
		t.Skip("no Docker engine answers")
	}
}

// sidecarImage is the name of the image under test: $CRED_PROXY_TEST_IMAGE,
// or the one that bin/cred-proxy would start.
func sidecarImage(t *testing.T) string {
	t.Helper()
	requireDocker(t)
	image := os.Getenv("CRED_PROXY_TEST_IMAGE")
	if image == "" {
		var launcher struct{ Version string }
		out := runIn(t, ".", hostEnv(t), filepath.Join(binDir, "cred-proxy"), "version", "--format", "json").must(t)
		if err := json.Unmarshal([]byte(out), &launcher); err != nil {
			t.Fatal(err)
		}
		image = docker.ImageName(launcher.Version)
	}
	if r := runDocker(t, "image", "inspect", image); r.Code != 0 {
		t.Fatalf("there is no image %s; run `make image`, or set CRED_PROXY_TEST_IMAGE\n%s", image, r.Stderr)
	}
	return image
}

// runDocker runs the docker command as whoever runs the tests.
func runDocker(t *testing.T, args ...string) result {
	t.Helper()
	return runIn(t, ".", os.Environ(), "docker", args...)
}

// inspect reads what the engine says of a container or an image.
func inspect(t *testing.T, kind, name string, into any) {
	t.Helper()
	out := runDocker(t, kind, "inspect", "--format", "{{json .}}", name).must(t)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("reading what the engine says of %s: %v", name, err)
	}
}

// createContainer makes a container, not yet started, that is gone when the
// test ends. It returns the id.
func createContainer(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"create", "--label", testLabel + "=" + t.Name()}, args...)
	id := strings.TrimSpace(runDocker(t, args...).must(t))
	t.Cleanup(func() {
		if t.Failed() {
			log := runDocker(t, "logs", "--tail", "50", id)
			t.Logf("the end of the container's log:\n%s%s", log.Stdout, log.Stderr)
		}
		runDocker(t, "rm", "--force", "--volumes", id).must(t)
	})
	return id
}

// startContainer is createContainer, and starts it.
func startContainer(t *testing.T, args ...string) string {
	t.Helper()
	id := createContainer(t, args...)
	runDocker(t, "start", id).must(t)
	return id
}
