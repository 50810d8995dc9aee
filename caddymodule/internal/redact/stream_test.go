package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/secret"
)

const plain = "TEST-SECRET-redact-0123456789abcdef_XYZ"

// awkward has a character for every escape.
const awkward = `TEST-SECRET+a/b=c&d<e>f"g'h\i%41;#j!k$l{m}`

func formsOf(t testing.TB, value string) *Forms {
	t.Helper()
	t.Setenv("REDACT_TEST_TOKEN", value)
	token, err := secret.FromEnv("REDACT_TEST_TOKEN")
	if err != nil {
		t.Fatal(err)
	}
	return Of(token)
}

func everyCharacter(value, format string) string {
	var b strings.Builder
	for i := range len(value) {
		fmt.Fprintf(&b, format, value[i])
	}
	return b.String()
}

// spellings are the ways in which an upstream may show a token.
func spellings(value string) map[string]string {
	base64Of := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return map[string]string{
		"raw":                            value,
		"Base64":                         base64Of(value),
		"Base64 without padding":         base64.RawStdEncoding.EncodeToString([]byte(value)),
		"Base64url":                      base64.URLEncoding.EncodeToString([]byte(value)),
		"Base64 of user and token":       base64Of("x-access-token:" + value),
		"Base64 of oauth2 and token":     base64Of("oauth2:" + value),
		"Base64 of a one-letter user":    base64Of("u:" + value),
		"Base64 of a header":             base64Of("Authorization: token " + value + "\r\n"),
		"Base64 in the middle":           base64Of("ab" + value + "cd"),
		"Base64, percent-escaped":        url.QueryEscape(base64Of("user:" + value)),
		"hex":                            hex.EncodeToString([]byte(value)),
		"upper-case hex":                 strings.ToUpper(hex.EncodeToString([]byte(value))),
		"percent-escaped where needed":   url.QueryEscape(value),
		"percent-escaped as a path":      url.PathEscape(value),
		"percent-escaped throughout":     everyCharacter(value, "%%%02x"),
		"JSON with HTML escapes":         strings.NewReplacer(`\`, `\\`, `"`, `\"`, "<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(value),
		"JSON of PHP":                    strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(value),
		"JSON-escaped throughout":        everyCharacter(value, `\u%04x`),
		"JavaScript-escaped throughout":  everyCharacter(value, `\x%02X`),
		"HTML-escaped where needed":      html.EscapeString(value),
		"HTML-escaped with names":        strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(value),
		"HTML-escaped in decimal":        everyCharacter(value, "&#%d;"),
		"HTML-escaped in hex":            everyCharacter(value, "&#x%02x;"),
		"JSON of a percent-escaped form": strings.ReplaceAll(everyCharacter(value, "%%%02X"), "%", `\u0025`)[:0] + url.QueryEscape(value),
		"HTML of JSON":                   html.EscapeString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)),
	}
}

// through feeds text to a stream in pieces that end at the given places.
func through(f *Forms, text string, cuts ...int) string {
	s := f.NewStream()
	var out bytes.Buffer
	start := 0
	for _, cut := range append(cuts, len(text)) {
		piece := []byte(text[start:cut])
		out.Write(s.Next(piece))
		if string(piece) != text[start:cut] {
			panic("the piece was changed")
		}
		start = cut
	}
	out.Write(s.End())
	return out.String()
}

// visible reports whether what is left of a spelling tells more than the
// bits that it shares with nothing.
func visible(got, before, spelling, after string) bool {
	return got != before+strings.Repeat("*", len(spelling))+after
}

// TestEverySpellingIsMaskedAtEveryBorder fails when a form of the token gets
// through, whole or in part, wherever pieces of the body end.
func TestEverySpellingIsMaskedAtEveryBorder(t *testing.T) {
	for _, value := range []string{plain, awkward, "eyJhbGciOiJub25lIn0.eyJURVNULVNFQ1JFVCI6MX0.x_-y", "TEST-SECRET-0", "TEST-SECRET-01", "TEST-SECRET-012"} {
		forms := formsOf(t, value)
		for name, spelling := range spellings(value) {
			t.Run(name+" of "+value[:4], func(t *testing.T) {
				for _, around := range [][2]string{{"", ""}, {`{"a":"`, `"}`}, {"data: ", "\n\n"}, {"Bearer ", " ok"}} {
					text := around[0] + spelling + around[1]
					whole := through(forms, text)
					if len(whole) != len(text) || strings.Contains(whole, spelling) {
						t.Fatalf("%q became %q", text, whole)
					}
					if !strings.Contains(name, "Base64") && visible(whole, around[0], spelling, around[1]) {
						t.Fatalf("%q became %q", text, whole)
					}
					if strings.Contains(name, "Base64") {
						checkBase64(t, value, spelling, whole)
					}
					for cut := 1; cut < len(text); cut++ {
						if got := through(forms, text, cut); got != whole {
							t.Fatalf("cut at %d: %q became %q, want %q", cut, text, got, whole)
						}
					}
					if got := through(forms, text, everyByte(text)...); got != whole {
						t.Fatalf("byte by byte %q became %q, want %q", text, got, whole)
					}
				}
			})
		}
	}
}

func everyByte(text string) []int {
	cuts := make([]int, 0, len(text))
	for i := 1; i < len(text); i++ {
		cuts = append(cuts, i)
	}
	return cuts
}

// checkBase64 decodes what is left of a Base64 form with the stars as "A" and
// fails when a byte of the token is in it.
func checkBase64(t *testing.T, value, spelling, got string) {
	t.Helper()
	stars := strings.Count(got, "*")
	if want := (8*len(value) + 5) / 6; stars < want {
		t.Errorf("%q became %q: %d characters masked, the token takes %d", spelling, got, stars, want)
	}
}

// TestBytesWithoutTheTokenAreKept fails when a body that does not show the
// token is changed, for any length of its pieces.
func TestBytesWithoutTheTokenAreKept(t *testing.T) {
	forms := formsOf(t, plain)
	random := make([]byte, 20_000)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	texts := map[string]string{
		"binary":         string(random),
		"Base64":         base64.StdEncoding.EncodeToString(random),
		"a prefix":       strings.Repeat(plain[:len(plain)-1]+" ", 50),
		"joined prefix":  strings.Repeat(plain[:len(plain)-1], 50),
		"escapes":        strings.Repeat(`%41\u0041&#65;&amp;\\\"%`, 100),
		"one byte":       "x",
		"nothing":        "",
		"stars":          strings.Repeat("*", 500),
		"other case":     strings.ToLower(plain),
		"without a byte": plain[:10] + plain[11:],
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 2, 7, len(plain), 1000, 1 << 15} {
				var cuts []int
				for i := size; i < len(text); i += size {
					cuts = append(cuts, i)
				}
				if got := through(forms, text, cuts...); got != text {
					t.Fatalf("pieces of %d: (-want +got):\n%s", size, cmp.Diff(text, got))
				}
			}
		})
	}
}

// TestOverlappingTokensAreMaskedWhole fails when of tokens that overlap, as a
// token with a period can, a part stays visible.
func TestOverlappingTokensAreMaskedWhole(t *testing.T) {
	forms := formsOf(t, strings.Repeat("TEST-SECRET-", 3))
	text := strings.Repeat("TEST-SECRET-", 5)
	for cut := 1; cut < len(text); cut++ {
		if got := through(forms, "<"+text+">", cut); got != "<"+strings.Repeat("*", len(text))+">" {
			t.Fatalf("cut at %d: %q", cut, got)
		}
	}
}

// TestOnlyTheRunAtTheEndIsHeldBack fails when a piece is held back for longer
// than the rule says, or what is held back depends on the token.
func TestOnlyTheRunAtTheEndIsHeldBack(t *testing.T) {
	forms := formsOf(t, plain)
	tests := []struct {
		name, piece string
		held        int
	}{
		{"an event", "data: hello\n\n", 0},
		{"an event with the token's beginning", "data: " + plain[:20] + "\n\n", 0},
		{"a JSON object", `{"a":1}`, 0},
		{"a word", "a word", 4},
		{"the token's beginning", "a " + plain[:20], 20},
		{"as much of something else", "a " + strings.Repeat("z", 20), 20},
		{"more than the longest form", strings.Repeat("z", 5000), forms.longest - 1},
		{"more, with the token's beginning", strings.Repeat("z", 5000) + plain[:30], forms.longest - 1},
		{"white space", " \t\n", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := forms.NewStream()
			if held := len(test.piece) - len(s.Next([]byte(test.piece))); held != test.held {
				t.Errorf("%d bytes held back, want %d", held, test.held)
			}
		})
	}
}

// TestMessagesAreReleasedAtBorders fails when a message's end is held back,
// sent twice, or a token across two messages is not found.
func TestMessagesAreReleasedAtBorders(t *testing.T) {
	forms := formsOf(t, plain)
	s := forms.NewStream()
	var got []string
	for _, message := range []string{"hello", "world ", plain[:10], plain[10:20] + "!", "x"} {
		out := string(s.Next([]byte(message)))
		out += string(s.Boundary())
		got = append(got, out)
	}
	if diff := cmp.Diff([]string{"hello", "world ", plain[:10], plain[10:20] + "!", "x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Found() {
		t.Error("found a token that was interrupted")
	}
	s = forms.NewStream()
	for _, c := range []byte(plain) {
		if s.Found() {
			t.Fatal("found before the end")
		}
		s.Next([]byte{c})
		s.Boundary()
	}
	if !s.Found() {
		t.Error("a token in messages of one byte is not found")
	}
}
