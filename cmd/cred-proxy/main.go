// Command cred-proxy lets an AI agent use APIs without holding their tokens.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is set when the binary is linked.
var version = "unknown"

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := newApp(os.Stdin, os.Stdout, os.Stderr, os.Environ())
	if err := makeUndumpable(); err != nil {
		return a.exitStatus(runtimeError(fmt.Errorf("closing this process to others of the same user: %w", err), ""))
	}
	root := newRootCommand(a)
	root.SetArgs(os.Args[1:])
	return a.exitStatus(root.ExecuteContext(ctx))
}
