package observe

import (
	"net/http"
	"testing"
)

// TestOriginalPathIsPlain fails when an agent can write a terminal's control
// sequences, or text that runs backwards, into a log.
func TestOriginalPathIsPlain(t *testing.T) {
	for target, want := range map[string]string{
		"/repos/o/r%2Fx;y?token=x": "/repos/o/r%2Fx;y",
		"/\xc2\x9b31m\xe2\x80\xae": "/%C2%9B31m%E2%80%AE",
		"/\"<\\>\xff":              "/\"<\\>%FF",
		"*":                        "*",
	} {
		if got := OriginalPath(&http.Request{RequestURI: target}); got != want {
			t.Errorf("%q: %q, want %q", target, got, want)
		}
	}
}
