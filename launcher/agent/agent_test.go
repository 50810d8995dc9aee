package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

const separator = "----------\n"

// TestGoldens fails when what an agent is given changes: each file in
// testdata holds a bottle file and its agent's environment and files.
// UPDATE_GOLDENS=1 writes them anew.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(content), separator)
			b, err := bottle.Parse("dev.yaml", []byte(source), "")
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.Prepare(b)
			if err != nil {
				t.Fatal(err)
			}
			in := agent.Input{BaseURL: "http://cred-proxy:9099", Home: "/home/agent"}
			if b.Backend == "process" {
				in = agent.Input{
					BaseURL: "http://127.0.0.1:1234", Token: "0123456789abcdef0123456789abcdef01234567",
					Home: "/run/home dir", GitHubSocket: "/run/gh.sock", UserName: `A "B" \C`, UserEmail: "a@b.example",
				}
			}
			got := render(agent.Render(p, in))
			if os.Getenv("UPDATE_GOLDENS") != "" {
				if err := os.WriteFile(file, []byte(source+separator+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func render(a plan.Agent) string {
	var lines []string
	for name, value := range a.Env {
		lines = append(lines, fmt.Sprintf("%s=%s\n", name, value))
	}
	for name, content := range a.Files {
		lines = append(lines, fmt.Sprintf("~~ %s\n%s", name, content))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
