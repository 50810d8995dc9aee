package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParse: whatever is wrong has to be said with its line, all at once. A
// prefix that is let through is where networks are made.
func TestParse(t *testing.T) {
	cases := []struct{ name, content, want string }{
		{"nothing", "", ""},
		{"comments alone", "# docker:\n", ""},
		{"all of it", "docker:\n  subnets: [10.1.0.0/16, 192.168.5.16/28]\n  image: registry.example:5000/a/b@sha256:00\n", ""},
		{"not YAML", "docker: {\n", "c.yaml:1: not YAML: did not find expected node content"},
		{"two documents", "docker: {}\n---\ndocker: {}\n", "c.yaml:1: holds more than one YAML document; write one"},
		{"a list", "- a\n", "c.yaml:1: must be a mapping of docker"},
		{"mistyped", "dokcer: {}\n", "c.yaml:1: dokcer: unknown key; did you mean \"docker\"?"},
		{"unknown", "docker:\n  \"a\\eb\": 1\n", "c.yaml:2: docker.a\\x1bb: unknown key; known are image, subnets"},
		{"twice", "docker:\n  image: a\n  image: b\n", "c.yaml:3: docker.image: is given twice, first in line 2"},
		{"an alias", "docker: {image: &a b}\n", "c.yaml:1: docker.image: is a YAML alias or has an anchor; write the value out"},
		{"an empty image", "docker: {image: \"\"}\n", "c.yaml:1: docker.image: is empty; give it a value or leave it out"},
		{"no image", "docker: {image: -rm}\n", "c.yaml:1: docker.image: \"-rm\" is not the name of an image; write for example registry.example.com/cred-proxy-sidecar:1.0"},
		{"no list", "docker: {subnets: 10.0.0.0/8}\n", "c.yaml:1: docker.subnets: must be a list"},
		{"an empty list", "docker: {subnets: []}\n", "c.yaml:1: docker.subnets: is empty; name a prefix, or leave it out for the default"},
		{
			"subnets of every wrong sort",
			"docker:\n  subnets:\n    - 10.0.0.0\n    - fd00::/8\n    - 10.0.0.1/16\n    - 10.0.0.0/29\n    - 8.8.0.0/16\n    - 172.0.0.0/8\n    - 10.0.0.0/8\n    - 10.9.0.0/16\n    - [a]\n",
			`c.yaml:3: docker.subnets[0]: "10.0.0.0" is not an IPv4 prefix; write for example 10.213.0.0/16
c.yaml:4: docker.subnets[1]: "fd00::/8" is not an IPv4 prefix; write for example 10.213.0.0/16
c.yaml:5: docker.subnets[2]: "10.0.0.1/16" has bits behind the prefix; write 10.0.0.0/16
c.yaml:6: docker.subnets[3]: "10.0.0.0/29" is too small; a network takes a /28
c.yaml:7: docker.subnets[4]: "8.8.0.0/16" is not private; choose from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16
c.yaml:8: docker.subnets[5]: "172.0.0.0/8" is not private; choose from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16
c.yaml:10: docker.subnets[7]: 10.9.0.0/16 overlaps 10.0.0.0/8; remove one
c.yaml:11: docker.subnets[8]: must be a string`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(c.content))
			got := ""
			if err != nil {
				got = err.Error()
				if problems := Problems(nil); !errors.As(err, &problems) {
					t.Errorf("got a %T, want Problems", err)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLoad: without a file, and for what a file does not say, there are the
// defaults; they have to be what a file may say.
func TestLoad(t *testing.T) {
	same := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	dir := t.TempDir()
	path := Path(map[string]string{"HOME": dir, "XDG_CONFIG_HOME": "relative"})
	if want := filepath.Join(dir, ".config/cred-proxy/config.yaml"); path != want {
		t.Fatalf("got %s, want %s", path, want)
	}
	got, err := Load(path)
	if diff := cmp.Diff(Default(), got, same); err != nil || diff != "" {
		t.Errorf("without a file: %v\n%s", err, diff)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("docker: {image: mine, subnets: [10.213.0.0/16, 172.31.224.0/19, 192.168.224.0/19]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Docker.Image = "mine"
	got, err = Load(path)
	if diff := cmp.Diff(want, got, same); err != nil || diff != "" {
		t.Errorf("with a file: %v\n%s", err, diff)
	}
}
