package budget

// Buffer is a body that is being held, in one piece. The zero value is empty.
type Buffer struct {
	Hold
	content []byte
}

// first is the least that a buffer has room for, in bytes.
const first = 4 << 10

// Bytes returns the content. It is valid until the next Room or Release.
func (b *Buffer) Bytes() []byte { return b.content }

// Room returns free space behind the content, of at least a byte, and takes it
// from the budget. The content may grow up to limit bytes; without any room
// left up to there, the result is empty.
func (b *Buffer) Room(limit int) ([]byte, error) {
	if len(b.content) == cap(b.content) && len(b.content) < limit {
		// Growing by less would leave less room unused, but several times the
		// buffer to the garbage collector.
		size := min(max(first, 2*cap(b.content)), limit)
		if err := b.Take(size - cap(b.content)); err != nil {
			return nil, err
		}
		b.content = append(make([]byte, 0, size), b.content...)
	}
	return b.content[len(b.content):min(cap(b.content), max(limit, len(b.content)))], nil
}

// Extend makes the first n bytes of the last Room part of the content.
func (b *Buffer) Extend(n int) { b.content = b.content[:len(b.content)+n] }

// Release forgets the content and gives back what it took.
func (b *Buffer) Release() {
	b.content = nil
	b.Hold.Release()
}
