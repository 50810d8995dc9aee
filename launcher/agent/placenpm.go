package agent

import "strings"

// mergeNpm adds our lines to an .npmrc. They come first: below a section's
// line they would be part of the section.
func mergeNpm(existing, ours, last string) (string, *Conflict) {
	placed := npmSettings(last)
	wanted := npmSettings(ours)
	var kept strings.Builder
	inSection := false
	for line := range strings.Lines(withNewline(existing)) {
		key, value, isSetting := npmSetting(line)
		inSection = inSection || strings.HasPrefix(strings.TrimSpace(line), "[")
		if isSetting && !inSection {
			if was, ours := placed[key]; ours && was == value {
				continue // it is what we placed before
			}
			want, set := wanted[key]
			if set && want == value {
				continue // ours says the same
			}
			if set {
				return "", &Conflict{Key: key, Problem: isSetOtherwise}
			}
		}
		kept.WriteString(line)
	}
	return ours + kept.String(), nil
}

func npmSettings(content string) map[string]string {
	settings := make(map[string]string)
	for line := range strings.Lines(content) {
		if key, value, ok := npmSetting(line); ok {
			settings[key] = value
		}
	}
	return settings
}

// npmSetting reads a line as npm's ini parser does: a key alone is true,
// quotes around either part are not part of it, and key[] is a list's element.
func npmSetting(line string) (key, value string, ok bool) {
	line = strings.TrimSpace(line)
	if line == "" || strings.ContainsRune(";#[", rune(line[0])) {
		return "", "", false
	}
	key, value, hasValue := strings.Cut(line, "=")
	if !hasValue {
		value = "true"
	}
	return strings.TrimSuffix(npmUnquote(key), "[]"), npmUnquote(value), true
}

func npmUnquote(s string) string {
	s = strings.TrimSpace(s)
	for _, quote := range []string{`"`, `'`} {
		if len(s) > 1 && strings.HasPrefix(s, quote) && strings.HasSuffix(s, quote) {
			return s[1 : len(s)-1]
		}
	}
	return s
}
