package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const npmToken = "TEST-SECRET-npm-7a6b5c4d3e2f1a"

// npmBottle starts a registry with two packages, of which the scoped one needs
// the other, and a bottle for it.
func npmBottle(t *testing.T, publicURL, entry string) (*sidecar, *npmRegistry) {
	t.Helper()
	world := newInternet(t)
	registry := newNPMRegistry(t, publicURL, npmToken)
	host, _, _ := strings.Cut(strings.TrimPrefix(publicURL, "https://"), "/")
	world.lead(host, registry.Address)
	registry.publish(t, "left", "1.0.0", `{}`)
	registry.publish(t, "@team/right", "1.0.0", `{"left":"^1.0.0"}`)
	return up(t, "tokens: ["+entry+"]\n"+world.egress(t), map[string]string{"NPM": npmToken}), registry
}

// registries are a public and a private registry; the private one is below a
// path, as Artifactory's are.
var registries = map[string]struct{ publicURL, entry string }{
	"public":             {"https://registry.npmjs.org", "{kind: npm, token_ref: NPM}"},
	"private":            {"https://npm.example.com", "{kind: npm, url: \"https://npm.example.com/\", token_ref: NPM}"},
	"private below path": {"https://npm.example.com/api/npm", "{kind: npm, url: \"https://npm.example.com/api/npm/\", token_ref: NPM}"},
}

// If this fails, npm cannot work with a registry that demands a token, or a
// lock file comes to name the sidecar, and is worthless on any other machine.
func TestNPM(t *testing.T) {
	for name, registry := range registries {
		t.Run(name, func(t *testing.T) {
			s, served := npmBottle(t, registry.publicURL, registry.entry)
			app := newPackage(t, "app", "1.0.0", `{}`)
			s.run(t, app, "npm", "install", "@team/right").must(t)
			if !strings.Contains(served.asked(), "/@team%2fright") {
				t.Errorf("the scoped name did not go out escaped:\n%s", served.asked())
			}
			checkInstalled(t, s, app)
			checkLockFile(t, s, filepath.Join(app, "package-lock.json"), registry.publicURL)
			if err := os.RemoveAll(filepath.Join(app, "node_modules")); err != nil {
				t.Fatal(err)
			}
			s.run(t, app, "npm", "ci", "--cache", t.TempDir()).must(t)
			checkInstalled(t, s, app)
		})
	}
}

// If this fails, npm's questions and publications do not get through; that a
// publication does is what `write: allow` means.
func TestNPMViewWhoamiPublish(t *testing.T) {
	s, _ := npmBottle(t, registries["public"].publicURL, "{kind: npm, token_ref: NPM, write: allow}")
	dir := t.TempDir()
	if got := s.run(t, dir, "npm", "view", "@team/right", "dependencies.left").must(t); got != "^1.0.0\n" {
		t.Errorf("npm view says %q", got)
	}
	if got := s.run(t, dir, "npm", "whoami").must(t); got != "publisher\n" {
		t.Errorf("npm whoami says %q", got)
	}
	s.run(t, newPackage(t, "@team/new", "2.0.0", `{}`), "npm", "publish").must(t)
	if got := s.run(t, dir, "npm", "view", "@team/new", "version").must(t); got != "2.0.0\n" {
		t.Errorf("after publishing, npm view says %q", got)
	}
}

// If this fails, pnpm does not work through the sidecar, or its lock file
// names it.
func TestPnpm(t *testing.T) {
	for name, registry := range registries {
		t.Run(name, func(t *testing.T) {
			s, _ := npmBottle(t, registry.publicURL, registry.entry)
			app := newPackage(t, "app", "1.0.0", `{"@team/right":"^1.0.0"}`)
			pnpm := localBin(t, "pnpm")
			s.run(t, app, "node", pnpm, "install", "--store-dir", t.TempDir()).must(t)
			checkInstalled(t, s, app)
			checkLockFile(t, s, filepath.Join(app, "pnpm-lock.yaml"), "")
			if err := os.RemoveAll(filepath.Join(app, "node_modules")); err != nil {
				t.Fatal(err)
			}
			s.run(t, app, "node", pnpm, "install", "--frozen-lockfile", "--store-dir", t.TempDir()).must(t)
			checkInstalled(t, s, app)
		})
	}
}

// If this fails, yarn 1, which writes into yarn.lock from where it got a
// tarball, has written the sidecar's address there. It can ask the registry,
// but not download: it would do so from the registry's own address.
func TestYarnClassic(t *testing.T) {
	s, _ := npmBottle(t, registries["private"].publicURL, registries["private"].entry)
	app := newPackage(t, "app", "1.0.0", `{"@team/right":"^1.0.0"}`)
	yarn := localBin(t, "yarn")
	if got := s.run(t, app, "node", yarn, "info", "@team/right", "version").must(t); !strings.Contains(got, "1.0.0") {
		t.Errorf("yarn info says %q", got)
	}
	r := s.run(t, app, "node", yarn, "install", "--non-interactive", "--cache-folder", t.TempDir(), "--network-timeout", "2000")
	lock, err := os.ReadFile(filepath.Join(app, "yarn.lock"))
	if err == nil {
		checkLockFile(t, s, filepath.Join(app, "yarn.lock"), registries["private"].publicURL)
	}
	if r.Code == 0 && len(lock) == 0 {
		t.Error("yarn install succeeded without a lock file")
	}
}

func checkInstalled(t *testing.T, s *sidecar, app string) {
	t.Helper()
	if got := s.run(t, app, "node", "-p", `require("@team/right")`).must(t); got != "@team/right 1.0.0\n" {
		t.Errorf("the installed package says %q", got)
	}
}

// checkLockFile wants no trace of the sidecar, and addresses that start with
// publicURL unless that is empty.
func checkLockFile(t *testing.T, s *sidecar, path, publicURL string) {
	t.Helper()
	lock := readFile(t, path)
	_, port, _ := strings.Cut(s.Address, ":")
	for _, trace := range []string{s.Address, "127.0.0.1", "localhost", ":" + port, "cred-proxy", "/npm/left", s.Token} {
		if strings.Contains(lock, trace) && !strings.Contains(publicURL, "/npm") {
			t.Errorf("%s contains %q:\n%s", filepath.Base(path), trace, lock)
		}
	}
	if publicURL != "" && !strings.Contains(lock, publicURL+"/left/-/left-1.0.0.tgz") {
		t.Errorf("%s does not name the registry:\n%s", filepath.Base(path), lock)
	}
}

// localBin returns the script of a client from node_modules.
func localBin(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("node_modules/.bin/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
