package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

// tokenForms are the spellings in which a token may turn up: as it is, escaped
// for URLs, in hexadecimal, and what a Base64 text has in common wherever in
// it the token begins.
func tokenForms(token string) []string {
	forms := []string{token, url.QueryEscape(token), url.PathEscape(token), hex.EncodeToString([]byte(token))}
	for offset := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + token))
		// The first characters hold bits of what stands before the token, the
		// last ones of what comes after.
		text = strings.TrimRight(text, "=")
		text = text[(offset*8+5)/6 : len(text)-2]
		forms = append(forms, text, strings.NewReplacer("+", "-", "/", "_").Replace(text))
	}
	return forms
}

// containsToken reports whether text holds a token in any of its forms.
func containsToken(text, token string) bool {
	lower := strings.ToLower(text)
	for _, form := range tokenForms(token) {
		if strings.Contains(text, form) || strings.Contains(lower, strings.ToLower(form)) {
			return true
		}
	}
	return false
}

// If this fails, the search of TestNoTokenAnywhere overlooks a token that is
// written in one of these ways, and its success means nothing.
func TestTokensAreFoundInEverySpelling(t *testing.T) {
	const token = "TEST-SECRET-spelt/out+in=many ways"
	spellings := map[string]string{
		"as it is": token, "in lower case": strings.ToLower(token),
		"for a query": url.QueryEscape(token), "for a path": url.PathEscape(token),
		"in hexadecimal": hex.EncodeToString([]byte(token)), "in upper-case hexadecimal": strings.ToUpper(hex.EncodeToString([]byte(token))),
	}
	for _, user := range []string{"", "a:", "ab:", "abc:", "x-access-token:"} {
		spellings["in Base64 after "+user] = base64.StdEncoding.EncodeToString([]byte(user + token + "\n"))
		spellings["in Base64 for URLs after "+user] = base64.RawURLEncoding.EncodeToString([]byte(user + token))
	}
	for name, text := range spellings {
		if !containsToken("before "+text+" after", token) {
			t.Errorf("%s it was overlooked: %s", name, text)
		}
	}
	if containsToken("TEST-SECRET-of another", token) {
		t.Error("another token was taken for this one")
	}
}
