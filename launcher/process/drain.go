package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// drainWithin bounds the wait for a sidecar to accept what is in its queue.
const drainWithin = 5 * time.Second

var errNotDrained = errors.New("the first sidecar does not accept the connections that wait for it")

// drained waits until the first sidecar has accepted every connection that
// came to its socket before the second took over: the kernel resets what is
// still in the queue when a listening socket is closed.
func drained(ctx context.Context, second *listener) error {
	own, err := inode(second.file)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, drainWithin, errNotDrained)
	defer cancel()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	// Twice in a row: a handshake that had begun may have ended in between.
	for empty := 0; empty < 2; {
		waiting, err := waitingConnections(second.port, own)
		if err != nil {
			return err
		}
		empty++
		if waiting > 0 {
			empty = 0
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
	return nil
}

func inode(f *os.File) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &stat); err != nil {
		return 0, fmt.Errorf("reading a socket's inode: %w", os.NewSyscallError("fstat", err))
	}
	return stat.Ino, nil
}

// Columns and states of /proc/net/tcp (proc(5); net/tcp_states.h).
const (
	columnLocal, columnState, columnQueues, columnInode = 1, 3, 4, 9

	tcpSynReceived, tcpListen = "03", "0A"
)

// waitingConnections counts connections to a loopback port that are being set
// up, or wait to be accepted on any listening socket but the one with inode own.
// For a listening socket the receive queue counts connections.
func waitingConnections(port int, own uint64) (int, error) {
	f, err := os.Open("/proc/net/tcp")
	if err != nil {
		return 0, fmt.Errorf("looking for waiting connections: %w", err)
	}
	defer func() { _ = f.Close() }()
	local := fmt.Sprintf(":%04X", port)
	waiting := 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) <= columnInode || !strings.HasSuffix(fields[columnLocal], local) {
			continue
		}
		switch fields[columnState] {
		case tcpSynReceived:
			waiting++
		case tcpListen:
			if fields[columnInode] == strconv.FormatUint(own, 10) {
				continue
			}
			_, queue, _ := strings.Cut(fields[columnQueues], ":")
			n, err := strconv.ParseUint(queue, 16, 31)
			if err != nil {
				return 0, fmt.Errorf("looking for waiting connections: %w", err)
			}
			waiting += int(n)
		}
	}
	return waiting, lines.Err()
}

// handOverGHSocket puts the second sidecar's socket in the place of the
// first's. Its queue is first in, first out, so once a request of ours over
// the old socket is answered, every earlier connection has been accepted.
func handOverGHSocket(ctx context.Context, r *reloading) error {
	path, old := r.dir.Path(state.GHSocket), r.dir.Path("gh.old")
	if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("handing over gh's socket: %w", err)
	}
	hadOne, hasOne := hasGH(r.before), hasGH(r.after)
	var err error
	switch {
	case hadOne && hasOne:
		err = errors.Join(os.Link(path, old), os.Rename(r.dir.Path(nextGHSocket), path))
	case hadOne:
		err = os.Rename(path, old)
	case hasOne:
		err = os.Rename(r.dir.Path(nextGHSocket), path)
	}
	if err != nil {
		return fmt.Errorf("handing over gh's socket: %w", err)
	}
	if !hadOne {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialUnix(old)}}
	// Any answer will do, also a refusal.
	if err := probe(ctx, client, "http://localhost"+healthPath); err != nil && ctx.Err() != nil {
		return fmt.Errorf("handing over gh's socket: %w", err)
	}
	return os.Remove(old)
}

// dialUnix connects to a Unix socket whatever the address says.
func dialUnix(path string) dialer {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
}
