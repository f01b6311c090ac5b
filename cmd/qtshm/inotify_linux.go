package main

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// examineSystem looks for limits that those run into who make something, or watch.
func (x *examination) examineSystem() {
	x.examineDirectory(x.dir)
	x.examineLimits()
	x.examineInotify()
}

func (x *examination) examineInotify() {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if errors.Is(err, unix.EMFILE) {
		x.addInotify("max_user_instances", "instance")
		return
	}
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, os.TempDir(), unix.IN_CREATE); errors.Is(err, unix.ENOSPC) {
		x.addInotify("max_user_watches", "watch")
	}
}

func (x *examination) addInotify(name, what string) {
	limit, _ := os.ReadFile("/proc/sys/fs/inotify/" + name)
	x.add(finding{ID: "inotify-limit", Severity: problem, Command: "sysctl fs.inotify." + name + "=65536",
		Text: "There is no inotify " + what + " left for this user, of " + strings.TrimSpace(string(limit)) +
			": qtshm watch looks for key files each 10 ms instead of being told."})
}
