package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// KillWait is how long a process may take to vanish after SIGKILL.
const KillWait = 5 * time.Second

// Terminate ends a process: SIGTERM, and after grace, or as soon as ctx ends,
// SIGKILL. A process that is gone, or whose id another one has by now, is
// success.
func Terminate(ctx context.Context, p *Process, grace time.Duration) error {
	if p == nil {
		return nil
	}
	// Opened before the check: from here on the id cannot be used again
	// without the descriptor knowing.
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ending process %d: %w", p.PID, os.NewSyscallError("pidfd_open", err))
	}
	defer func() { _ = unix.Close(fd) }()
	if !p.Alive() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := send(fd, unix.SIGTERM); err != nil {
		return fmt.Errorf("ending process %d: %w", p.PID, err)
	}
	if ended(ctx, fd) {
		return nil
	}
	if err := send(fd, unix.SIGKILL); err != nil {
		return fmt.Errorf("killing process %d: %w", p.PID, err)
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), KillWait)
	defer cancel()
	if !ended(ctx, fd) {
		return fmt.Errorf("killing process %d: it is still there", p.PID)
	}
	return nil
}

// Signal sends a signal to this very process.
func Signal(p *Process, sig unix.Signal) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return fmt.Errorf("signalling process %d: %w", p.PID, os.NewSyscallError("pidfd_open", err))
	}
	defer func() { _ = unix.Close(fd) }()
	if !p.Alive() {
		return fmt.Errorf("signalling process %d: %w", p.PID, unix.ESRCH)
	}
	return send(fd, sig)
}

func send(pidfd int, sig unix.Signal) error {
	err := unix.PidfdSendSignal(pidfd, sig, nil, 0)
	if errors.Is(err, unix.ESRCH) { // it ended by itself
		return nil
	}
	return os.NewSyscallError("pidfd_send_signal", err)
}

// ended waits until a process has ended (its descriptor becomes readable, see
// pidfd_open(2)) or ctx has.
func ended(ctx context.Context, pidfd int) bool {
	const slice = 50 // milliseconds between looks at ctx
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, slice) //nolint:gosec // a descriptor
		if n > 0 {
			return true
		}
		if ctx.Err() != nil || (err != nil && !errors.Is(err, unix.EINTR)) {
			return false
		}
	}
}
