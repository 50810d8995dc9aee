package main

import (
	"errors"
	"strings"
	"testing"
)

// TestMessagesRewriteNoTerminal: an image's links and files stand in errors
// and warnings. If this fails, their names can hide what else is said.
func TestMessagesRewriteNoTerminal(t *testing.T) {
	var out strings.Builder
	a := newApp(nil, nil, &out, nil)
	a.warn("home \x1b[2J")
	a.exitStatus(runtimeError(errors.New("link to /\x1b[1A\rgone\nnext"), "remove \x07"))
	want := "cred-proxy: warning: home \\x1b[2J\ncred-proxy: link to /\\x1b[1A\\rgone\ncred-proxy: next\nhint: remove \\a\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestAgentsStatusIsNoFailure: if this fails, the last step of a `run` whose
// agent ends with a status of its own is said to have failed.
func TestAgentsStatusIsNoFailure(t *testing.T) {
	var out strings.Builder
	a := newApp(nil, nil, &out, nil)
	a.progress = &progress{w: &out, inPlace: true, paint: func(word string) string { return word }}
	a.begin("ending")
	if code := a.exitStatus(&exitError{code: 3}); code != 3 {
		t.Errorf("exit status %d", code)
	}
	if !strings.Contains(out.String(), "ending: ok") {
		t.Errorf("it says %q", out.String())
	}
}
