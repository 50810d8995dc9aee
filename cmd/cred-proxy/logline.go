package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// accessLine is a line of the sidecar's access log.
type accessLine struct {
	Time       time.Time `json:"time"`
	Route      string    `json:"route"`
	Method     string    `json:"method"`
	Path       string    `json:"path"`
	Status     int       `json:"status"`
	BytesOut   int64     `json:"bytes_out"`
	DurationMS float64   `json:"duration_ms"`
	Decision   string    `json:"decision"`
	Upstream   string    `json:"upstream"`
}

// renderAccess turns a line of the access log into
// "15:04:05 200 GET /gh-api/user injected api.github.com 12ms 1.2kB"; a line
// of another form stays as it is.
func renderAccess(line string) string {
	var l accessLine
	if json.Unmarshal([]byte(line), &l) != nil || l.Method == "" {
		return line
	}
	words := []string{l.Time.Local().Format(time.TimeOnly), strconv.Itoa(l.Status), l.Method, l.Path}
	for _, word := range []string{l.Decision, l.Upstream} {
		if word != "" {
			words = append(words, word)
		}
	}
	took := time.Duration(l.DurationMS * float64(time.Millisecond)).Round(time.Millisecond)
	return strings.Join(append(words, took.String(), byteCount(l.BytesOut)), " ")
}

// byteCount writes a size with at most four digits: "999B", "1.2kB", "35.0MB".
func byteCount(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%dB", n)
	}
	size, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB"} {
		if size /= 1000; size < 1000 {
			break
		}
	}
	return fmt.Sprintf("%.1f%s", size, unit)
}

// printable escapes what would steer a terminal: the agent chooses the paths
// that are logged.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
