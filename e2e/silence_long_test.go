//go:build long

package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// silence is how long a model was seen to think without sending anything.
const silence = 2 * time.Minute

// If this fails, long calls of a model are cut while it thinks: before its
// answer begins, or in the middle of it.
func TestAnthropicStreamSurvivesSilence(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]int{"before the first event": 0, "between two events": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world, next := newInternet(t), make(chan struct{})
			api := newAnthropic(t, "Authorization", "Bearer "+anthropicToken, next)
			world.lead("api.anthropic.com", api.Address)
			s := up(t, "tokens: [{kind: anthropic, token_ref: CLAUDE}]\n"+world.egress(t), map[string]string{"CLAUDE": anthropicToken})
			streamMessage(t, s, next, func(i int) {
				if i == silent {
					<-time.After(silence) // the silence is what is tested
				}
			})
		})
	}
}

// If this fails, a WebSocket that has nothing to say is closed.
func TestWebSocketSurvivesSilence(t *testing.T) {
	t.Parallel()
	u := answering(t, false)
	s := up(t, "routes: [{path: /api/, upstream: \""+u.URL+"\", auth: {scheme: Bearer, token_ref: T}}]\n", map[string]string{"T": apiToken})
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+s.Address+"/api/echo", &websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {s.Token}}})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		defer resp.Body.Close()
	}
	defer conn.CloseNow()
	for _, wait := range []time.Duration{0, silence} {
		<-time.After(wait)
		if err := conn.Write(t.Context(), websocket.MessageText, []byte("still there?")); err != nil {
			t.Fatalf("after %s: %v", wait, err)
		}
		if _, message, err := conn.Read(t.Context()); err != nil || string(message) != "echo still there?" {
			t.Fatalf("after %s: %q, %v", wait, message, err)
		}
	}
}

// If this fails, a stream that never ends keeps a bottle from ending, or is
// cut without anybody being told.
func TestSIGTERMCutsWhatOutlastsTheGracePeriod(t *testing.T) {
	t.Parallel()
	u, _ := slowUpstream(t)
	s := lifeBottle(t, u)
	rest := s.firstLine(t, "/api/slow")
	began := time.Now()
	s.signal(t, syscall.SIGTERM)
	if line, err := rest.ReadString('\n'); err == nil {
		t.Errorf("the stream went on with %q", line)
	}
	if took := time.Since(began); took < 25*time.Second || took > 40*time.Second {
		t.Errorf("the stream was cut after %s, the grace period is 30 s", took)
	}
	eventually(t, "the sidecar to end", func() bool { return gone(s.Pid) })
	if log := s.logs(t); !strings.Contains(log, `"requests cut off after the grace period","route":"/api/","requests":1`) {
		t.Errorf("the log does not count what was cut:\n%s", log)
	}
}
