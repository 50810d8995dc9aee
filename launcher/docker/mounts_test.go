package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/mount"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// socketEngine is one at a socket that only the context of `docker` names.
type socketEngine struct {
	*fakeEngine
	host string
}

func (e socketEngine) DaemonHost() string { return e.host }

// If this fails, an agent gets the engine's socket, or another agent that runs
// already can exchange a directory of its own for a link to any other, which
// the engine follows.
func TestMountsAreOutOfReach(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"engine", "work/sub", "read/sub"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f := newFakeEngine()
	b := newBackend(t, f)
	b.Engine = socketEngine{f, "unix://" + root + "/engine/e.sock"}
	other := foreign("cred-proxy-other-agent")
	other.create.Config.Labels = map[string]string{labelBottle: "other", labelRole: roleAgent}
	other.create.HostConfig.Mounts = []mount.Mount{
		{Type: mount.TypeBind, Source: filepath.Join(root, "work")}, {Type: mount.TypeBind, Source: filepath.Join(root, "read"), ReadOnly: true},
	}
	f.containers = append(f.containers, other)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := &bottle.Bottle{Agent: bottle.Agent{Mounts: []bottle.Mount{{Source: filepath.Dir(self), Target: "/src"}}}}
	if _, err := b.mounts(t.Context(), program); err == nil || !strings.Contains(err.Error(), "a program that you run") {
		t.Errorf("cred-proxy itself: %v", err)
	}
	for source, want := range map[string]string{
		"engine": "keeps for itself", "work/sub": `the agent of bottle "other" can write`, "work": "", "read/sub": "", "": "keeps for itself",
	} {
		of := &bottle.Bottle{Agent: bottle.Agent{Mounts: []bottle.Mount{{Source: filepath.Join(root, source), Target: "/src"}}}}
		_, err := b.mounts(t.Context(), of)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
	other.running = false
	of := &bottle.Bottle{Agent: bottle.Agent{Mounts: []bottle.Mount{{Source: filepath.Join(root, "work/sub"), Target: "/src"}}}}
	if _, err := b.mounts(t.Context(), of); err != nil {
		t.Errorf("beside an agent that has ended: %v", err)
	}
}
