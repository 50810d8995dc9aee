package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// git runs git in dir and returns what it printed.
func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=demo", "GIT_AUTHOR_EMAIL=demo@example.com",
		"GIT_COMMITTER_NAME=demo", "GIT_COMMITTER_EMAIL=demo@example.com",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("running git %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// makeRepository makes the private repository team/app.git below repos. The
// server itself would take a push to it.
func makeRepository(repos string) error {
	source := filepath.Join(filepath.Dir(repos), "source")
	bare := filepath.Join(repos, "team", "app.git")
	if err := os.MkdirAll(source, 0o700); err != nil {
		return err
	}
	readme := []byte("# app\n\nPrivate: only a token opens it.\n")
	if err := os.WriteFile(filepath.Join(source, "README.md"), readme, 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "README.md"},
		{"commit", "--quiet", "--message=first"},
		{"clone", "--quiet", "--bare", source, bare},
		{"-C", bare, "config", "http.receivepack", "true"},
	} {
		if _, err := git(source, args...); err != nil {
			return err
		}
	}
	return nil
}

// refs lists the repository's refs, to see whether a push changed any.
func refs(repos string) (string, error) {
	return git(filepath.Join(repos, "team", "app.git"), "for-each-ref")
}
