package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestProgress: steps, notes and results share one terminal line. If this
// fails, a warning is written into a step's line, or a step's text stays behind
// what is written over it.
func TestProgress(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	now = func() time.Time { return at }
	t.Cleanup(func() { now = time.Now })
	work := func(p *progress) {
		p.line("before")
		p.begin("one")
		p.line("warning")
		at = at.Add(1200 * time.Millisecond)
		p.begin("two")
		p.end(false)
		p.end(true) // there is no step any more
		p.line("after")
	}
	cases := []struct {
		name    string
		inPlace bool
		want    string
	}{
		{"elsewhere", false, "before\ncred-proxy: one\nwarning\ncred-proxy: two\nafter\n"},
		{
			"on a terminal", true, "before\n" +
				"\r\x1b[Kcred-proxy: one ... 0s" +
				"\r\x1b[Kwarning\n\r\x1b[Kcred-proxy: one ... 0s" +
				"\r\x1b[Kcred-proxy: one: ok (1.2s)\n" +
				"\r\x1b[Kcred-proxy: two ... 0s" +
				"\r\x1b[Kcred-proxy: two: failed (0s)\n" +
				"after\n",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			work(&progress{w: &out, inPlace: c.inPlace, paint: func(word string) string { return word }})
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestProgressOnTerminal: a launch on a terminal. If this fails, its steps stay
// unfinished, scroll by, or run into the command's output.
func TestProgressOnTerminal(t *testing.T) {
	cases := []struct {
		name string
		args []string
		env  string
		want []string
		none string
	}{
		{
			"a start",
			[]string{"up"},
			"TERM=xterm",
			[]string{
				"\r\x1b[Kcred-proxy: checking the configuration ... 0s", "\r\x1b[Kcred-proxy: checking the configuration: \x1b[32mok\x1b[m (",
				"\r\x1b[Kcred-proxy: starting the sidecar on http://127.0.0.1:", ": \x1b[32mok\x1b[m (", ")\r\ncred-proxy: a process of the same user", "\r\nbottle demo is up on",
			},
			"failed",
		},
		{
			"one that fails",
			[]string{"--sidecar", "fake-exits", "up"},
			"TERM=xterm",
			[]string{": \x1b[31mfailed\x1b[m (", ")\r\ncred-proxy: starting the sidecar: it ended at once\r\n"},
			"is up",
		},
		{"without color", []string{"--no-color", "up"}, "TERM=xterm", []string{"checking the configuration: ok ("}, "\x1b[32m"},
		{"without color by the environment", []string{"up"}, "NO_COLOR=1", []string{"checking the configuration: ok ("}, "\x1b[32m"},
		{"on a terminal that knows no sequences", []string{"up"}, "TERM=dumb", []string{"cred-proxy: checking the configuration\r\n"}, "\x1b"},
		{"quiet", []string{"--quiet", "up"}, "TERM=xterm", nil, "checking"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newRealBottle(t, "http://127.0.0.1:9")
			for i, arg := range c.args {
				if strings.HasPrefix(arg, "fake-") {
					c.args[i] = must(exec.LookPath(arg))
				}
			}
			cmd := b.command("first", c.args...)
			cmd.Env = append(cmd.Env, c.env)
			term := startOnTerminal(t, cmd)
			_ = term.cmd.Wait() // what it says tells how it ended
			for _, text := range c.want {
				term.await(text)
			}
			if strings.Contains(term.said(), c.none) {
				t.Errorf("there is %q in\n%q", c.none, term.said())
			}
		})
	}
}
