package docker

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"github.com/bot-bottle/cred-proxy/launcher"
)

const dirMode = fs.ModeDir | 0o755

// homeFiles is an image with a user and a home.
func homeFiles(more map[string]fakeFile) map[string]fakeFile {
	files := map[string]fakeFile{
		"/etc": {mode: dirMode}, "/etc/passwd": {0o644, "agent:x:1000:1001::/home/agent:/bin/sh\n"},
		"/home": {mode: dirMode}, "/home/agent": {mode: dirMode},
	}
	maps.Copy(files, more)
	return files
}

func link(target string) fakeFile { return fakeFile{fs.ModeSymlink | 0o777, target} }

// place finds the home in a container and places one file, and an .npmrc.
func (a *fakeAgent) place(t *testing.T) (home string, err error) {
	t.Helper()
	h, err := findHome(t.Context(), a, "id")
	if err != nil {
		return "", err
	}
	return h.path, h.place(t.Context(), map[string]string{h.path + "/.npmrc": "x=1\n"})
}

// TestPlaceInHome fails when files are put elsewhere than the agent looks, or
// when directories that the image has get another owner or mode.
func TestPlaceInHome(t *testing.T) {
	tests := []struct {
		name  string
		user  string
		env   []string
		files map[string]fakeFile
		want  []string
	}{
		{
			"a home", "agent", nil, homeFiles(nil),
			[]string{"/home/agent/.config/ 700 1000:1001", "/home/agent/.config/cred-proxy/ 700 1000:1001", "/home/agent/.config/cred-proxy/npmrc 600 1000:1001", "/home/agent/.npmrc 600 1000:1001"},
		},
		{
			"directories that are there", "agent", nil, homeFiles(map[string]fakeFile{"/home/agent/.config": {mode: dirMode}, "/home/agent/.config/cred-proxy": {mode: dirMode}}),
			[]string{"/home/agent/.config/cred-proxy/npmrc 600 1000:1001", "/home/agent/.npmrc 600 1000:1001"},
		},
		{
			"a home that is missing", "0",
			[]string{"HOME=/a/b"},
			homeFiles(nil),
			[]string{"/a/ 700 0:0", "/a/b/ 700 0:0", "/a/b/.config/ 700 0:0", "/a/b/.config/cred-proxy/ 700 0:0", "/a/b/.config/cred-proxy/npmrc 600 0:0", "/a/b/.npmrc 600 0:0"},
		},
		{
			"the root as home", "", nil,
			map[string]fakeFile{},
			[]string{"/.config/ 700 0:0", "/.config/cred-proxy/ 700 0:0", "/.config/cred-proxy/npmrc 600 0:0", "/.npmrc 600 0:0"},
		},
		{
			"a home that is a link", "agent", nil,
			map[string]fakeFile{
				"/etc": link("usr/etc"), "/usr": {mode: dirMode}, "/usr/etc": {mode: dirMode}, "/usr/etc/passwd": homeFiles(nil)["/etc/passwd"],
				"/home": link("/data"), "/data": {mode: dirMode}, "/data/agent": link("../x/./y"), "/x": {mode: dirMode}, "/x/y": {mode: dirMode}, "/x/y/.config": {mode: dirMode},
			},
			[]string{"/x/y/.config/cred-proxy/ 700 1000:1001", "/x/y/.config/cred-proxy/npmrc 600 1000:1001", "/x/y/.npmrc 600 1000:1001"},
		},
		{
			"links inside the home", "agent", nil, homeFiles(map[string]fakeFile{
				"/home/agent/.config": link("dot"), "/home/agent/dot": {mode: dirMode}, "/home/agent/.npmrc": link("/home/agent/dot/npmrc"), "/home/agent/dot/npmrc": {0o644, "fund=false\n"},
			}),
			[]string{"/home/agent/dot/cred-proxy/ 700 1000:1001", "/home/agent/dot/cred-proxy/npmrc 600 1000:1001", "/home/agent/dot/npmrc 600 1000:1001"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newFakeAgent()
			a.files, a.config = tt.files, container.Config{User: tt.user, Env: tt.env}
			if _, err := a.place(t); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range slices.Sorted(maps.Keys(a.written)) {
				h := a.written[name]
				got = append(got, fmt.Sprintf("%s %o %d:%d", name, h.Mode, h.Uid, h.Gid))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.name == "links inside the home" && a.files["/home/agent/dot/npmrc"].content != "x=1\nfund=false\n" {
				t.Errorf("what the link leads to is %q", a.files["/home/agent/dot/npmrc"].content)
			}
		})
	}
}

// TestPlaceInHomeRefuses fails when the agent's files, with its token in them,
// go through a link or a mount to where they do not belong, when what an image
// has is overwritten, or when the user is not told what to do.
func TestPlaceInHomeRefuses(t *testing.T) {
	tests := []struct {
		name   string
		user   string
		files  map[string]fakeFile
		mounts []container.MountPoint
		want   string
	}{
		{name: "a link out of the home", files: map[string]fakeFile{"/home/agent/.npmrc": link("/etc/passwd")}, want: "a symbolic link leads from /home/agent/.npmrc to /etc/passwd, out of the home"},
		{name: "a link to nothing", files: map[string]fakeFile{"/home/agent/.npmrc": link("/nothing")}, want: "a symbolic link leads from /home/agent/.npmrc to /nothing, out of the home"},
		{name: "a link to a home beside it", files: map[string]fakeFile{"/home/agent/.config": link("/home/agent2")}, want: "a symbolic link leads from /home/agent/.config/cred-proxy/npmrc to /home/agent2/cred-proxy/npmrc, out of the home"},
		{name: "links in a circle", files: map[string]fakeFile{"/home/agent/.npmrc": link("/home/agent/.npmrc")}, want: "/home/agent/.npmrc has too many symbolic links"},
		{name: "a directory in the file's place", files: map[string]fakeFile{"/home/agent/.npmrc": {mode: dirMode}}, want: "is not a regular file"},
		{name: "a file in a directory's place", files: map[string]fakeFile{"/home/agent/.config": {mode: 0o644}}, want: "/home/agent/.config is not a directory"},
		{name: "a file that is a home", files: map[string]fakeFile{"/home/agent": {mode: 0o644}}, want: "/home/agent is not a directory"},
		{name: "another setting", files: map[string]fakeFile{"/home/agent/.npmrc": {0o644, "x=2\n"}}, want: "/home/agent/.npmrc: x is set to another value there"},
		{name: "a mount on the home", mounts: []container.MountPoint{{Type: mount.TypeBind, Destination: "/home/agent"}}, want: "/home/agent/.npmrc lies in /home/agent, which is mounted from the host"},
		{name: "a mount on a file", mounts: []container.MountPoint{{Type: mount.TypeBind, Destination: "/home/agent/.npmrc"}}, want: "/home/agent/.npmrc lies in /home/agent/.npmrc, which is mounted"},
		{
			name: "a link to a mount in the home", files: map[string]fakeFile{"/home/agent/.npmrc": link("/home/agent/src/npmrc")},
			mounts: []container.MountPoint{{Type: mount.TypeBind, Destination: "/home/agent/src"}}, want: "/home/agent/.npmrc lies in /home/agent/src, which is mounted",
		},
		{name: "a user that the image does not have", user: "nobody", want: `the image's user "nobody" is not in its /etc/passwd`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newFakeAgent()
			a.files, a.mounts = homeFiles(tt.files), tt.mounts
			a.config.User = "agent"
			if tt.user != "" {
				a.config.User = tt.user
			}
			_, err := a.place(t)
			if err == nil || !strings.Contains(err.Error(), tt.want) || launcher.Hint(err) == "" {
				t.Errorf("the error is %v with the hint %q, want %q and a hint", err, launcher.Hint(err), tt.want)
			}
			if len(a.written) > 0 {
				t.Errorf("%v was written", slices.Sorted(maps.Keys(a.written)))
			}
		})
	}
}

// TestPlaceInHomeBesideMounts fails when a project below the home, or an
// image's own volume, keeps an agent from starting.
func TestPlaceInHomeBesideMounts(t *testing.T) {
	a := newFakeAgent()
	a.files, a.config.User = homeFiles(nil), "agent"
	a.mounts = []container.MountPoint{
		{Type: mount.TypeBind, Destination: "/home/agent/src"}, {Type: mount.TypeBind, Destination: "/home/agent2"}, {Type: mount.TypeVolume, Destination: "/home/agent"},
	}
	if _, err := a.place(t); err != nil {
		t.Error(err)
	}
	if h := a.written["/home/agent/.npmrc"]; h == nil || h.Typeflag != tar.TypeReg {
		t.Errorf("%v was written", a.written)
	}
}

// TestPlaceInHomePassesTheEnginesErrors fails when an engine that does not
// answer is taken for a home without files, which would then be overwritten.
func TestPlaceInHomePassesTheEnginesErrors(t *testing.T) {
	for _, call := range []string{"inspect", "stat", "copy", "write"} {
		a := newFakeAgent()
		a.files, a.config.User = homeFiles(map[string]fakeFile{"/home/agent/.npmrc": {0o644, ""}}), "agent"
		a.fail[call] = errors.New("the engine's words")
		if _, err := a.place(t); !errors.Is(err, a.fail[call]) {
			t.Errorf("%s: the error is %v", call, err)
		}
	}
}
