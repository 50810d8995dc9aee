// Command termsvg turns terminal output with ANSI colors on stdin into a
// picture of a terminal (SVG) on stdout.
//
//	make demo | go run ./termsvg -title 'make demo' >demo.svg
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// Measures in pixels of the picture, for a monospaced font.
const (
	charWidth  = 7.8
	lineHeight = 18.0
	fontSize   = 13
	padding    = 18.0
	titleBar   = 34.0
)

func main() {
	title := flag.String("title", "", "the window's title")
	columns := flag.Int("columns", 100, "longer lines are wrapped")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *title, *columns); err != nil {
		fmt.Fprintln(os.Stderr, "termsvg:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, title string, columns int) error {
	lines, err := read(in, columns)
	if err != nil {
		return fmt.Errorf("reading the terminal's output: %w", err)
	}
	w := bufio.NewWriter(out)
	draw(w, lines, title, columns)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}

// span is text in one style; class holds names of the style sheet.
type span struct {
	class string
	text  string
}

// classes maps SGR parameters (ECMA-48 §8.3.117) to names of the style sheet.
var classes = map[string]string{
	"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "34": "l", "35": "m", "36": "c", "90": "d",
}

func read(in io.Reader, columns int) ([][]span, error) {
	var lines [][]span
	class := ""
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		var spans []span
		spans, class = parse(scanner.Text(), class)
		lines = append(lines, wrap(spans, columns)...)
	}
	return lines, scanner.Err()
}

// parse splits a line into spans; class is the style that it starts with, and
// the second result the one it ends with. Sequences other than SGR are dropped.
func parse(line, class string) ([]span, string) {
	var spans []span
	for line != "" {
		before, after, found := strings.Cut(line, "\x1b[")
		if before != "" {
			spans = append(spans, span{class, before})
		}
		if !found {
			break
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 {
			break
		}
		if after[end] == 'm' {
			class = style(class, after[:end])
		}
		line = after[end+1:]
	}
	return spans, class
}

func style(class, parameters string) string {
	for p := range strings.SplitSeq(parameters, ";") {
		switch name, known := classes[p]; {
		case p == "" || p == "0" || p == "39" || p == "22":
			class = ""
		case known:
			class = strings.TrimSpace(class + " " + name)
		}
	}
	return class
}

// cell is one character in its style.
type cell struct {
	class string
	char  rune
}

// wrap breaks a line that is too long, at a space if there is one in the last
// third.
func wrap(spans []span, columns int) [][]span {
	var cells []cell
	for _, s := range spans {
		for _, char := range s.text {
			cells = append(cells, cell{s.class, char})
		}
	}
	var lines [][]span
	for len(cells) > columns {
		end := columns
		for i := columns; i > columns*2/3; i-- {
			if cells[i-1].char == ' ' {
				end = i
				break
			}
		}
		lines = append(lines, join(cells[:end]))
		cells = cells[end:]
	}
	return append(lines, join(cells))
}

// join makes spans of cells with one style.
func join(cells []cell) []span {
	var spans []span
	for i, c := range cells {
		if i == 0 || cells[i-1].class != c.class {
			spans = append(spans, span{class: c.class})
		}
		spans[len(spans)-1].text += string(c.char)
	}
	return spans
}

func draw(w io.Writer, lines [][]span, title string, columns int) {
	width := float64(columns)*charWidth + 2*padding
	height := titleBar + float64(len(lines))*lineHeight + 2*padding
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">
<style>
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:%dpx;fill:#c9d1d9;white-space:pre}
.b{font-weight:700;fill:#f0f6fc}.d{fill:#8b949e}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.l{fill:#79c0ff}.m{fill:#d2a8ff}.c{fill:#76e3ea}
.t{font-family:system-ui,sans-serif;fill:#8b949e;text-anchor:middle}
</style>
<rect width="100%%" height="100%%" rx="10" fill="#0d1117"/>
<path d="M0 %.0fV10a10 10 0 0 1 10-10H%.0fa10 10 0 0 1 10 10V%.0fz" fill="#161b22"/>
`, width, height, width, height, html.EscapeString(title), fontSize, titleBar, width-10, titleBar)
	for i, color := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(w, `<circle cx="%.0f" cy="%.0f" r="6" fill="%s"/>`+"\n", padding+float64(i)*20, titleBar/2, color)
	}
	fmt.Fprintf(w, `<text class="t" x="%.0f" y="%.0f">%s</text>`+"\n", width/2, titleBar/2+5, html.EscapeString(title))
	for i, spans := range lines {
		y := titleBar + padding + float64(i)*lineHeight + fontSize
		column := 0
		for _, s := range spans {
			// Every span has a place of its own, so that a font of another
			// width does not shift what follows.
			if strings.TrimSpace(s.text) != "" {
				fmt.Fprintf(w, `<text xml:space="preserve" x="%.1f" y="%.1f" class="%s">%s</text>`+"\n",
					padding+float64(column)*charWidth, y, s.class, html.EscapeString(s.text))
			}
			column += utf8.RuneCountInString(s.text)
		}
	}
	fmt.Fprintln(w, "</svg>")
}
