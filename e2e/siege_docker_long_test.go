//go:build long

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"
)

// siegeReport is what came of an attack out of an agent's container.
type siegeReport struct {
	Visits   int
	Failures map[string]int
	Ends     map[string]int
}

// sieges are the attacks that take most memory without what bounds it.
var sieges = map[string]func(g *siege, ends *tally){
	"incomplete heads": func(g *siege, _ *tally) { g.incompleteHeads() },
	"bodies to be read": func(g *siege, ends *tally) {
		const lfs = "application/vnd.git-lfs+json"
		requests := []string{
			g.request("POST", "/api/x.git/info/lfs/objects/batch", lfs, repeated(`{"a":0}`, 1_000_000)),
			g.request("POST", "/api/x.git/info/lfs/objects/batch", lfs, `{"operation":"download","x":["`+repeated(`",{"a":"`, 100_000)+`"]}`),
			g.request("POST", "/api/x.git/info/lfs/objects/batch", lfs, `{"operation":"download","x":"`+repeated(`\n`, 4_000_000)+`"}`),
		}
		stop := time.Now().Add(10 * time.Second) // is how long the attack is
		atOnce(100, func(i int) {
			for n := i; time.Now().Before(stop); n++ {
				ends.add(g.outcome(requests[n%len(requests)], 1<<20))
			}
		})
	},
	"readers that do not read": func(g *siege, _ *tally) {
		atOnce(400, func(int) {
			conn := g.attacker()
			if conn == nil {
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, g.head("GET", "/endless/x")+"\r\n")
			_, _ = io.ReadFull(conn, make([]byte, 1000))
			time.Sleep(10 * time.Second) // is how long the attack is
		})
	},
}

func init() {
	longProbes["siege"] = func(args []string) error {
		if len(args) != 2 || sieges[args[1]] == nil {
			return fmt.Errorf("there is no siege %q", args)
		}
		g := &siege{sidecar: &sidecar{URL: "http://" + args[0], Address: args[0]}}
		var report siegeReport
		var ends tally
		report.Visits, report.Failures = g.visitDuring(func() { sieges[args[1]](g, &ends) })
		report.Ends = ends.all
		return json.NewEncoder(os.Stdout).Encode(report)
	}
}

// If this fails, an agent in its container can have the kernel end its sidecar
// for the memory it takes, or keep it from answering.
func TestDockerSidecarIsNotKilledForMemory(t *testing.T) {
	t.Parallel()
	world := newDockerInternet(t)
	api := answering(t, false, "api.example.com")
	world.lead("api.example.com", api.Address)
	endless := startUpstream(t, true, func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 1<<20); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}, "endless.example.com")
	world.lead("endless.example.com", endless.Address)
	s := bottleForDocker(t, "routes:\n- {path: /api/, upstream: \"https://api.example.com\", auth: {scheme: Bearer, token_ref: T}}\n"+
		"- {path: /endless/, upstream: \"https://endless.example.com\", auth: {scheme: Bearer, token_ref: T}}\n"+world.egress(t), map[string]string{"T": apiToken})
	s.runInDocker(t)
	type state struct {
		RestartCount int
		State        struct {
			Pid       int
			Running   bool
			OOMKilled bool
			StartedAt string
		}
	}
	var before, after state
	inspect(t, "container", s.container(), &before)
	for name := range sieges {
		var report siegeReport
		out := runToEnd(t, s.agent.command("/", nil, probePath, probeArgument, "siege", s.Address, name)).must(t)
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatal(err)
		}
		for failure, times := range report.Failures {
			t.Errorf("%s: %d of %d visits: %s", name, times, report.Visits, failure)
		}
		inspect(t, "container", s.container(), &after)
		if after != before || after.State.OOMKilled {
			t.Fatalf("%s: the sidecar was %+v and is %+v", name, before, after)
		}
		peak := "unknown"
		if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", after.State.Pid)); err == nil && len(status) > 0 {
			peak = fmt.Sprintf("%d MiB", memory(t, after.State.Pid, "VmHWM:")>>20)
		}
		t.Logf("FIGURES %s in a container: resident memory so far %s at the peak; %d visits; the attacker's requests ended as %v", name, peak, report.Visits, report.Ends)
	}
}
