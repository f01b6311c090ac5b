//go:build !windows

package qtbridge

import (
	"bytes"
	"os"
	"slices"
	"strconv"
)

// mappings tells which processes are attached to which segments, as
// /proc/PID/maps has it: of other users' processes only to root. It remembers
// what it has read.
type mappings struct {
	of      map[int]mapping // by pid
	all     bool            // all processes were read
	byID    map[int][]int   // pids, once all were read
	byInode map[uint64][]int
}

// mapping is what one process is attached to.
type mapping struct {
	ids    []int    // of System V segments of our namespace
	inodes []uint64 // of files in /dev/shm
}

// has tells whether a process is attached to the segment id; not, if it cannot
// be told.
func (m *mappings) has(pid, id int) bool { return slices.Contains(m.read(pid).ids, id) }

// users returns the processes that are seen to be attached to the segment id.
func (m *mappings) users(id int) []int {
	m.readAll()
	return m.byID[id]
}

// posixUsers returns the processes that have mapped a file in /dev/shm.
func (m *mappings) posixUsers(inode uint64) []int {
	m.readAll()
	return m.byInode[inode]
}

func (m *mappings) readAll() {
	if m.all {
		return
	}
	m.all, m.byID, m.byInode = true, make(map[int][]int), make(map[uint64][]int)
	for _, pid := range processes() {
		mapping := m.read(pid)
		for _, id := range mapping.ids {
			m.byID[id] = append(m.byID[id], pid)
		}
		for _, inode := range mapping.inodes {
			m.byInode[inode] = append(m.byInode[inode], pid)
		}
	}
}

func (m *mappings) read(pid int) mapping {
	if pid <= 0 {
		return mapping{}
	}
	if found, ok := m.of[pid]; ok {
		return found
	}
	found := readMapping(pid)
	if len(found.ids) > 0 && !sharesIPC(pid) {
		found.ids = nil // ids of another namespace
	}
	if m.of == nil {
		m.of = make(map[int]mapping)
	}
	m.of[pid] = found
	return found
}

var (
	sysvName  = []byte(" /SYSV")
	posixName = []byte(" " + posixDir)
)

func readMapping(pid int) mapping {
	var found mapping
	maps, err := os.ReadFile(processFile(pid, "maps"))
	if err != nil || !bytes.Contains(maps, sysvName) && !bytes.Contains(maps, posixName) {
		return found
	}
	for line := range bytes.Lines(maps) {
		sysv := bytes.Contains(line, sysvName)
		if !sysv && !bytes.Contains(line, posixName) {
			continue
		}
		fields := bytes.Fields(line)
		inode, err := strconv.ParseUint(string(fields[4]), 10, 64)
		switch {
		case err != nil:
		case sysv: // where files have their inode, segments have their id
			found.ids = append(found.ids, int(inode))
		default:
			found.inodes = append(found.inodes, inode)
		}
	}
	slices.Sort(found.ids)
	slices.Sort(found.inodes)
	found.ids, found.inodes = slices.Compact(found.ids), slices.Compact(found.inodes)
	return found
}

// sharesIPC tells whether a process is in our IPC namespace.
func sharesIPC(pid int) bool {
	ours, errOurs := os.Readlink("/proc/thread-self/ns/ipc")
	theirs, errTheirs := os.Readlink(processFile(pid, "ns/ipc"))
	return errOurs != nil || errTheirs != nil || ours == theirs
}

// processes returns all pids that /proc shows, in ascending order.
func processes() []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// usersOf returns the processes that are seen to be attached to the segment id.
func usersOf(id int) []int {
	var m mappings
	return m.users(id)
}
