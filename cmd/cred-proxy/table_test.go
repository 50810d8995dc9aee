package main

import "testing"

// TestColorsInTables: on a terminal the words of a state have colors. If this
// fails, they have none, or what a terminal does not show shifts the columns.
func TestColorsInTables(t *testing.T) {
	b := newRealBottle(t, "http://127.0.0.1:9")
	b.run("first", "up")
	cases := []struct {
		name string
		args []string
		want string
	}{
		{"with color", []string{"ps"}, "demo     \x1b[32mrunning\x1b[m   up     process"},
		{"without", []string{"--no-color", "ps"}, "demo     running   up     process"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cmd := b.command("first", c.args...)
			cmd.Env = append(cmd.Env, "TERM=xterm")
			term := startOnTerminal(t, cmd)
			term.await(c.want)
			if err := term.cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
