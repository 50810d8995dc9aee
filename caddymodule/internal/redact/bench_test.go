package redact

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
)

// BenchmarkStream measures masking in the pieces in which a proxy copies.
func BenchmarkStream(b *testing.B) {
	random := make([]byte, 24<<10)
	_, _ = rand.Read(random)
	prose := strings.Repeat(`{"id":12345,"name":"a name","url":"https://api.github.com/repos/o/r/issues/1"},`, 400)
	for name, piece := range map[string][]byte{
		"binary": random,
		"JSON":   []byte(prose)[:32<<10],
		"Base64": []byte(base64.StdEncoding.EncodeToString(random)),
	} {
		b.Run(name, func(b *testing.B) {
			s := formsOf(b, plain).NewStream()
			b.SetBytes(int64(len(piece)))
			for b.Loop() {
				s.Next(piece)
			}
		})
	}
}
