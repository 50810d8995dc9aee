package main

import "testing"

// TestTolerant fails when a module proxy that answers 403 for an unpublished
// module ends the build, or a build asks a proxy the user did not name.
func TestTolerant(t *testing.T) {
	for goproxy, want := range map[string]string{
		"https://proxy.example,direct":            "https://proxy.example|off",
		"https://one.example|https://two.example": "https://one.example|off",
		"https://one.example":                     "https://one.example|off",
		"direct":                                  "direct|off",
		"off":                                     "off",
		"":                                        "off",
		"file:///var/cache/modules,https://two.example,off": "file:///var/cache/modules|off",
	} {
		if got := tolerant(goproxy); got != want {
			t.Errorf("%q became %q, want %q", goproxy, got, want)
		}
	}
}

// TestParsePlugin fails when a plugin is built from another place or version
// than the one asked for.
func TestParsePlugin(t *testing.T) {
	for argument, want := range map[string]plugin{
		"example.com/a":                {"example.com/a", "", ""},
		"example.com/a@v1.2.3":         {"example.com/a", "v1.2.3", ""},
		"example.com/a=/src/a":         {"example.com/a", "", "/src/a"},
		"example.com/a/v2@v2.0.0=/a/b": {"example.com/a/v2", "v2.0.0", "/a/b"},
	} {
		if got, err := parsePlugin(argument); err != nil || got != want {
			t.Errorf("%q gave %+v, %v; want %+v", argument, got, err, want)
		}
	}
	for _, argument := range []string{"", "@v1", "a@", "a=", "=/src"} {
		if got, err := parsePlugin(argument); err == nil {
			t.Errorf("%q gave %+v", argument, got)
		}
	}
}
