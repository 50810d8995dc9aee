package egress

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAgentPipelockGolden fails when what an agent's own pipelock lets through
// changes: a host, a header that is not searched, an address that is allowed.
func TestAgentPipelockGolden(t *testing.T) {
	const golden = "testdata/agent.yaml"
	got, err := RenderAgentPipelock()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDENS") != "" {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
