package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestDocs fails when docs/cli.md lacks a command or a flag.
func TestDocs(t *testing.T) {
	content, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	root := newRootCommand(newApp(strings.NewReader(""), io.Discard, io.Discard, nil))
	mention := func(f *pflag.Flag) {
		if f.Name != "help" && !strings.Contains(text, "`--"+f.Name) {
			t.Errorf("docs/cli.md has no --%s", f.Name)
		}
	}
	root.PersistentFlags().VisitAll(mention)
	for _, cmd := range root.Commands() {
		if !strings.Contains(text, "\n| `"+usage(cmd)) {
			t.Errorf("docs/cli.md has no row for %s", cmd.Use)
		}
		cmd.Flags().VisitAll(mention)
	}
}

// usage is a command as the table has it.
func usage(cmd *cobra.Command) string {
	name, _, _ := strings.Cut(cmd.Use, " ")
	return name
}
