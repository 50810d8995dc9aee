package redact

import (
	"io"
	"log"
	"slices"
	"sync"
)

// maxKnown bounds how many tokens are masked in logs; tokens that are rotated
// make room for their successors.
const maxKnown = 64

var known struct {
	sync.RWMutex
	forms []*Forms
}

// Remember makes Known mask the forms. They belong to the process, since what
// is logged about a response may come after its configuration is gone.
func Remember(f *Forms) {
	known.Lock()
	defer known.Unlock()
	if slices.ContainsFunc(known.forms, func(have *Forms) bool { return have.Are(f.token) }) {
		return
	}
	if len(known.forms) == maxKnown {
		known.forms = slices.Delete(known.forms, 0, 1)
	}
	known.forms = append(known.forms, f)
}

// Known masks the forms of all tokens that this process has used.
func Known(text string) (masked string, found bool) {
	known.RLock()
	defer known.RUnlock()
	for _, forms := range known.forms {
		var here bool
		text, here = forms.Mask(text)
		found = found || here
	}
	return text, found
}

// MaskStandardLog masks the forms of known tokens in Go's standard log, which
// has a writer of its own in Caddy, whatever the configured logs are. Go's
// HTTP client quotes there what an upstream sends after a response.
func MaskStandardLog() {
	if _, already := log.Writer().(knownMasked); !already {
		log.SetOutput(knownMasked{log.Writer()})
	}
}

type knownMasked struct{ io.Writer }

// Write implements io.Writer for one line.
func (w knownMasked) Write(line []byte) (int, error) {
	masked, found := Known(string(line))
	if !found {
		return w.Writer.Write(line)
	}
	return io.WriteString(w.Writer, masked)
}
