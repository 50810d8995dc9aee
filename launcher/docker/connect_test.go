package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// If this fails, cred-proxy uses another engine than `docker` does.
func TestContextHost(t *testing.T) {
	dir := t.TempDir()
	// The directory is the SHA-256 of "colima".
	meta := filepath.Join(dir, "contexts/meta/f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16/meta.json")
	if err := os.MkdirAll(filepath.Dir(meta), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "config.json"), `{"currentContext":"colima"}`)
	write(meta, `{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///home/me/.colima/docker.sock"}}}`)
	tests := map[string]struct {
		env        map[string]string
		want, fail string
	}{
		"the current context":     {map[string]string{"DOCKER_CONFIG": dir}, "unix:///home/me/.colima/docker.sock", ""},
		"DOCKER_HOST is stronger": {map[string]string{"DOCKER_CONFIG": dir, "DOCKER_HOST": "unix:///x"}, "", ""},
		"DOCKER_CONTEXT is too":   {map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "default"}, "", ""},
		"no configuration":        {map[string]string{"HOME": t.TempDir()}, "", ""},
		"a context that is not there": {
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "gone"}, "", `reading docker's context "gone"`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := contextHost(test.env)
			if got != test.want || (err == nil) != (test.fail == "") || err != nil && !strings.HasPrefix(err.Error(), test.fail) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	write(meta, `{"Name":"colima","Endpoints":{"docker":{"Host":"ssh://me@build"}}}`)
	if _, err := contextHost(map[string]string{"DOCKER_CONFIG": dir}); err == nil || !strings.Contains(err.Error(), `"ssh://me@build"`) {
		t.Errorf("an engine behind ssh: %v", err)
	}
	// The client would take it for plain HTTP to that host.
	if _, err := contextHost(map[string]string{"DOCKER_HOST": "ssh://me@build"}); err == nil || !strings.Contains(launcher.Hint(err), "ssh -L") {
		t.Errorf("DOCKER_HOST behind ssh: %v, %q", err, launcher.Hint(err))
	}
}
