package upstreamlinks

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// editJSON changes members of the objects in a JSON document, at every depth,
// and copies every other byte. The edit gets a member's name and the raw value
// and returns the value to write, or false to leave the member out. All
// members are shown, repeated ones too, so it does not matter which of them a
// client takes. What is in a value that the edit replaces is not shown.
func editJSON(document []byte, edit func(name string, raw []byte) (value []byte, keep bool)) ([]byte, error) {
	if !utf8.Valid(document) || !json.Valid(document) || depth(document) > maxDepth {
		return nil, errNotJSON
	}
	e := &jsonEditor{in: document, edit: edit}
	e.out.Grow(len(document))
	e.space()
	e.value()
	e.space()
	return e.out.Bytes(), nil
}

// maxDepth bounds how deep a document may be nested that is edited, since each
// level takes a part of the stack.
const maxDepth = 200

// depth returns how deep a valid document is nested.
func depth(document []byte) (deepest int) {
	current := 0
	for i := 0; i < len(document); i++ {
		switch document[i] {
		case '"':
			for i++; document[i] != '"'; i++ {
				if document[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			current++
			deepest = max(deepest, current)
		case '}', ']':
			current--
		}
	}
	return deepest
}

// members calls yield for the members of a valid JSON object, in their order.
func members(object []byte, yield func(name string, raw []byte) error) error {
	decoder := &jsonEditor{in: object}
	for decoder.pos++; ; decoder.pos++ {
		decoder.skip()
		if object[decoder.pos] == '}' {
			return nil
		}
		var name string
		if err := json.Unmarshal(decoder.scalar(), &name); err != nil {
			return err
		}
		decoder.skip()
		decoder.pos++ // the colon
		decoder.skip()
		from := decoder.pos
		decoder.skipValue()
		if err := yield(name, object[from:decoder.pos]); err != nil {
			return err
		}
		decoder.skip()
		if object[decoder.pos] == '}' {
			return nil
		}
	}
}

// skip passes over white space.
func (e *jsonEditor) skip() {
	for e.pos < len(e.in) && bytes.IndexByte([]byte(" \t\r\n"), e.in[e.pos]) >= 0 {
		e.pos++
	}
}

// skipValue passes over a value without regard to what is in it.
func (e *jsonEditor) skipValue() {
	for nested := 0; ; {
		switch e.in[e.pos] {
		case '{', '[':
			nested++
			e.pos++
		case '}', ']':
			nested--
			e.pos++
		case ',', ':':
			e.pos++
		default:
			e.scalar()
		}
		if nested == 0 {
			return
		}
		e.skip()
	}
}

// jsonEditor walks a document that is known to be valid.
type jsonEditor struct {
	in   []byte
	pos  int
	out  bytes.Buffer
	edit func(name string, raw []byte) ([]byte, bool)
}

func (e *jsonEditor) space() {
	from := e.pos
	e.skip()
	e.out.Write(e.in[from:e.pos])
}

// value copies a value, with the edits of what is in it.
func (e *jsonEditor) value() {
	switch e.in[e.pos] {
	case '{':
		e.list('}', e.member)
	case '[':
		e.list(']', e.element)
	default:
		e.out.Write(e.scalar())
	}
}

// list copies brackets and what is between them, without the items that item
// leaves out and their commas.
func (e *jsonEditor) list(closing byte, item func() (kept bool)) {
	e.out.WriteByte(e.in[e.pos])
	empty := true
	for e.in[e.pos] != closing {
		e.pos++ // the opening bracket or a comma
		start := e.out.Len()
		if !empty {
			e.out.WriteByte(',')
		}
		e.space()
		if e.in[e.pos] == closing {
			break
		}
		if item() {
			empty = false
			continue
		}
		e.out.Truncate(start)
	}
	e.out.WriteByte(closing)
	e.pos++
}

func (e *jsonEditor) element() bool {
	e.value()
	e.space()
	return true
}

func (e *jsonEditor) member() bool {
	key := e.scalar()
	var name string
	if err := json.Unmarshal(key, &name); err != nil {
		return false // never: the document is valid
	}
	e.out.Write(key)
	e.space()
	e.out.WriteByte(':')
	e.pos++
	e.space()
	from, start := e.pos, e.out.Len()
	e.value()
	raw := e.in[from:e.pos]
	edited, keep := e.edit(name, raw)
	if keep && !bytes.Equal(edited, raw) {
		e.out.Truncate(start)
		e.out.Write(edited)
	}
	e.space()
	return keep
}

// scalar returns a string, number or literal as it stands.
func (e *jsonEditor) scalar() []byte {
	from := e.pos
	if e.in[e.pos] == '"' {
		for e.pos++; e.in[e.pos] != '"'; e.pos++ {
			if e.in[e.pos] == '\\' {
				e.pos++
			}
		}
		e.pos++
		return e.in[from:e.pos]
	}
	for e.pos < len(e.in) && bytes.IndexByte([]byte(" \t\r\n,]}"), e.in[e.pos]) < 0 {
		e.pos++
	}
	return e.in[from:e.pos]
}
