package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// progress shows the long steps of a command: on a terminal the present one in
// a line that is written again and again, with the time it takes; elsewhere
// each of them in a line of its own.
type progress struct {
	w io.Writer
	// inPlace is set on a terminal; paint gives words their color there.
	inPlace bool
	paint   func(word string) string

	mu    sync.Mutex
	step  string // "" between steps
	began time.Time
	done  chan struct{} // ends the clock of the step
}

// eraseLine goes to the start of the line and erases it (ECMA-48 §8.3.41).
const eraseLine = "\r\x1b[K"

// begin ends the step before, which was a success, and shows the next one.
func (p *progress) begin(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.inPlace {
		fmt.Fprintln(p.w, "cred-proxy: "+step)
		return
	}
	p.finish("ok")
	p.step, p.began, p.done = step, now(), make(chan struct{})
	p.draw()
	go p.run(p.done)
}

// end ends the last step.
func (p *progress) end(success bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if success {
		p.finish("ok")
	} else {
		p.finish("failed")
	}
}

// line writes a line of its own, above the step that goes on.
func (p *progress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.step == "" {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprintln(p.w, eraseLine+text)
	p.draw()
}

// run draws the step again each second until it is done.
func (p *progress) run(done <-chan struct{}) {
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	for {
		select {
		case <-done:
			return
		case <-seconds.C:
		}
		p.mu.Lock()
		if p.done == done {
			p.draw()
		}
		p.mu.Unlock()
	}
}

// finish leaves the line of a step behind with what came of it.
func (p *progress) finish(result string) {
	if p.step == "" {
		return
	}
	close(p.done)
	took := now().Sub(p.began).Round(100 * time.Millisecond)
	fmt.Fprintf(p.w, "%scred-proxy: %s: %s (%s)\n", eraseLine, p.step, p.paint(result), took)
	p.step, p.done = "", nil
}

// draw writes the line of the step, cut off where the terminal would wrap it:
// of a line that wraps only the last part could be erased.
func (p *progress) draw() {
	text := fmt.Sprintf("cred-proxy: %s ... %s", p.step, now().Sub(p.began).Truncate(time.Second))
	if limit := columns(p.w) - 1; limit > 0 && utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit])
	}
	fmt.Fprint(p.w, eraseLine+text)
}

// columns is the width of a terminal, 0 for anything else.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// begin shows a step of a command, unless the user wants quiet.
func (a *app) begin(step string) {
	if !a.opts.Quiet {
		a.steps().begin(step)
	}
}

// ended ends the steps of a command and returns its error.
func (a *app) ended(err error) error {
	a.steps().end(err == nil)
	return err
}

// steps returns the progress of this command.
func (a *app) steps() *progress {
	if a.progress == nil {
		a.progress = &progress{
			w: a.stderr, inPlace: a.isTerminal(a.stderr),
			paint: func(word string) string { return a.paint(a.stderr, word) },
		}
	}
	return a.progress
}

// note writes a line to stderr, where it does not mix with the agent's output
// or what a script reads.
func (a *app) note(text string) {
	if !a.opts.Quiet {
		a.steps().line("cred-proxy: " + launcher.Printable(text))
	}
}

// warn is note for what is odd but no error.
func (a *app) warn(text string) { a.note("warning: " + text) }
