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
