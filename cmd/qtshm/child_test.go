//go:build cgo && (linux || windows)

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// childOf, as the first argument, makes the test binary a program that commands
// run.
const childOf = "child-of-the-test"

// childThat is the command line of a child that does what child says.
func childThat(does ...string) []string { return append([]string{itself, childOf}, does...) }

// beChild is such a program. Its result is the exit status.
func beChild(does []string) int {
	switch does[0] {
	case "exits":
		status, _ := strconv.Atoi(does[1])
		return status
	case "waits": // for a line, and ends with 9
		fmt.Println("waiting")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return 9
	case "tells": // what watch hands over, and ends with 3
		data, _ := io.ReadAll(os.Stdin)
		text, _, _ := strings.Cut(string(data), "\x00")
		fmt.Printf("%s %s %q of %d\n", os.Getenv("QTSHM_KEY"), os.Getenv("QTSHM_CAUSE"), text, len(data))
		return 3
	}
	return 99
}
