package docker

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// containerUser is who the agent runs as in its container.
type containerUser struct {
	UID, GID int
	// Home is what HOME will be when nothing else sets it.
	Home string
}

// lookupUser finds the user of an image as the engine and runc do. spec is
// the image's USER: a name or a number, and a group likewise after a colon;
// empty for root. passwd and group are the contents of /etc/passwd and
// /etc/group, empty when the image has none. A number need not be listed
// there, its home is then "/", for root too.
func lookupUser(spec, passwd, group string) (containerUser, error) {
	name, groupName, hasGroup := strings.Cut(spec, ":")
	if name == "" {
		name = "0"
	}
	user := containerUser{Home: "/"}
	entry := accountOf(name, accounts(passwd, 7))
	switch {
	case entry != nil:
		user.UID, user.GID = number(entry[2]), number(entry[3])
	case number(name) >= 0:
		user.UID = number(name)
	default:
		return user, fmt.Errorf("the image's user %q is not in its /etc/passwd", name)
	}
	// HOME is looked up by number: it is what runc is given.
	if entry := accountOf(strconv.Itoa(user.UID), accounts(passwd, 7)); entry != nil {
		user.Home = entry[5]
	}
	if !hasGroup || groupName == "" {
		return user, nil
	}
	entry = accountOf(groupName, accounts(group, 3))
	switch {
	case entry != nil:
		user.GID = number(entry[2])
	case number(groupName) >= 0:
		user.GID = number(groupName)
	default:
		return user, fmt.Errorf("the image's group %q is not in its /etc/group", groupName)
	}
	return user, nil
}

// accountOf returns the entry with that number or, for what is not a number,
// that name.
func accountOf(name string, entries [][]string) []string {
	for _, e := range entries {
		if n := number(name); n >= 0 && n == number(e[2]) || n < 0 && e[0] == name {
			return e
		}
	}
	return nil
}

// accounts splits the lines of passwd(5) or group(5) that have enough fields.
func accounts(content string, fields int) (entries [][]string) {
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if parts := strings.Split(line, ":"); len(parts) >= fields && !strings.HasPrefix(line, "#") {
			entries = append(entries, parts)
		}
	}
	return entries
}

// number returns a user's or group's number, or -1.
func number(s string) int {
	const bits = 31 // runc's limit
	n, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		return -1
	}
	return int(n)
}

// homeOf returns the HOME that a container's environment sets, or the user's.
func homeOf(env []string, user containerUser) (string, error) {
	home := user.Home
	for _, pair := range env { // the last one counts
		if value, ok := strings.CutPrefix(pair, "HOME="); ok && value != "" {
			home = value
		}
	}
	if !strings.HasPrefix(home, "/") {
		return "", fmt.Errorf("HOME is %q, which is not an absolute path", home)
	}
	return path.Clean(home), nil
}
