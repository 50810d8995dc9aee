package redact

import (
	"strings"
	"testing"
)

// FuzzStream fails when a form of the token is left in what comes out, when
// bytes without one are changed, or when it matters where pieces end.
func FuzzStream(f *testing.F) {
	for _, spelling := range spellings(plain) {
		f.Add("a "+spelling+" b", uint(7), uint(11))
	}
	f.Add(plain+plain[:20]+"\\u0054%54&#84;", uint(1), uint(2))
	f.Add(strings.Repeat(plain[:30], 20)+plain, uint(100), uint(600))
	forms := formsOf(f, plain)
	f.Fuzz(func(t *testing.T, text string, first, second uint) {
		whole := through(forms, text)
		if len(whole) != len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(whole))
		}
		shown := len(forms.search([]byte(text), false)) > 0
		if !shown && whole != text {
			t.Errorf("%q became %q", text, whole)
		}
		for _, form := range forms.forms {
			if strings.Contains(whole, form.text) {
				t.Errorf("%q became %q", text, whole)
			}
		}
		if len(forms.search([]byte(whole), false)) > 0 {
			t.Errorf("%q became %q, in which a form is found", text, whole)
		}
		a := min(int(first%4096), len(text))
		b := min(a+int(second%4096), len(text))
		if got := through(forms, text, a, b); got != whole {
			t.Errorf("cut at %d and %d %q became %q, want %q", a, b, text, got, whole)
		}
	})
}
