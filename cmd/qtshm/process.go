package main

import (
	"fmt"
	"strings"

	"qtinterop/internal/procfs"
)

// programText is a process for people: 4711 (viewer).
func programText(pid int) string {
	if name := programName(pid); name != "" {
		return fmt.Sprintf("%d (%s)", pid, name)
	}
	return fmt.Sprint(pid)
}

// programName is the name of the program that a process runs, or nothing.
func programName(pid int) string { return strings.TrimSpace(procfs.Program(pid)) }
