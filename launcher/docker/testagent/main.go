// Command testagent is the agent in the tests of package docker: all that
// their images hold. What it does is its first argument.
package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var actions = map[string]func(args []string) int{
	"exit":   func(args []string) int { return atoi(args[0]) },
	"cat":    func([]string) int { _, _ = io.Copy(os.Stdout, os.Stdin); return 0 },
	"both":   both,
	"env":    env,
	"flood":  flood,
	"files":  files,
	"signal": signals,
	"size":   size,
	"lines":  lines,
	"net":    network,
	"resist": resist,
}

func main() {
	if len(os.Args) < 2 || actions[os.Args[1]] == nil {
		fmt.Println("what shall I do?", os.Args)
		os.Exit(99)
	}
	os.Exit(actions[os.Args[1]](os.Args[2:]))
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func both([]string) int {
	fmt.Println("to stdout")
	fmt.Fprintln(os.Stderr, "to stderr")
	return 0
}

// env prints the environment and who we are, where.
func env([]string) int {
	pairs := os.Environ()
	slices.Sort(pairs)
	dir, _ := os.Getwd()
	host, _ := os.Hostname()
	fmt.Printf("%s\nuid %d gid %d in %s on %s\n", strings.Join(pairs, "\n"), os.Getuid(), os.Getgid(), dir, host)
	return 0
}

// flood writes so many numbered lines.
func flood(args []string) int {
	w := bufio.NewWriter(os.Stdout)
	for i := range atoi(args[0]) {
		fmt.Fprintf(w, "line %d\n", i)
	}
	if w.Flush() != nil {
		return 1
	}
	return 0
}

// files lists what is below some directories, with owner, mode and content.
func files(args []string) int {
	for _, root := range args {
		_ = filepath.WalkDir(root, func(path string, _ fs.DirEntry, _ error) error {
			info, err := os.Lstat(path)
			if err != nil {
				fmt.Println(err)
				return nil
			}
			owner := info.Sys().(*syscall.Stat_t)
			content := ""
			if info.Mode().IsRegular() {
				bytes, err := os.ReadFile(path)
				content = fmt.Sprintf(" %q", bytes)
				if err != nil {
					content = " " + err.Error()
				}
			}
			fmt.Printf("%s %v %d:%d%s\n", path, info.Mode(), owner.Uid, owner.Gid, content)
			return nil
		})
	}
	return 0
}

// signals says which signals come; the one named ends it with status 7.
func signals(args []string) int {
	c := make(chan os.Signal, 8)
	signal.Notify(c, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP, unix.SIGPIPE)
	fmt.Println("ready")
	for sig := range c {
		fmt.Println("got", unix.SignalName(sig.(syscall.Signal)))
		if unix.SignalName(sig.(syscall.Signal)) == args[0] {
			return 7
		}
	}
	return 0
}

// size says the terminal's size, and again when it changes.
func size([]string) int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGWINCH)
	for {
		ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
		if err != nil {
			fmt.Println("no terminal:", err)
			return 1
		}
		fmt.Printf("size %dx%d\n", ws.Row, ws.Col)
		select {
		case <-c:
		case <-time.After(time.Minute):
			return 1
		}
	}
}

// lines reads lines and says them; "end N" ends it.
func lines([]string) int {
	fmt.Println("ready")
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		fmt.Printf("read %q\n", s.Text())
		if status, ok := strings.CutPrefix(s.Text(), "end "); ok {
			return atoi(status)
		}
	}
	fmt.Println("end of input")
	return 0
}

// resist goes on without output, whatever signal comes.
func resist([]string) int {
	signal.Ignore(unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	fmt.Println("ready")
	time.Sleep(time.Minute)
	return 0
}

// network says what of the network is there.
func network(args []string) int {
	addresses, _ := net.InterfaceAddrs()
	for _, a := range addresses {
		fmt.Println("address", a)
	}
	for _, name := range args {
		started := time.Now()
		_, err := net.LookupHost(name)
		fmt.Printf("lookup %s: %v (slow: %v)\n", name, err != nil, time.Since(started) > 3*time.Second)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	fmt.Println("raw socket:", fd >= 0, err)
	status, _ := os.ReadFile("/etc/resolv.conf")
	fmt.Printf("%s", status)
	return 0
}
