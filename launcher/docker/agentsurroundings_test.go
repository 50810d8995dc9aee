package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// passwd has the user that test images run as.
var passwd = []imageFile{
	{name: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\nagent:x:1000:1001::/home/agent:/bin/sh\n", mode: 0o644},
	{name: "etc/group", content: "root:x:0:\nagent:x:1001:\n", mode: 0o644},
	{name: "root/", mode: 0o700},
	{name: "home/agent/", uid: 1000},
}

// TestAgentSurroundings fails when the agent gets more of the host than it
// was meant to, less than it needs, or its files with the wrong owner.
func TestAgentSurroundings(t *testing.T) {
	b := newAgentBottle(t, []string{"USER agent", "ENV FROM_IMAGE=1", "VOLUME /data"}, append(passwd,
		imageFile{name: "home/agent/.npmrc", content: "fund=false\n", mode: 0o644, uid: 1000},
		imageFile{name: "home/agent/.config/", mode: 0o755, uid: 1000})...)
	source := t.TempDir()
	b.spec.Mounts = mountsOf([2]string{source, "/src"})
	b.spec.Env = map[string]string{"A": "bottle", "B": "bottle"}
	b.spec.Given = map[string]string{"B": "given"}
	b.spec.PassEnv = []string{"A", "PASSED"}
	b.spec.Host = map[string]string{"A": "host", "PASSED": "host", "TERM": "xterm", "SECRET": "host"}
	b.files = func(home string) map[string]string {
		return map[string]string{home + "/.npmrc": "x=1\n", home + "/.gitconfig": "[x]\n", home + "/.new/a/b": "c"}
	}
	r := b.run("env")
	if status, err := r.end(); status != 0 || err != nil {
		t.Fatalf("status %d, error %v\n%s", status, err, r.stderr)
	}
	want := strings.ReplaceAll(`A=bottle
B=given
FROM_IMAGE=1
HOME=/home/agent
HOSTNAME=SLUG-agent
PASSED=host
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
uid 1000 gid 1001 in /src on SLUG-agent
`, "SLUG", b.spec.Slug)
	if r.stdout.String() != want {
		t.Errorf("the environment is\n%s\nwant\n%s", r.stdout, want)
	}

	r = b.run("files", "/home")
	if status, err := r.end(); status != 0 || err != nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	want = `/home drwxr-xr-x 0:0
/home/agent drwxr-xr-x 1000:1000
/home/agent/.config drwxr-xr-x 1000:1000
/home/agent/.config/cred-proxy drwx------ 1000:1001
/home/agent/.config/cred-proxy/gitconfig -rw------- 1000:1001 "[x]\n"
/home/agent/.config/cred-proxy/npmrc -rw------- 1000:1001 "x=1\n"
/home/agent/.gitconfig -rw------- 1000:1001 "[include]\n\tpath = .config/cred-proxy/gitconfig\n"
/home/agent/.new drwx------ 1000:1001
/home/agent/.new/a drwx------ 1000:1001
/home/agent/.new/a/b -rw------- 1000:1001 "c"
/home/agent/.npmrc -rw------- 1000:1001 "x=1\nfund=false\n"
`
	if r.stdout.String() != want {
		t.Errorf("the files are\n%s\nwant\n%s", r.stdout, want)
	}
	if entries, _ := os.ReadDir(source); len(entries) > 0 {
		t.Errorf("%v was written into the host's directory", entries)
	}
}

// TestAgentNetwork fails when an agent has another address than the sidecar
// expects, IPv6, raw sockets, or a way to ask the world's DNS.
func TestAgentNetwork(t *testing.T) {
	b := newAgentBottle(t, nil)
	r := b.run("net", "example.com", namesOf(b.spec.Slug).agent)
	if status, err := r.end(); status != 0 || err != nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	for _, want := range []string{
		"address 127.0.0.1/8\naddress " + b.spec.Address.String() + "/28\nlookup",
		"lookup example.com: true (slow: false)", "lookup " + namesOf(b.spec.Slug).agent + ": false", "raw socket: false",
		"nameserver 127.0.0.11",
	} {
		if !strings.Contains(r.stdout.String(), want) {
			t.Errorf("%q is missing in\n%s", want, r.stdout)
		}
	}
	if strings.Contains(r.stdout.String(), "search") {
		t.Errorf("the host's search domains are there:\n%s", r.stdout)
	}
}

// TestAgentHomeIsTheHosts fails when the agent's files, with its token, are
// written into a directory of the user's.
func TestAgentHomeIsTheHosts(t *testing.T) {
	for name, target := range map[string]string{
		"the home itself": "/home/agent", "above it": "/home", "by a link": "/link", "a directory for files": "/home/agent/.config",
	} {
		t.Run(name, func(t *testing.T) {
			b := newAgentBottle(t, []string{"USER agent"}, append(passwd, imageFile{name: "link", link: "/home"})...)
			source := t.TempDir()
			if err := os.Mkdir(filepath.Join(source, "agent"), 0o700); err != nil {
				t.Fatal(err)
			}
			b.spec.Mounts = mountsOf([2]string{source, target})
			b.files = func(home string) map[string]string { return map[string]string{home + "/.config/x": "y"} }
			r := b.run("exit", "0")
			status, err := r.end()
			if status != 0 || err == nil || !strings.Contains(err.Error(), "mounted from the host") || !strings.Contains(launcher.Hint(err), "agent.env") {
				t.Errorf("status %d, error %v, hint %q", status, err, launcher.Hint(err))
			}
			if entries, _ := filepath.Glob(source + "/.*"); len(entries) > 0 {
				t.Errorf("%v was written into the host's directory", entries)
			}
		})
	}
}

// TestAgentHomeOfAnImage fails when the engine follows links and volumes
// otherwise than the placing of files expects.
func TestAgentHomeOfAnImage(t *testing.T) {
	tests := []struct {
		name    string
		changes []string
		files   []imageFile
		look    string
		want    []string
		err     string
	}{
		{
			"links on the way and in the home",
			[]string{"USER agent"},
			[]imageFile{
				passwd[0], passwd[1],
				{name: "home", link: "data/./homes"},
				{name: "data/homes/agent", link: "../../data/real"},
				{name: "data/real/dot/", uid: 1000},
				{name: "data/real/.npmrc", link: "/home/agent/dot/npmrc"},
				{name: "data/real/dot/npmrc", content: "fund=false\n", uid: 1000, mode: 0o644},
			},
			"/data/real",
			[]string{`/data/real/.npmrc Lrwxrwxrwx`, `/data/real/dot/npmrc -rw------- 1000:1001 "x=1\nfund=false\n"`, `/data/real/.config/cred-proxy/npmrc -rw------- 1000:1001 "x=1\n"`},
			"",
		},
		{
			"a home that is a volume of the image's",
			[]string{"USER agent", "VOLUME /home/agent"},
			append(passwd, imageFile{name: "home/agent/.npmrc", content: "fund=false\n", uid: 1000, mode: 0o644}),
			"/home/agent",
			[]string{`/home/agent/.npmrc -rw------- 1000:1001 "x=1\nfund=false\n"`},
			"",
		},
		{"an image without users", nil, nil, "/.npmrc", []string{`/.npmrc -rw------- 0:0 "x=1\n"`}, ""},
		{"a home that the bottle names", []string{"USER 7:8", "ENV HOME=/a/b/"}, nil, "/a", []string{`/a/b drwx------ 7:8`, `/a/b/.npmrc -rw------- 7:8 "x=1\n"`}, ""},
		{
			"a link out of the home",
			[]string{"USER agent"},
			append(passwd, imageFile{name: "home/agent/.npmrc", link: "../../etc/npmrc"}), "/", nil,
			"a symbolic link leads from /home/agent/.npmrc to /etc/npmrc, out of the home",
		},
		{
			"a link out of the container",
			[]string{"USER agent"},
			append(passwd, imageFile{name: "home/agent/.npmrc", link: "../../../../../../etc/shadow"}), "/", nil,
			"a symbolic link leads from /home/agent/.npmrc to /etc/shadow, out of the home",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newAgentBottle(t, tt.changes, tt.files...)
			b.files = func(home string) map[string]string { return map[string]string{home + "/.npmrc": "x=1\n"} }
			r := b.run("files", tt.look)
			status, err := r.end()
			if status != 0 || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("status %d, error %v, want %q", status, err, tt.err)
			}
			for _, want := range tt.want {
				if !strings.Contains(r.stdout.String(), want) {
					t.Errorf("%s is missing in\n%s", want, r.stdout)
				}
			}
		})
	}
}
