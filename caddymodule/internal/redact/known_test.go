package redact

import (
	"bytes"
	"fmt"
	"log"
	"strings"
	"testing"
)

// TestStandardLogShowsNoToken fails when a package that knows nothing of
// Caddy can log a token, or a line without one is changed.
func TestStandardLogShowsNoToken(t *testing.T) {
	var out bytes.Buffer
	before, flags := log.Writer(), log.Flags()
	t.Cleanup(func() { log.SetOutput(before); log.SetFlags(flags) })
	log.SetOutput(&out)
	log.SetFlags(0)
	Remember(formsOf(t, awkward))
	for range 2 { // as when a configuration is loaded again
		MaskStandardLog()
	}
	log.Printf("starting with %q; %s", awkward, "x")
	log.Print("nothing")
	want := "starting with \"" + strings.Repeat("*", len(awkward)+2) + "\"; x\nnothing\n" // two are escaped
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestKnownTokensAreBounded fails when tokens that are rotated all day fill
// the memory, or the newest is not among the known.
func TestKnownTokensAreBounded(t *testing.T) {
	for i := range 2 * maxKnown {
		Remember(formsOf(t, fmt.Sprintf("TEST-SECRET-rotation-%03d", i)))
		Remember(formsOf(t, fmt.Sprintf("TEST-SECRET-rotation-%03d", i)))
	}
	newest := fmt.Sprintf("TEST-SECRET-rotation-%03d", 2*maxKnown-1)
	if got, found := Known("a " + newest); !found || got != "a "+strings.Repeat("*", len(newest)) || len(known.forms) != maxKnown {
		t.Errorf("%d are known; %q", len(known.forms), got)
	}
}
