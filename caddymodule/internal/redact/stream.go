package redact

// Stream masks the forms of a token in a body that comes in pieces.
//
// Of each piece it holds back the run of bytes at the end that forms could be
// made of, up to the longest form less one byte, whatever those bytes are. A
// piece that ends in white space, a quote or a brace is not held back at all.
type Stream struct {
	forms *Forms
	// kept is what was not searched to its end. Of it, sent bytes are out
	// already, and masked bytes belong to a form that began before.
	kept         []byte
	sent, masked int
	// joined is the memory in which a piece is joined to what was kept.
	joined []byte
	found  bool
}

// NewStream returns a stream that masks the forms.
func (f *Forms) NewStream() *Stream { return &Stream{forms: f} }

// Found reports whether a form was found so far.
func (s *Stream) Found() bool { return s.found }

// Next takes the next piece and returns what may go out. The result is valid
// until the next call; it may be part of piece, which is not changed.
func (s *Stream) Next(piece []byte) []byte {
	if len(s.kept) == 0 {
		return s.advance(piece, true)
	}
	s.joined = append(append(s.joined[:0], s.kept...), piece...)
	return s.advance(s.joined, true)
}

// End returns what is still held back at the end of the body.
func (s *Stream) End() []byte {
	s.joined = append(s.joined[:0], s.kept...)
	return s.advance(s.joined, false)
}

// Boundary returns what is held back at a border that readers see, such as
// the end of a message, and keeps it in mind: a form that spans the border is
// found when its end arrives.
func (s *Stream) Boundary() []byte {
	out := s.kept[s.sent:]
	s.sent = len(s.kept)
	return out
}

// advance searches text and cuts it in two: what goes out, with the forms in
// it masked, and what stays.
func (s *Stream) advance(text []byte, more bool) []byte {
	found := s.forms.search(text, more)
	s.found = s.found || len(found) > 0
	if s.masked > 0 {
		found = append(found, span{0, s.masked})
	}
	cut := len(text)
	if more {
		cut = s.forms.cut(text)
	}
	s.masked = 0
	s.kept = append(s.kept[:0], text[cut:]...)
	out := text[:cut]
	if len(found) > 0 {
		out = append([]byte(nil), out...)
	}
	for _, f := range found {
		if f.start >= cut {
			continue // found again when it goes out
		}
		s.masked = max(s.masked, f.end-cut)
		for i := f.start; i < min(f.end, cut); i++ {
			out[i] = '*'
		}
	}
	out, s.sent = out[min(s.sent, cut):], max(s.sent-cut, 0)
	return out
}

// cut returns where what has to stay begins.
func (f *Forms) cut(text []byte) int {
	cut := len(text)
	for cut > 0 && f.run[text[cut-1]] && len(text)-cut < f.longest-1 {
		cut--
	}
	return cut
}

// Mask masks the forms in a text that is complete.
func (f *Forms) Mask(text string) (masked string, found bool) {
	if len(text) < f.window {
		return text, false
	}
	s := f.NewStream()
	out := s.advance([]byte(text), false)
	if !s.found {
		return text, false
	}
	return string(out), true
}
