package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"qtinterop/internal/procfs"
)

// peerProcess is the process of --peer, as far as /proc tells.
type peerProcess struct {
	pid      int
	program  string
	uid      int    // effective
	readable bool   // the rest could be read
	tmpdir   string // as it names it
	cwd      string
	unit     string // of systemd, if it is a service
}

func (p *peerProcess) String() string { return fmt.Sprintf("process %d (%s)", p.pid, p.program) }

// rooted is the name by which we reach what the process calls path.
func (p *peerProcess) rooted(path string) string { return procfs.Rooted(p.pid, path) }

func newPeerProcess(pid int) (*peerProcess, error) {
	p := &peerProcess{pid: pid, uid: -1}
	status, err := os.ReadFile(procfs.File(pid, "status"))
	if errors.Is(err, fs.ErrNotExist) {
		switch _, errOwn := os.Stat(procfs.File(os.Getpid(), "status")); {
		case errOwn != nil:
			return nil, refusedf(exitError, "there is no /proc in which to look at process %d; mount it", pid)
		case procfs.Alive(pid):
			return nil, refusedf(exitPermission, "process %d cannot be seen: /proc is mounted with hidepid; run doctor as its user, or as root", pid)
		}
		return nil, refusedf(exitNotFound, "there is no process %d; see ps, or qtshm ls for those that share memory", pid)
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "Name:"); ok {
			p.program = strings.TrimSpace(rest)
		}
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == "Uid:" {
			p.uid, _ = strconv.Atoi(fields[2])
		}
	}
	dir, errDir := procfs.Variable(pid, "TMPDIR")
	cwd, errCwd := os.Readlink(procfs.WorkingDirectory(pid))
	p.readable = errDir == nil && errCwd == nil
	p.cwd, p.tmpdir = cwd, "/tmp"
	if dir != "" {
		p.tmpdir = absolute(cwd, dir)
	}
	p.unit = unitOf(procfs.File(pid, "cgroup"))
	return p, nil
}

// unitOf is the service that a process belongs to.
func unitOf(path string) string {
	cgroup, _ := os.ReadFile(path)
	for line := range strings.Lines(string(cgroup)) {
		if unit := filepath.Base(strings.TrimSpace(line)); strings.HasSuffix(unit, ".service") {
			return unit
		}
	}
	return ""
}

// isApart tells whether the process is in another namespace than we: "ipc",
// "mnt" or "pid".
func (p *peerProcess) isApart(namespace string) bool { return procfs.IsApart(p.pid, namespace) }
