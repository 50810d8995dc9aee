package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/bot-bottle/cred-proxy/launcher"
	"github.com/bot-bottle/cred-proxy/launcher/state"
)

// nextGHSocket is where the second sidecar's socket is until it takes over.
const nextGHSocket = "gh.next"

// replace starts a second sidecar beside the first, checks it, has it take
// over, and ends the first once it has finished its requests.
func (b *Backend) replace(ctx context.Context, r *reloading) error {
	if !r.record.Steered {
		return launcher.WithHint(errors.New("reloading: on this kernel a second sidecar cannot take over the port"),
			fmt.Sprintf("`cred-proxy down %s`, then `cred-proxy up %s`", r.after.Bottle, r.after.Bottle))
	}
	l, err := join(r.record.Port)
	if err != nil {
		return err
	}
	defer l.close()
	// It is so already, unless an earlier reload was killed half-way.
	if err := l.steer(0); err != nil {
		return err
	}
	second, err := b.startSecond(ctx, r, l)
	if err != nil {
		return errors.Join(err, b.forgetSecond(ctx, r, second))
	}
	return b.takeOver(ctx, r, l, second)
}

// startSecond starts the second sidecar and returns it when it is healthy.
// With an error it returns what has to be ended, if anything.
func (b *Backend) startSecond(ctx context.Context, r *reloading, l *listener) (*child, error) {
	b.progress("starting a second sidecar")
	token, err := readAgentToken(r.dir.Path(""))
	if err != nil {
		return nil, err
	}
	ghSocket, err := openGHSocket(r.dir.Path(nextGHSocket), r.after)
	if err != nil {
		return nil, err
	}
	if ghSocket != nil {
		defer func() { _ = ghSocket.Close() }()
	}
	// The first one reads its Caddyfile on SIGUSR1 only, so the file can be
	// the second one's from now on.
	if err := r.dir.Write(state.Caddyfile, []byte(r.after.Caddyfile)); err != nil {
		return nil, err
	}
	c, err := b.spawn(r.dir, spawnOptions{
		binary: r.binary, tokens: r.values, agentToken: token, listener: l.file, ghSocket: ghSocket,
	})
	if err != nil {
		return nil, err
	}
	r.record.Other = c.identity
	if err := r.dir.Save(r.record); err != nil {
		return c, err
	}
	if err := waitHealthy(ctx, r.dir, c, l.url(), b.healthWithin(), l.dialSecond); err != nil {
		return c, err
	}
	c.settle()
	return c, nil
}

// forgetSecond undoes startSecond.
func (b *Backend) forgetSecond(ctx context.Context, r *reloading, second *child) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel() // it has no requests to finish
	var ending error
	if second != nil {
		ending = state.Terminate(ctx, second.identity, b.grace())
	}
	r.record.Other = nil
	_ = os.Remove(r.dir.Path(nextGHSocket)) // there need not be one
	return errors.Join(ending, r.dir.Save(r.record), r.dir.Write(state.Caddyfile, []byte(r.before.Caddyfile)))
}

// takeOver makes the second sidecar the bottle's. From its first step on
// there is no way back, and none of the steps is cut short by an interrupt:
// connections in flight would be lost.
func (b *Backend) takeOver(ctx context.Context, r *reloading, l *listener, second *child) error {
	steady := context.WithoutCancel(ctx)
	if err := l.steer(1); err != nil {
		return errors.Join(err, b.forgetSecond(steady, r, second))
	}
	first := r.record.Sidecar
	r.record.Sidecar, r.record.Other = second.identity, first
	tokens, err := state.NewFingerprints(r.values)
	if err != nil {
		return err
	}
	r.record.Tokens = tokens
	if err := r.commit(); err != nil {
		return err
	}
	if err := handOverGHSocket(steady, r); err != nil {
		return err
	}
	if err := drained(steady, l); err != nil {
		return err
	}
	b.progress("the first sidecar finishes its requests")
	if err := state.Terminate(ctx, first, b.grace()); err != nil {
		return err
	}
	r.record.Other = nil
	// The second socket has become the group's first.
	return errors.Join(l.steer(0), r.dir.Save(r.record))
}

// dialSecond connects to the second sidecar while everybody else still gets
// the first: it takes a client port of its own and steers that one.
func (l *listener) dialSecond(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		controlErr := c.Control(func(fd uintptr) {
			if err = unix.Bind(int(fd), &unix.SockaddrInet4{Addr: loopback}); err != nil {
				return
			}
			var port int
			if port, err = boundPort(int(fd)); err == nil {
				err = l.steerProbe(port)
			}
		})
		return errors.Join(controlErr, err)
	}}
	return d.DialContext(ctx, network, address)
}
