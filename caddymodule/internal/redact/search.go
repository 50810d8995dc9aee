package redact

import (
	"bytes"
	"math/bits"
)

// span is a range of bytes, from start up to but without end.
type span struct{ start, end int }

// search returns where forms stand in text. Whether it takes long depends on
// where runs of the forms' bytes are, and never on what they have in common
// with the token. With more, text may go on, and a form whose last character
// may share bits with the next is left to be found then.
func (f *Forms) search(text []byte, more bool) []span {
	var found []span
	for start := 0; start+f.window <= len(text); {
		// A run shorter than the window holds no form, so one byte in a
		// window is looked at where there are none.
		last := start + f.window - 1
		for last >= start && f.run[text[last]] {
			last--
		}
		if last >= start {
			start = last + 1
			continue
		}
		end := start + f.window
		for end < len(text) && f.run[text[end]] {
			end++
		}
		found = f.searchRun(text[start:end], start, more && end == len(text), found)
		start = end + 1
	}
	return found
}

// searchRun searches a run as it stands, and with its escapes undone.
func (f *Forms) searchRun(run []byte, offset int, more bool, found []span) []span {
	f.windows(run, more, func(s span) {
		found = append(found, span{offset + s.start, offset + s.end})
	})
	if bytes.IndexByte(run, '%') < 0 && bytes.IndexByte(run, '\\') < 0 && bytes.IndexByte(run, '&') < 0 {
		return found
	}
	u := unescaped{text: run}
	for range maxEscapeRounds {
		if !u.again() {
			break
		}
		f.windows(u.text, more, func(s span) {
			found = append(found, span{offset + u.at[s.start], offset + u.at[s.end]})
		})
	}
	return found
}

// windows calls yield for each form in text. It keeps a hash of the last
// window of bytes (a cyclic polynomial), which says nothing about a form
// before all of a window's bytes are the form's.
func (f *Forms) windows(text []byte, more bool, yield func(span)) {
	n := f.window
	if len(text) < n {
		return
	}
	var hash uint64
	for _, c := range text[:n] {
		hash = bits.RotateLeft64(hash, 1) ^ entering[c]
	}
	f.verify(hash, text, 0, more, yield)
	enters, leaves, candidate := &entering, &f.leaving, &f.candidate
	last := text[n:]
	first := text[:len(last)]
	for i := range last {
		hash = bits.RotateLeft64(hash, 1) ^ (leaves[first[i]] ^ enters[last[i]])
		if candidate[hash>>(64-candidateBits)] {
			f.verify(hash, text, i+1, more, yield)
		}
	}
}

// verify yields the form that starts at start, if one does.
func (f *Forms) verify(hash uint64, text []byte, start int, more bool, yield func(span)) {
	for _, form := range f.forms {
		end := start + len(form.text)
		if form.hash != hash || end > len(text) || string(text[start:end]) != form.text {
			continue
		}
		if form.after && end == len(text) && more {
			continue
		}
		found := span{start, end}
		if form.before && start > 0 && isBase64(text[start-1]) {
			found.start--
		}
		if form.after && end < len(text) && isBase64(text[end]) {
			found.end++
		}
		yield(found)
	}
}
