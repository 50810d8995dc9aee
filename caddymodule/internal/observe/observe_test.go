package observe

import (
	"net/http"
	"strings"
	"testing"
)

// TestOriginalPathIsPlain fails when an agent can write a terminal's control
// sequences, text that runs backwards, or as much as it likes, into a log.
func TestOriginalPathIsPlain(t *testing.T) {
	for target, want := range map[string]string{
		"/repos/o/r%2Fx;y?token=x": "/repos/o/r%2Fx;y",
		"/\xc2\x9b31m\xe2\x80\xae": "/%C2%9B31m%E2%80%AE",
		"/\"<\\>\xff":              "/\"<\\>%FF",
		"*":                        "*",
		// A flood of these would fill the disk.
		"/" + strings.Repeat("\xff", maxPath+9): "/" + strings.Repeat("%FF", maxPath-1) + "[and 10 bytes]",
		"/" + strings.Repeat("x", maxPath-1):    "/" + strings.Repeat("x", maxPath-1),
	} {
		if got := OriginalPath(&http.Request{RequestURI: target}); got != want {
			t.Errorf("%q: %q, want %q", target, got, want)
		}
	}
}
