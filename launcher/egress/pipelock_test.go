package egress

import (
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
	"github.com/bot-bottle/cred-proxy/launcher/internal/goldentest"
	"github.com/bot-bottle/cred-proxy/launcher/plan"
)

// TestPipelockGoldens fails when the configuration of a bottle's pipelock
// changes: each file in testdata holds a bottle file and its configuration.
func TestPipelockGoldens(t *testing.T) {
	goldentest.Run(t, func(t *testing.T, _ *bottle.Bottle, p *plan.Plan) string {
		got, err := RenderPipelock(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	})
}
