package main

import "fmt"

// programText is a process for people: 4711 (viewer).
func programText(pid int) string {
	if name := programName(pid); name != "" {
		return fmt.Sprintf("%d (%s)", pid, name)
	}
	return fmt.Sprint(pid)
}
