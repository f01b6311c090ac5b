package main

import (
	"fmt"
	"os"
	"strings"
)

// programName is the name of the program that a process runs, or nothing.
func programName(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}

// programText is a process for people: 4711 (viewer).
func programText(pid int) string {
	if name := programName(pid); name != "" {
		return fmt.Sprintf("%d (%s)", pid, name)
	}
	return fmt.Sprint(pid)
}
