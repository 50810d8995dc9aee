package launcher

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// tailLines is how many log lines an error shows.
const tailLines = 6

// DummyToken stands in for every secret while a Caddyfile is checked. It is
// 40 hex digits, as an agent token is.
const DummyToken = "00000000000000000000000000000000deadbeef"

// WithLog adds to an error the last lines of a sidecar's log, as people read
// them.
func WithLog(err error, log string) error {
	var lines []string
	for line := range strings.Lines(log) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, RenderLogLine(line))
		}
	}
	if len(lines) == 0 {
		return WithHint(fmt.Errorf("%w; it logged nothing", err), "run the sidecar with `caddy version` to see whether it works on this machine")
	}
	for _, line := range lines[max(0, len(lines)-tailLines):] {
		err = fmt.Errorf("%w\n  sidecar: %s", err, line)
	}
	return err
}

// RefusedCaddyfile is the error for a Caddyfile that `caddy validate` refuses:
// with output, about the file at path.
func RefusedCaddyfile(output, path, caddyfile string) error {
	return WithHint(fmt.Errorf("checking the configuration: %w: %s", ErrCaddyfile, complaint(output, path, caddyfile)),
		"`cred-proxy plan` shows the rendered Caddyfile; look at the template it comes from")
}

var lineNumber = regexp.MustCompile(`Caddyfile:(\d+)`)

// complaint is Caddy's own error, with the text of the line it names: the
// rendered file is gone when somebody reads this.
func complaint(output, path, caddyfile string) string {
	output = strings.TrimSpace(output)
	said := output[strings.LastIndexByte(output, '\n')+1:]
	for line := range strings.Lines(output) {
		if text, ok := strings.CutPrefix(line, "Error: "); ok {
			said = strings.TrimSpace(text)
		}
	}
	if said == "" {
		return "it gave no reason"
	}
	said = strings.ReplaceAll(RenderLogLine(said), path, "Caddyfile")
	match := lineNumber.FindStringSubmatch(said)
	if match == nil {
		return said
	}
	lines := strings.Split(caddyfile, "\n")
	if n, err := strconv.Atoi(match[1]); err == nil && n >= 1 && n <= len(lines) {
		said += fmt.Sprintf("\n  line %d of the rendered Caddyfile: %s", n, strings.TrimSpace(lines[n-1]))
	}
	return said
}
