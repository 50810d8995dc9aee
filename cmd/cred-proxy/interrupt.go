package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// signalError is why a context ended: the user, or the system, sent a signal.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return unix.SignalName(e.signal) }

// status is the exit status that a shell gives for the signal.
func (e *signalError) status() int { return 128 + int(e.signal) }

// endingSignals are those that end a launcher. A hang-up is among them: a
// closed terminal must not leave a sidecar behind.
var endingSignals = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT}

// interruptible returns a context that ends with a *signalError as its cause
// when an ending signal comes. It does not depend on its parent's end, which
// would not say which signal it was. Until release is called no ending signal
// kills the launcher, so that it can clean up.
func interruptible(parent context.Context) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endingSignals...)
	go func() {
		select {
		case <-ctx.Done():
		case sig := <-signals:
			if number, ok := sig.(syscall.Signal); ok {
				cancel(&signalError{number})
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
