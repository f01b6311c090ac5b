package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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

func (p *peerProcess) file(name string) string { return "/proc/" + strconv.Itoa(p.pid) + "/" + name }

func (p *peerProcess) String() string { return fmt.Sprintf("process %d (%s)", p.pid, p.program) }

// rooted is the name by which we reach what the process calls path.
func (p *peerProcess) rooted(path string) string {
	return p.file("root") + "/" + strings.TrimLeft(path, "/")
}

func newPeerProcess(pid int) (*peerProcess, error) {
	p := &peerProcess{pid: pid, uid: -1}
	status, err := os.ReadFile(p.file("status"))
	if errors.Is(err, fs.ErrNotExist) {
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
	environ, errEnviron := os.ReadFile(p.file("environ"))
	cwd, errCwd := os.Readlink(p.file("cwd"))
	p.readable = errEnviron == nil && errCwd == nil
	p.cwd, p.tmpdir = cwd, tmpdirOf(environ, cwd)
	p.unit = unitOf(p.file("cgroup"))
	return p, nil
}

func tmpdirOf(environ []byte, cwd string) string {
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(variable, []byte("TMPDIR=")); ok && len(value) > 0 {
			return absolute(cwd, string(value))
		}
	}
	return "/tmp"
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
func (p *peerProcess) isApart(namespace string) bool {
	theirs, err := os.Readlink(p.file("ns/" + namespace))
	ours, errOurs := os.Readlink("/proc/thread-self/ns/" + namespace)
	return err == nil && errOurs == nil && theirs != ours
}

// strangers returns the processes of other IPC namespaces that are attached to a
// segment with a System V key.
func strangers(ipcKey int32) []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	name := fmt.Appendf(nil, "/SYSV%08x", uint32(ipcKey))
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		p := peerProcess{pid: pid}
		if maps, err := os.ReadFile(p.file("maps")); err == nil && bytes.Contains(maps, name) && p.isApart("ipc") {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}
