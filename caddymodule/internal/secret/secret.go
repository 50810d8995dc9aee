// Package secret holds credentials in a type that never prints them.
package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const redacted = "[redacted]"

// maxFileSize bounds a token file; longer ones are not tokens.
const maxFileSize = 64 << 10

// Token is a credential. However it is printed or marshalled, it shows
// "[redacted]"; only Reveal gives the value.
type Token struct{ value string }

// FromEnv reads the token from an environment variable. The error names the
// variable and says what is wrong, and never shows the value.
func FromEnv(name string) (Token, error) {
	value, ok := os.LookupEnv(name)
	if !ok {
		return Token{}, fmt.Errorf("environment variable %s is not set", name)
	}
	t, err := parse(value)
	if err != nil {
		return Token{}, fmt.Errorf("environment variable %s %w", name, err)
	}
	return t, nil
}

// FromFile reads the token from a file; one trailing newline is not part of
// it. The error names the file and never shows what is in it.
func FromFile(path string) (Token, error) {
	f, err := os.Open(path)
	if err != nil {
		return Token{}, fmt.Errorf("reading token file: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return Token{}, fmt.Errorf("reading token file: %w", err)
	}
	if len(content) > maxFileSize {
		return Token{}, fmt.Errorf("token file %s is longer than %d bytes", path, maxFileSize)
	}
	value := strings.TrimSuffix(string(content), "\n")
	value = strings.TrimSuffix(value, "\r")
	t, err := parse(value)
	if err != nil {
		return Token{}, fmt.Errorf("token file %s %w", path, err)
	}
	return t, nil
}

// parse accepts visible ASCII only (RFC 5234 VCHAR), which is what may stand
// in a header's credentials without changing the header.
func parse(value string) (Token, error) {
	if value == "" {
		return Token{}, errors.New("is empty")
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\n' || c == '\r':
			return Token{}, errors.New("holds a line break")
		case c == ' ' || c == '\t':
			return Token{}, errors.New("holds white space")
		case c < 0x20 || c == 0x7f:
			return Token{}, errors.New("holds a control character")
		case c > 0x7f:
			return Token{}, errors.New("holds a character outside ASCII")
		}
	}
	return Token{value: value}, nil
}

// Reveal returns the value.
func (t Token) Reveal() string { return t.value }

// String implements fmt.Stringer.
func (Token) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Token) GoString() string { return redacted }

// Format implements fmt.Formatter, so that no verb shows the value.
func (Token) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// MarshalJSON implements json.Marshaler.
func (Token) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }
