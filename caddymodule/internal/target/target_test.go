package target

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadings fails when a spelling that some server understands is missing
// from what rules get to see.
func TestReadings(t *testing.T) {
	tests := []struct {
		name, path string
		want       []string
	}{
		{"a plain path", "/a/b", []string{"/a/b"}},
		{"the root", "/", []string{""}},
		{"upper case and slashes", "//A//b/", []string{"/a/b"}},
		{"an escape", "/a%2Fb", []string{"/a%2fb", "/a/b"}},
		{"two rounds", "/a%252Fb", []string{"/a%252fb", "/a%2fb", "/a/b"}},
		{"a backslash", "/a%5Cb", []string{"/a%5cb", `/a\b`, "/a/b"}},
		{"parameters", "/a;x/b", []string{"/a;x/b", "/a/b", "/a"}},
		{"an encoded query", "/a%3Fb", []string{"/a%3fb", "/a?b", "/a"}},
		{"a literal percent sign", "/100%25done", []string{"/100%25done", "/100%done"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Readings); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
