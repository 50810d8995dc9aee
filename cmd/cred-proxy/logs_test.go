package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLineWriter: logs come in pieces of any size. If this fails, a line is
// rendered in halves, or the last one is lost.
func TestLineWriter(t *testing.T) {
	var out strings.Builder
	l := &lineWriter{w: &out, render: strings.ToUpper}
	for _, piece := range []string{"on", "e\ntwo\nth", "ree", "\n\nfo", "ur"} {
		if _, err := io.WriteString(l, piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.flush(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("ONE\nTWO\nTHREE\n\nFOUR\n", out.String()); diff != "" {
		t.Error(diff)
	}
}
