//go:build cgo && linux

// Conform tries what a Qt program and a Go program must agree on, with one peer and
// one kind of key, and prints a line of JSON for each row. scripts/matrix runs it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"qtinterop/internal/conformance"
)

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if err := conformance.Command(ctx, nil, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
		os.Exit(2)
	}
}
