package secret

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestATokenNeverPrints fails when a log line, an error or a configuration
// dump can show a token.
func TestATokenNeverPrints(t *testing.T) {
	const value = "TEST-SECRET-never-printed"
	token := Token{value}
	nested := struct{ T Token }{token}
	marshalled, err := json.Marshal(map[string]any{"t": token, "n": nested, "p": &token})
	if err != nil {
		t.Fatal(err)
	}
	text, err := token.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	outputs := []string{string(marshalled), string(text), token.String(), token.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		outputs = append(outputs, fmt.Sprintf(verb, token), fmt.Sprintf(verb, &token), fmt.Sprintf(verb, nested))
	}
	for _, output := range outputs {
		if strings.Contains(output, value) || strings.Contains(output, fmt.Sprintf("%x", value)) {
			t.Errorf("printed as %s", output)
		}
	}
	if token.Reveal() != value {
		t.Error("Reveal does not give the value")
	}
}

// TestTokenFiles fails when a file's trailing newline becomes part of a
// token, or what is no token is taken for one.
func TestTokenFiles(t *testing.T) {
	tests := []struct{ name, content, want, problem string }{
		{"bare", "TEST-SECRET-x", "TEST-SECRET-x", ""},
		{"one newline", "TEST-SECRET-x\n", "TEST-SECRET-x", ""},
		{"one CRLF", "TEST-SECRET-x\r\n", "TEST-SECRET-x", ""},
		{"two newlines", "TEST-SECRET-x\n\n", "", "holds a line break"},
		{"empty", "", "", "is empty"},
		{"a newline alone", "\n", "", "is empty"},
		{"two lines", "TEST-SECRET-x\nTEST-SECRET-y\n", "", "holds a line break"},
		{"too long", strings.Repeat("x", maxFileSize+1), "", "longer than"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := FromFile(path)
			switch {
			case test.problem == "" && (err != nil || got.Reveal() != test.want):
				t.Errorf("got an error or another token: %v", err)
			case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem) || !strings.Contains(err.Error(), path)):
				t.Errorf("got %v, want %q with the file's name", err, test.problem)
			case err != nil && strings.Contains(err.Error(), "TEST-SECRET"):
				t.Errorf("the error shows the content: %v", err)
			}
		})
	}
}
