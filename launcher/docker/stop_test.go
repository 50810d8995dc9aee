package docker

import (
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// If this fails, `down` of a `run` whose agent ignores SIGTERM, as a shell at
// a terminal does, waits for minutes and then kills the launcher, which leaves
// the terminal in the state that the agent wanted.
func TestStopOfARunWhoseAgentIgnoresIt(t *testing.T) {
	launched := exec.Command("sh", "-c", "trap '' TERM; echo; read end")
	ending, err := launched.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := launched.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := launched.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := said.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Readlink("/proc/" + strconv.Itoa(launched.Process.Pid) + "/exe")
	if err != nil {
		t.Fatal(err)
	}
	owner, err := state.Identify(launched.Process.Pid, exe)
	if err != nil {
		t.Fatal(err)
	}

	f := newFakeEngine()
	b := newBackend(t, f)
	b.Attached = true
	target := start(t, b, preparedPlan(t, ""))
	agent := foreign("cred-proxy-dev-agent")
	agent.create.Config.Labels = map[string]string{labelBottle: "dev", labelRole: roleAgent}
	f.containers = append(f.containers, agent)
	label, err := json.Marshal(owner)
	if err != nil {
		t.Fatal(err)
	}
	f.containers[0].create.Config.Labels[labelLauncher] = string(label)
	var once sync.Once
	f.onCall = func(_ int, call string) {
		if call == "ContainerKill" { // then the launcher ends by itself
			once.Do(func() { _, _ = ending.Write([]byte("\n")) })
		}
	}
	agentGrace = 10 * time.Millisecond
	t.Cleanup(func() { agentGrace = defaultAgentGrace })

	b.Grace = 5*time.Second - callWithin // when the launcher is killed
	if err := b.Stop(t.Context(), &launcher.Target{Slug: target.Slug}); err != nil {
		t.Error(err)
	}
	if err := launched.Wait(); err != nil {
		t.Errorf("the launcher: %v", err)
	}
	assertNothingLeft(t, f, b, "after down")
}
