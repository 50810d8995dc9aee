package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher/agent"
	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/internal/goldentest"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestGoldens fails when what an agent is given changes: each file in
// testdata holds a bottle file and its agent's environment and files.
func TestGoldens(t *testing.T) {
	goldentest.Run(t, func(_ *testing.T, b *bottle.Bottle, p *plan.Plan) string {
		in := agent.Input{BaseURL: "http://cred-proxy:9099", Home: "/home/agent", EgressCA: "a CA\n"}
		if b.Backend == "process" {
			in = agent.Input{
				BaseURL: "http://127.0.0.1:1234", Token: "0123456789abcdef0123456789abcdef01234567",
				Home: "/run/home dir", GitHubSocket: "/run/gh.sock", UserName: `A "B" \C`, UserEmail: "a@b.example",
			}
		}
		return render(agent.Render(p, in))
	})
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
