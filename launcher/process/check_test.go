package process

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// TestBuiltFrom: if this fails, doctor warns of a sidecar that is right, or
// does not notice one of another version.
func TestBuiltFrom(t *testing.T) {
	ours := debug.Module{Path: modulePath, Version: "v1.2.3"}
	devel := debug.Module{Path: modulePath, Version: "(devel)"}
	commit := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "abc"}}
	cases := []struct {
		name string
		info *debug.BuildInfo
		want string
	}{
		{"nothing is known", nil, ""},
		{"a release", &debug.BuildInfo{Main: ours, Settings: commit}, "v1.2.3"},
		{"a checkout", &debug.BuildInfo{Main: devel, Settings: commit}, "abc"},
		{"a checkout without a commit", &debug.BuildInfo{Main: devel}, ""},
		{"another's Caddy with our modules", &debug.BuildInfo{Main: debug.Module{Path: "caddy"}, Deps: []*debug.Module{&ours}, Settings: commit}, "v1.2.3"},
		{"another's commit", &debug.BuildInfo{Main: debug.Module{Path: "caddy"}, Deps: []*debug.Module{&devel}, Settings: commit}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := builtFrom(c.info, c.info != nil); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestCheck: doctor's word on the sidecar's binary.
func TestCheck(t *testing.T) {
	cases := []struct{ sidecar, status, detail string }{
		{"fake-works", launcher.OK, " has the modules"},
		{"fake-too-old", launcher.Failed, " is too old: it lacks http.handlers.upstream_links"},
	}
	for _, c := range cases {
		t.Run(c.sidecar, func(t *testing.T) {
			got := newBackend(t, c.sidecar).Check(t.Context())
			if len(got) != 1 || got[0].Status != c.status || !strings.HasSuffix(got[0].Detail, c.detail) || (got[0].Hint == "") != (c.status == launcher.OK) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
