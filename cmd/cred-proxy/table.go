package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// colors are the escape sequences of words that have a color (ECMA-48 §8.3.117).
var colors = map[string]string{
	launcher.OK: "\x1b[32m", launcher.Warning: "\x1b[33m", launcher.Failed: "\x1b[31m",
	launcher.Running: "\x1b[32m", launcher.Starting: "\x1b[33m", launcher.Unhealthy: "\x1b[31m", launcher.Dead: "\x1b[31m",
}

// printTable writes rows in aligned columns; the first one is their headings.
// The words of column colored have colors where there are colors.
func (a *app) printTable(rows [][]string, colored int) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			// Padded first: what a terminal does not show has no width.
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+3)
			if i == colored {
				cell = a.paint(a.stdout, cell)
			}
			line.WriteString(cell + padding)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if _, err := io.WriteString(a.stdout, b.String()); err != nil {
		return runtimeError(fmt.Errorf("writing output: %w", err), "")
	}
	return nil
}

// paint gives a word its color if w is a terminal and the user has nothing
// against it (no-color.org).
func (a *app) paint(w io.Writer, word string) string {
	color := colors[word]
	if color == "" || a.opts.NoColor || a.env["NO_COLOR"] != "" || !a.isTerminal(w) {
		return word
	}
	return color + word + "\x1b[m"
}

// isTerminal tells whether w is a terminal that understands escape sequences.
func (a *app) isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || a.env["TERM"] == "dumb" {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
