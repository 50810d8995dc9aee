// Command cred-proxy lets an AI agent use APIs without holding their tokens.
package main

import (
	"context"
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
	root := newRootCommand(a)
	root.SetArgs(os.Args[1:])
	return a.exitStatus(root.ExecuteContext(ctx))
}
