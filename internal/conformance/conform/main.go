//go:build cgo && linux

// Conform tries what a Qt program and a Go program must agree on, with one peer and
// one kind of key, and prints a line of JSON for each row. scripts/matrix runs it.
package main

import (
	"fmt"
	"os"

	"qtinterop/internal/conformance"
)

func main() {
	if err := conformance.Command(nil, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
		os.Exit(2)
	}
}
