package launcher

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// LogOptions says which log of a bottle is asked for, and for how long.
type LogOptions struct {
	// Runtime asks for the sidecar's own log instead of its requests.
	Runtime bool
	// Follow goes on as lines come, until the bottle or the context ends.
	Follow bool
}

// logLine is what people want of a line of Caddy's JSON log.
type logLine struct {
	Level  string `json:"level"`
	Logger string `json:"logger"`
	Msg    string `json:"msg"`
	Error  string `json:"error"`
	Reason string `json:"reason"`
	Route  string `json:"route"`
}

// RenderLogLine turns a line of the sidecar's log into "level: message: error";
// a line that is not JSON stays as it is, but for what Printable escapes.
func RenderLogLine(line string) string {
	var l logLine
	if json.Unmarshal([]byte(line), &l) != nil || l.Msg == "" {
		return Printable(line)
	}
	text := l.Msg
	if l.Level != "" {
		text = fmt.Sprintf("%s: %s", l.Level, text)
	}
	for _, detail := range []string{l.Route, l.Reason, l.Error} {
		if detail != "" {
			text += ": " + detail
		}
	}
	return strings.ReplaceAll(Printable(text), "\n", `\n`) // in JSON there can be some
}

// Printable escapes what could rewrite a terminal. Names in an image, and what
// a log has of a request, are an agent's to choose. Line breaks and tabs stay.
func Printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || r == '\t' || strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
