package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher"
)

// loopback is where the sidecar of the process backend listens.
var loopback = [4]byte{127, 0, 0, 1}

const backlog = 4096

// listener is a listening TCP socket that is only ever handed to a sidecar,
// and never accepted on here.
//
// A reload that needs a new process must hand the port from one sidecar to
// the next without losing a connection. The first sidecar's socket cannot be
// fetched from it (pidfd_getfd needs ptrace rights, which the sidecar denies),
// so the second one joins it in a SO_REUSEPORT group, and a classic BPF
// program on the group says which of the two gets a new connection (socket(7),
// SO_ATTACH_REUSEPORT_CBPF). Before, between and after reloads the program
// chooses the group's first socket, so that one that joins gets nothing until
// it has been checked.
type listener struct {
	file *os.File
	port int
}

// listen opens 127.0.0.1:port; port 0 takes a free one. steered says whether
// the kernel lets a second sidecar take over.
func listen(port int) (l *listener, steered bool, err error) {
	l, err = open(port, false)
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return nil, false, launcher.WithHint(fmt.Errorf("listening on 127.0.0.1:%d: the port is taken", port),
			fmt.Sprintf("give another --port, or leave it out for a free one; `ss -ltnp sport = :%d` shows who has it", port))
	case errors.Is(err, unix.EACCES):
		return nil, false, launcher.WithHint(fmt.Errorf("listening on 127.0.0.1:%d: %w", port, err), "give a --port from 1024 up")
	case err != nil:
		return nil, false, fmt.Errorf("listening on 127.0.0.1:%d: %w", port, err)
	}
	return l, l.steer(0) == nil, nil
}

// join opens a port that an earlier sidecar of this bottle listens on.
func join(port int) (*listener, error) {
	l, err := open(port, true)
	if err != nil {
		return nil, fmt.Errorf("joining the listener on 127.0.0.1:%d: %w", port, err)
	}
	return l, nil
}

// open binds and listens. SO_REUSEPORT is set before bind only to join: set
// after it, the bind fails when anybody has the port, another bottle of the
// same user included, and later sockets can join all the same.
func open(port int, shared bool) (*listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	reusePort := func() error {
		return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	}
	steps := []func() error{
		func() error {
			return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
		},
		func() error {
			return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: loopback}))
		},
		reusePort,
		func() error { return os.NewSyscallError("listen", unix.Listen(fd, backlog)) },
	}
	if shared {
		steps[0], steps[2] = reusePort, func() error { return nil }
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	bound, err := boundPort(fd)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &listener{file, bound}, nil
}

func boundPort(fd int) (int, error) {
	name, err := unix.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	address, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("reading a socket's address: it is a %T", name)
	}
	return address.Port, nil
}

// url is the sidecar's base URL.
func (l *listener) url() string { return baseURL(l.port) }

func baseURL(port int) string { return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// steer sends all new connections to the socket that joined the group at index.
func (l *listener) steer(index uint32) error {
	return l.attach(unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: index})
}

// sourcePort is where the TCP source port stands in an IPv4 packet without
// options, which packets over loopback have none of.
const sourcePort = 20

// netOffset makes a filter's address relative to the network header
// (linux/filter.h, SKF_NET_OFF).
const netOffset uint32 = 0xfff00000

// steerProbe sends connections from one client port to the second socket, and
// all others to the first.
func (l *listener) steerProbe(clientPort int) error {
	return l.attach(
		unix.SockFilter{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: netOffset + sourcePort},
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(clientPort), Jf: 1}, //nolint:gosec // a port
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	)
}

func (l *listener) attach(program ...unix.SockFilter) error {
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]} //nolint:gosec // four at most
	err := unix.SetsockoptSockFprog(int(l.file.Fd()), unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &fprog)
	if err != nil {
		return fmt.Errorf("choosing the listener that gets connections: %w", os.NewSyscallError("setsockopt", err))
	}
	return nil
}

// close closes the launcher's copy; a sidecar that has its own keeps listening.
func (l *listener) close() { _ = l.file.Close() }
