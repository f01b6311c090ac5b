// Package procfs reads what /proc of Linux tells of processes: of other users'
// processes some of it only to root. Elsewhere, and of a process that is gone, it
// finds nothing.
package procfs

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const root = "/proc"

// isHere tells whether /proc, if there is one, is that of Linux.
const isHere = runtime.GOOS == "linux"

// File is the name of a file about a process.
func File(pid int, name string) string { return root + "/" + strconv.Itoa(pid) + "/" + name }

func readFile(pid int, name string) ([]byte, error) {
	if !isHere {
		return nil, errors.ErrUnsupported
	}
	return os.ReadFile(File(pid, name))
}

func readLink(pid int, name string) (string, error) {
	if !isHere {
		return "", errors.ErrUnsupported
	}
	return os.Readlink(File(pid, name))
}

// HasMemory tells whether process pid has memory of its own: one that ends, by itself or
// by a signal, has none any more when the system detaches it from its segments. Of
// what cannot be seen it is false.
func HasMemory(pid int) bool {
	pages, err := readFile(pid, "statm")
	return err == nil && len(pages) > 0 && pages[0] != '0'
}

// IsStopped tells whether a process is seen to be stopped, as by SIGSTOP or a debugger.
func IsStopped(pid int) bool {
	fields := statFields(pid)
	return len(fields) > 0 && (fields[0][0] == 'T' || fields[0][0] == 't')
}

// statFields are the fields of /proc/PID/stat after the name of the program, which can have
// parentheses and spaces.
func statFields(pid int) [][]byte {
	line, err := readFile(pid, "stat")
	end := bytes.LastIndexByte(line, ')')
	if err != nil || end < 0 {
		return nil
	}
	return bytes.Fields(line[end+1:])
}

// Processes returns the pids of all processes that can be seen, in ascending
// order.
func Processes() []int {
	if !isHere {
		return nil
	}
	var pids []int
	entries, _ := os.ReadDir(root)
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// Program is the name of the program that a process runs, as the kernel keeps it:
// at most 15 bytes. It is empty if it is not known.
func Program(pid int) string {
	comm, _ := readFile(pid, "comm")
	return strings.TrimSuffix(string(comm), "\n")
}

// Arguments are those that a process was started with, its program first.
func Arguments(pid int) []string {
	cmdline, err := readFile(pid, "cmdline")
	if err != nil || len(cmdline) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(cmdline), "\x00"), "\x00")
}

// Variable returns the value that an environment variable had when a process
// started, as getenv(3) has it there: the first, if there are several. It is empty
// if there was none.
func Variable(pid int, name string) (string, error) {
	environ, err := readFile(pid, "environ")
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(variable, []byte(name+"=")); ok {
			return string(value), nil
		}
	}
	return "", err
}
