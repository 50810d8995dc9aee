package main

import (
	"fmt"
	"io"
	"strings"
)

// story prints the demo as an explanation.
type story struct {
	out    io.Writer
	colour bool
}

func (s *story) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// title starts a part.
func (s *story) title(text string) {
	fmt.Fprintf(s.out, "\n%s\n", s.paint("1;36", "== "+text))
}

// say prints explanation.
func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...)
}

// quote prints somebody else's text, indented.
func (s *story) quote(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(s.out, s.paint("2", "    "+strings.TrimRight(line, "\n")))
	}
}

// agent prints one line that came from the agent or its launcher; the agent's
// have a bar before them.
func (s *story) agent(line string) {
	bar := s.paint("33", "agent │ ")
	switch {
	case strings.HasPrefix(line, "# "):
		fmt.Fprintln(s.out, bar+s.paint("1", line))
	case strings.HasPrefix(line, "cred-proxy: "):
		fmt.Fprintln(s.out, s.paint("2", line)) // the launcher's, not the agent's
	case strings.HasPrefix(line, "remote:") || strings.Contains(line, `"code"`):
		fmt.Fprintln(s.out, bar+s.paint("31", line))
	case strings.HasPrefix(line, "$ "):
		fmt.Fprintln(s.out, bar+s.paint("32", line))
	default:
		fmt.Fprintln(s.out, bar+line)
	}
}

// verdict prints one promise and whether it was kept.
func (s *story) verdict(promise string, err error) {
	if err != nil {
		fmt.Fprintf(s.out, "  %s %s: %v\n", s.paint("1;31", "FAILED"), promise, err)
		return
	}
	fmt.Fprintf(s.out, "  %s %s\n", s.paint("32", "ok"), promise)
}
