package procfs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WorkingDirectory is a name of the working directory of a process: a link, by
// which we get there also if our own names lead elsewhere.
func WorkingDirectory(pid int) string { return File(pid, "cwd") }

// Executable is a name of the program that a process runs, as WorkingDirectory is
// one of its working directory.
func Executable(pid int) string { return File(pid, "exe") }

// Directories returns the working directory of a process and its directory for
// temporary files, by names that lead us there. Of one that has ended, or whose user keeps
// them to itself, they are unknown: there are none.
func Directories(pid int) []string {
	if !isHere {
		return nil
	}
	cwd, err := readLink(pid, "cwd")
	if err != nil {
		return nil
	}
	tmp := temporaryDirectory(pid)
	if !filepath.IsAbs(tmp) {
		tmp = cwd + "/" + tmp // not cleaned: .. after a symbolic link is the kernel's to resolve
	}
	return []string{reached(pid, cwd), reached(pid, tmp)}
}

// temporaryDirectory is by the environment that the process was started with; its own is
// known to this one as it is now.
func temporaryDirectory(pid int) string {
	if pid == os.Getpid() {
		return os.TempDir()
	}
	if value, _ := Variable(pid, "TMPDIR"); value != "" {
		return value
	}
	return "/tmp"
}

// Rooted is a name by which we reach what a process calls path.
func Rooted(pid int, path string) string {
	return File(pid, "root") + "/" + strings.TrimLeft(path, "/")
}

// CutRooted undoes Rooted: it returns the process and its name of the path.
func CutRooted(path string) (pid int, inside string, ok bool) {
	parts := strings.SplitN(path, "/", 5) // "", proc, PID, root, and the path inside
	if len(parts) < 5 || parts[1] != "proc" || parts[3] != "root" {
		return 0, "", false
	}
	pid, err := strconv.Atoi(parts[2])
	return pid, "/" + parts[4], err == nil
}

// reached is a name of a directory that a process calls dir: the same, unless
// that process sees another one there, as with a /tmp of its own.
func reached(pid int, dir string) string {
	rooted := Rooted(pid, dir)
	theirs, err := os.Stat(rooted)
	ours, errOurs := os.Stat(dir)
	if err == nil && (errOurs != nil || !os.SameFile(ours, theirs)) {
		return rooted
	}
	return dir
}

// IsSameFile tells whether two names lead to the same file or directory.
func IsSameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
