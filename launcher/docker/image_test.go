package docker

import (
	"regexp"
	"strings"
	"testing"
)

// TestImageName fails when the launcher looks for another image than the one
// that `image build` and `make image` make, or for one that cannot exist.
func TestImageName(t *testing.T) {
	valid := regexp.MustCompile(`^cred-proxy-sidecar:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	for version, want := range map[string]string{
		"v1.2.3":                  "cred-proxy-sidecar:v1.2.3",
		"v1.2.3-4-gabcdef0-dirty": "cred-proxy-sidecar:v1.2.3-4-gabcdef0-dirty",
		"v1.2.3+build.5":          "cred-proxy-sidecar:v1.2.3_build.5",
		"release/1.2":             "cred-proxy-sidecar:release_1.2",
		"":                        "cred-proxy-sidecar:unknown",
		"-rc1":                    "cred-proxy-sidecar:_rc1",
		".1":                      "cred-proxy-sidecar:_1",
		"a:b@c\nd é":              "cred-proxy-sidecar:a_b_c_d___",
		strings.Repeat("1", 200):  "cred-proxy-sidecar:" + strings.Repeat("1", 128),
	} {
		if got := ImageName(version); got != want || !valid.MatchString(got) {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}
