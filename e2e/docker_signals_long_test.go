//go:build long

package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// If this fails, Ctrl-C during `run` leaves something behind: while it starts,
// while it prepares and runs the agent, or while it ends.
func TestDockerInterruptedRunLeavesNothing(t *testing.T) {
	t.Parallel()
	s := plainBottle(t)
	mounts := make([]string, 0, len(agentMounts))
	for _, dir := range agentMounts {
		mounts = append(mounts, dir+":"+dir+":ro")
	}
	writeFile(t, s.BottleFile, readFile(t, s.BottleFile)+"agent: {image: "+agentImage(t)+", command: [\"true\"], mounts: [\""+strings.Join(mounts, `", "`)+"\"]}\n")
	front := frontOf(t, s)
	for n := 1; ; n++ {
		r, sent := s.signalled(t, front, n, syscall.SIGINT, false, "run")
		if !sent {
			r.must(t)
			if n < 20 {
				t.Errorf("a run has only %d steps; something was not counted", n)
			}
			return
		}
		if r.Code != 0 && r.Code != 128+int(syscall.SIGINT) { // 0: it came too late for the agent
			t.Errorf("at step %d: exit status %d\n%s", n, r.Code, r.Stderr)
		}
		s.nothingLeft(t)
	}
}
