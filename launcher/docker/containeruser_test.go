package docker

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLookupUser fails when the agent's files get an owner who is not the
// agent, or land where it does not look. The wanted values are runc's.
func TestLookupUser(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\n# agent:x:9:9::/no:/bin/sh\nagent:x:1000:1001:,,,:/home/agent:/bin/sh\n" +
		"twin:x:1000:1002::/home/twin:/bin/sh\n7:x:70:70::/seven:/bin/sh\nhomeless:x:5:5:::\nbroken:x\n"
	const group = "root:x:0:\nstaff:x:50:agent\n"
	tests := []struct {
		name, spec, passwd, group string
		want                      containerUser
	}{
		{"nobody named", "", passwd, group, containerUser{0, 0, "/root"}},
		{"a name", "agent", passwd, group, containerUser{1000, 1001, "/home/agent"}},
		{"a number", "1000", passwd, group, containerUser{1000, 1001, "/home/agent"}},
		{"a name and a group", "agent:staff", passwd, group, containerUser{1000, 50, "/home/agent"}},
		{"numbers for both", "1000:7", passwd, group, containerUser{1000, 7, "/home/agent"}},
		{"a name and no group after the colon", "agent:", passwd, group, containerUser{1000, 1001, "/home/agent"}},
		{"a group alone", ":staff", passwd, group, containerUser{0, 50, "/root"}},
		{"a second name for a number", "twin", passwd, group, containerUser{1000, 1002, "/home/agent"}},
		{"a number that is a name too", "7", passwd, group, containerUser{7, 0, "/"}},
		{"a number that is not listed", "4711", passwd, group, containerUser{4711, 0, "/"}},
		{"no home", "homeless", passwd, group, containerUser{5, 5, ""}},
		{"root in an image without users", "", "", "", containerUser{0, 0, "/"}},
		{"a number in an image without users", "1000:1000", "", "", containerUser{1000, 1000, "/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := lookupUser(tt.spec, tt.passwd, tt.group)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for spec, want := range map[string]string{
		"nobody":         `the image's user "nobody" is not in its /etc/passwd`,
		"broken":         `the image's user "broken" is not in its /etc/passwd`,
		"-1":             `the image's user "-1" is not in its /etc/passwd`,
		"4294967295":     `the image's user "4294967295" is not in its /etc/passwd`,
		"agent:nobodies": `the image's group "nobodies" is not in its /etc/group`,
	} {
		if _, err := lookupUser(spec, passwd, group); err == nil || err.Error() != want {
			t.Errorf("%s: the error is %v, want %s", spec, err, want)
		}
	}
}

// TestHomeOf fails when files are placed in another home than the agent's
// environment names.
func TestHomeOf(t *testing.T) {
	user := containerUser{Home: "/home/agent"}
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{nil, "/home/agent"},
		{[]string{"HOMEX=/x", "HOME="}, "/home/agent"},
		{[]string{"HOME=/image", "HOME=/bottle/"}, "/bottle"},
	} {
		if got, err := homeOf(tt.env, user); got != tt.want || err != nil {
			t.Errorf("%v: %q (%v), want %q", tt.env, got, err, tt.want)
		}
	}
	for _, env := range [][]string{{"HOME=x"}, nil} {
		if home, err := homeOf(env, containerUser{}); err == nil {
			t.Errorf("%v: %q is taken for a home", env, home)
		}
	}
}
