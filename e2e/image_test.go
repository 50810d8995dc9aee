package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// maxImage is the size that the image may have, in bytes.
const maxImage = 45_000_000

// imageConfig is what the engine knows of an image.
type imageConfig struct {
	Size   int64
	RootFS struct{ Layers []string }
	Config struct {
		User, StopSignal     string
		Entrypoint, Cmd, Env []string
		Labels               map[string]string
		ExposedPorts         map[string]struct{}
		Volumes              map[string]struct{}
		Healthcheck          struct{ Test []string }
	}
}

// TestImageConfiguration fails when the image has grown, runs as root, or
// says something else about itself than docs/image.md.
func TestImageConfiguration(t *testing.T) {
	var image imageConfig
	inspect(t, "image", sidecarImage(t), &image)
	if image.Size > maxImage {
		t.Errorf("the image has %d bytes, more than %d", image.Size, maxImage)
	}
	labels := image.Config.Labels
	for label, pattern := range map[string]string{
		"title": "^cred-proxy sidecar$", "description": "tokens", "source": "^https://github.com/bot-bottle/cred-proxy$",
		"version": ".", "revision": "^([0-9a-f]{40}|unknown)$",
	} {
		if got := labels["org.opencontainers.image."+label]; !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("label %s is %q", label, got)
		}
	}
	got := image.Config
	got.Labels = nil
	want := imageConfig{}.Config
	want.User, want.StopSignal = "65532:65532", "SIGTERM"
	want.Entrypoint = []string{"/usr/bin/caddy"}
	want.Cmd = []string{"run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"}
	want.Env = []string{"PATH=/usr/bin", "XDG_DATA_HOME=/tmp/data", "XDG_CONFIG_HOME=/tmp/config"}
	want.ExposedPorts = map[string]struct{}{"9099/tcp": {}}
	want.Healthcheck.Test = []string{"CMD", "/usr/bin/caddy", "healthcheck", "--timeout", "4s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the image's configuration (-want +got):\n%s", diff)
	}
}

// TestImageFiles fails when there is more in the image than the sidecar and
// the authorities it trusts: a shell, above all, is what an attacker needs
// next.
func TestImageFiles(t *testing.T) {
	files := make(map[string]tar.Header)
	var authorities []byte
	export := runDocker(t, "export", createContainer(t, sidecarImage(t))).must(t)
	for archive := tar.NewReader(strings.NewReader(export)); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = *header
		if header.Name == "etc/ssl/certs/ca-certificates.crt" {
			if authorities, err = io.ReadAll(archive); err != nil {
				t.Fatal(err)
			}
		}
	}
	// These are the engine's, in every container.
	engines := []string{".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"}
	var names []string
	for name, header := range files {
		if header.Typeflag != tar.TypeDir && !slices.Contains(engines, name) {
			names = append(names, name)
		}
		if header.Mode&0o6000 != 0 {
			t.Errorf("%s is setuid or setgid", name)
		}
		if header.Mode&0o002 != 0 && header.Typeflag != tar.TypeSymlink && name != "tmp/" {
			t.Errorf("%s may be changed by everybody", name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"etc/ssl/certs/ca-certificates.crt", "usr/bin/caddy"}, names); diff != "" {
		t.Errorf("files in the image (-want +got):\n%s", diff)
	}
	if mode := files["tmp/"].Mode & 0o7777; mode != 0o1777 {
		t.Errorf("/tmp has mode %o", mode)
	}
	if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(authorities) || bytes.Count(authorities, []byte("BEGIN CERTIFICATE")) < 50 {
		t.Errorf("the CA bundle of %d bytes is none", len(authorities))
	}
}

// TestImageModules fails when the image's Caddy is not the sidecar, or more
// than it.
func TestImageModules(t *testing.T) {
	id := createContainer(t, sidecarImage(t), "list-modules")
	modules := strings.Fields(runDocker(t, "start", "--attach", id).must(t))
	for _, module := range []string{
		"caddy.logging.encoders.masked_json", "http.handlers.agent_auth", "http.handlers.cred_inject", "http.handlers.refuse",
		"http.handlers.upstream_links", "http.handlers.write_guard", "http.handlers.reverse_proxy", "http.reverse_proxy.transport.strict_http",
	} {
		if !slices.Contains(modules, module) {
			t.Errorf("the image's Caddy has no %s", module)
		}
	}
	for _, module := range []string{"http.handlers.file_server", "http.handlers.templates", "http.reverse_proxy.transport.fastcgi"} {
		if slices.Contains(modules, module) {
			t.Errorf("the image's Caddy has %s", module)
		}
	}
}

// TestImageHistoryShowsNoArguments fails when something given to the build
// ends up in the image. $GOPROXY may hold a password.
func TestImageHistoryShowsNoArguments(t *testing.T) {
	history := runDocker(t, "history", "--no-trunc", "--format", "{{.CreatedBy}}", sidecarImage(t)).must(t)
	if !strings.Contains(history, "HEALTHCHECK") {
		t.Fatalf("this is no history: %q", history)
	}
	if found := regexp.MustCompile(`(?i)GOPROXY|CADDY_WITH|GO_IMAGE|password|secret`).FindString(history); found != "" {
		t.Errorf("the image's history shows %s:\n%s", found, history)
	}
}

// TestOnlySourceGoesToTheEngine fails when a build hands over what lies beside
// the source: .git, binaries, somebody's bottle file or tokens.
func TestOnlySourceGoesToTheEngine(t *testing.T) {
	requireDocker(t)
	dockerfile := filepath.Join(t.TempDir(), "Dockerfile")
	writeFile(t, dockerfile, "FROM scratch\nCOPY . /\nCMD [\"/none\"]\n")
	name := "cred-proxy-context:" + strings.ToLower(filepath.Base(t.TempDir()))
	runDocker(t, "build", "--tag", name, "--label", testLabel+"="+t.Name(), "--file", dockerfile, "..").must(t)
	t.Cleanup(func() { runDocker(t, "rmi", name).must(t) })
	archive := tar.NewReader(strings.NewReader(runDocker(t, "export", createContainer(t, name)).must(t)))
	source := regexp.MustCompile(`^((go|tools/go)\.(mod|sum)|(cmd/caddy|tools/xcaddy|caddymodule(/.*)?)/[a-z0-9_]+\.go)$`)
	engines := regexp.MustCompile(`^(\.dockerenv|dev/.*|etc/(hostname|hosts|mtab|resolv\.conf))$`)
	sources := 0
	for header, err := archive.Next(); !errors.Is(err, io.EOF); header, err = archive.Next() {
		switch {
		case err != nil:
			t.Fatal(err)
		case header.Typeflag == tar.TypeDir || engines.MatchString(header.Name):
		case !source.MatchString(header.Name) || strings.HasSuffix(header.Name, "_test.go"):
			t.Errorf("the engine gets %s", header.Name)
		default:
			sources++
		}
	}
	if sources < 20 {
		t.Errorf("the engine gets %d files only", sources)
	}
}

// TestImageBuildIsMakeImage fails when the launcher builds another image than
// `make image`, or does not name it.
func TestImageBuildIsMakeImage(t *testing.T) {
	var made, built imageConfig
	inspect(t, "image", sidecarImage(t), &made)
	name := "cred-proxy-sidecar:" + strings.ToLower(t.Name())
	out := runIn(t, "..", os.Environ(), filepath.Join(binDir, "cred-proxy"), "image", "build", "--tag", name).must(t)
	t.Cleanup(func() { runDocker(t, "rmi", name).must(t) })
	if out != name+"\n" {
		t.Errorf("image build prints %q, want the image's name", out)
	}
	inspect(t, "image", name, &built)
	for _, label := range []string{"version", "revision"} { // there may be a commit between the two
		delete(made.Config.Labels, "org.opencontainers.image."+label)
		delete(built.Config.Labels, "org.opencontainers.image."+label)
	}
	if diff := cmp.Diff(made, built); diff != "" {
		t.Errorf("make image and image build differ; is the image older than the source? (-make +build):\n%s", diff)
	}
}
