package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const anthropicToken = "TEST-SECRET-anthropic-5c6d7e8f9a"

// events are the stream of one message, as the API documents them.
var events = []struct{ name, data string }{
	{"message_start", `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-sonnet-4-5","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}`},
	{"content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`},
	{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"One "}}`},
	{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"by "}}`},
	{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one."}}`},
	{"content_block_stop", `{"type":"content_block_stop","index":0}`},
	{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}`},
	{"message_stop", `{"type":"message_stop"}`},
}

// newAnthropic starts a stand-in of the API that sends each event only when
// next lets it, or is closed.
func newAnthropic(t *testing.T, header, value string, next <-chan struct{}) *upstream {
	t.Helper()
	return newUpstream(t, demand(header, value, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for _, event := range events {
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event.name, event.data)
			_ = http.NewResponseController(w).Flush()
		}
	}), "api.anthropic.com")
}

// streamMessage runs the SDK and lets the upstream send an event only after
// the one before has come out of the client. pause is called before each.
func streamMessage(t *testing.T, s *sidecar, next chan<- struct{}, pause func(i int)) {
	t.Helper()
	script, err := filepath.Abs("testdata/stream.cjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := s.Home
	if s.agent == nil {
		dir = t.TempDir()
	}
	cmd := s.command(dir, "node", script)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	for i, event := range events {
		pause(i)
		select {
		case next <- struct{}{}:
		case <-time.After(30 * time.Second):
			t.Fatalf("the upstream waits no more to send event %d\n%s", i, stderr.String())
		}
		select {
		case got, ok := <-lines:
			if !ok {
				t.Fatalf("the client ended at event %d: %v\n%s", i, cmd.Wait(), stderr.String())
			}
			if got != event.name {
				t.Fatalf("event %d came out as %q, want %q", i, got, event.name)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("event %d (%s) did not arrive while the upstream waited", i, event.name)
		}
	}
	if got := <-lines; got != "text: One by one." {
		t.Errorf("the client ended with %q\n%s", got, stderr.String())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the client: %v\n%s", err, stderr.String())
	}
}

// If this fails, an agent sees the model's answer in lumps, or not at all, or
// the API gets a credential it does not take.
func TestAnthropicSDKStreamsEventByEvent(t *testing.T) {
	for name, auth := range map[string]struct{ entry, header, value string }{
		"OAuth token": {"{kind: anthropic, token_ref: CLAUDE}", "Authorization", "Bearer " + anthropicToken},
		"API key":     {"{kind: anthropic, auth: api_key, token_ref: CLAUDE}", "X-Api-Key", anthropicToken},
	} {
		t.Run(name, func(t *testing.T) {
			world, next := newInternet(t), make(chan struct{})
			api := newAnthropic(t, auth.header, auth.value, next)
			world.lead("api.anthropic.com", api.Address)
			s := up(t, "tokens: ["+auth.entry+"]\n"+world.egress(t), map[string]string{"CLAUDE": anthropicToken})
			streamMessage(t, s, next, func(int) {})
			requests := api.take()
			if len(requests) != 1 || requests[0].Target != "/v1/messages" {
				t.Fatalf("the API got %d requests", len(requests))
			}
			if beta := requests[0].Header.Get("Anthropic-Beta"); (auth.header == "Authorization") != strings.Contains(beta, "oauth-2025-04-20") {
				t.Errorf("anthropic-beta is %q", beta)
			}
		})
	}
}
