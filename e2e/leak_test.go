package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// tokenForms are the spellings in which a token may turn up: as it is, escaped
// for URLs, in hexadecimal, and what a Base64 text has in common wherever in
// it the token begins.
func tokenForms(token string) []string {
	forms := []string{token, url.QueryEscape(token), hex.EncodeToString([]byte(token))}
	for offset := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + token))
		// The first characters hold bits of what stands before the token, the
		// last ones of what comes after.
		text = strings.TrimRight(text, "=")
		forms = append(forms, text[(offset*8+5)/6:len(text)-2])
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
