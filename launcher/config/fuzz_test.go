package config

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// FuzzConfig fails when a configuration file makes the parser panic, an error
// does not name a line of the file or breaks out of its own, or subnets are
// accepted that are not private, overlap or are too small.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"docker: {subnets: [10.0.0.0/8]}", "docker:\n  subnets:\n    - 10.1.0.0/16\n    - 192.168.4.0/22\n  image: a/b:c\n", "docker: {subnets: [10.0.0.0/8, 10.1.0.0/16]}", "docker: {subnets: [8.8.8.0/24]}", "docker: {subnets: [10.0.0.1/8]}",
		"docker: {subnet: []}", "docker: {subnets: []}", "docker: &a [*a]", "", "---", "--- \n---\n", "null", "- a", "docker: {image: \"a\\nb\"}", "docker: {image: !!null }", "? [a]\n: b", "docker: {docker: 1, docker: 2}", "a: \"\\u001b[31m\"", "docker: {subnets: [::/8]}", "\xff", "docker: {subnets: {a: b}}", "<<: {docker: 1}", "%YAML 9.9\n---\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := Parse("config.yaml", content)
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("error %v is not a list of problems", err)
			}
			lines := len(lineEnds.FindAllString(string(content), -1)) + 2 // the end of the file is one to YAML
			for _, p := range problems {
				if p.Line < 1 || p.Line > lines {
					t.Errorf("%q has %d lines, and a problem is in line %d: %v", content, lines, p.Line, p)
				}
				if strings.ContainsFunc(p.Error(), unicode.IsControl) {
					t.Errorf("%q: the message holds a control character: %q", content, p.Error())
				}
			}
			return
		}
		for i, subnet := range c.Docker.Subnets {
			if !subnet.Addr().Is4() || !subnet.Addr().IsPrivate() || subnet.Bits() > 28 || subnet.Masked() != subnet {
				t.Errorf("%q is accepted with the subnet %s", content, subnet)
			}
			for _, other := range c.Docker.Subnets[:i] {
				if overlap(subnet, other) {
					t.Errorf("%q is accepted with %s and %s", content, subnet, other)
				}
			}
		}
		if strings.ContainsFunc(c.Docker.Image, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || strings.HasPrefix(c.Docker.Image, "-") {
			t.Errorf("%q is accepted with the image %q", content, c.Docker.Image)
		}
	})
}

var lineEnds = regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]")

func overlap(a, b netip.Prefix) bool { return a.Contains(b.Addr()) || b.Contains(a.Addr()) }
