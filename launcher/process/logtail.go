package process

import (
	"io"
	"os"
	"strings"

	"github.com/bot-bottle/cred-proxy/launcher"
)

const (
	// tailLines is how many log lines an error shows.
	tailLines = 6
	// tailBytes bounds what is read of a log.
	tailBytes = 64 << 10
)

// lastLines returns the last lines of a sidecar log, from an offset on, as
// people read them.
func lastLines(path string, from int64) []string {
	var lines []string
	for line := range strings.Lines(readLog(path, from)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, launcher.RenderLogLine(line))
		}
	}
	return lines[max(0, len(lines)-tailLines):]
}

// readLog returns a log from an offset on, or as much of its end as is worth
// reading. A log that cannot be read has nothing to say.
func readLog(path string, from int64) string {
	f, err := os.Open(path) //nolint:gosec // in the state directory
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil {
		from = max(from, info.Size()-tailBytes)
	}
	content, err := io.ReadAll(io.NewSectionReader(f, from, tailBytes))
	if err != nil {
		return ""
	}
	return string(content)
}
