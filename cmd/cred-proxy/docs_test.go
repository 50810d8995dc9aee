package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestDocs fails when docs/cli.md lacks a command or a flag.
func TestDocs(t *testing.T) {
	content, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	root := newRootCommand(newApp(strings.NewReader(""), io.Discard, io.Discard, nil))
	for _, cmd := range root.Commands() {
		if !strings.Contains(text, "\n| `"+usage(cmd)) {
			t.Errorf("docs/cli.md has no row for %s", cmd.Use)
		}
		for _, flag := range flagName.FindAllString(cmd.UsageString(), -1) {
			if flag != "--help" && !strings.Contains(text, "`"+flag) {
				t.Errorf("docs/cli.md has no %s of %s", flag, usage(cmd))
			}
		}
	}
}

var flagName = regexp.MustCompile(`--[a-z-]+`)

// usage is a command as the table has it.
func usage(cmd *cobra.Command) string {
	name, _, _ := strings.Cut(cmd.Use, " ")
	return name
}
