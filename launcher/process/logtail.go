package process

import (
	"io"
	"os"
)

// tailBytes bounds what is read of a log.
const tailBytes = 64 << 10

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
