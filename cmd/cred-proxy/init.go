package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

//go:embed init.yaml
var bottleTemplate string

// bottleName is what is both a file's name and a bottle's on every system.
var bottleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func newInitCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [NAME]",
		Short: "Write a commented bottle file",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := nameArgument(args)
			if name == "" {
				name = "dev"
			}
			return a.runInit(name)
		},
	}
}

func (a *app) runInit(name string) error {
	if !bottleName.MatchString(name) {
		return usageError(fmt.Errorf("%q cannot be the name of a bottle", name), "begin with a letter or a digit, and use letters, digits, dots, dashes and underscores")
	}
	path := a.opts.File
	if path == "" {
		path = filepath.Join(bottle.Dir(a.env), name+bottle.Extension)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return runtimeError(fmt.Errorf("making the directory of bottle files: %w", err), "")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usageError(fmt.Errorf("%s exists already", path), "edit it, or give another name")
	}
	if err != nil {
		return runtimeError(fmt.Errorf("writing bottle file: %w", err), "")
	}
	_, err = f.WriteString(strings.Replace(bottleTemplate, "name: NAME\n", fmt.Sprintf("name: %q\n", name), 1))
	if err := errors.Join(err, f.Close()); err != nil {
		return runtimeError(fmt.Errorf("writing bottle file: %w", err), "")
	}
	switch {
	case a.opts.Format == "json":
		return a.printJSON(map[string]string{"file": path})
	case !a.opts.Quiet:
		fmt.Fprintln(a.stdout, path)
	}
	return nil
}
