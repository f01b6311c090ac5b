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
