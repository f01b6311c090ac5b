package procfs

import (
	"bytes"
	"slices"
	"strconv"
)

// Mappings tells which processes are attached to which segments, as
// /proc/PID/maps has it: of other users' processes only to root. It remembers
// what it has read. The zero Mappings has read nothing.
type Mappings struct {
	of      map[int]mapping // by pid
	all     bool            // all processes were read
	byID    map[int][]int   // pids, once all were read
	byInode map[uint64][]int
	keys    map[int]int32   // of segments that a process was seen to be attached to
	apart   map[int32][]int // pids in other IPC namespaces, by the keys of their segments
}

// mapping is what one process is attached to.
type mapping struct {
	ids    []int    // of System V segments of our namespace
	keys   []int32  // that these were made with
	inodes []uint64 // of files in /dev/shm
}

// Has tells whether a process is attached to the segment id; not, if it cannot
// be told.
func (m *Mappings) Has(pid, id int) bool { return slices.Contains(m.read(pid).ids, id) }

// Key returns the System V key that the segment id was made with, which those who
// are attached show also after its removal. It looks at these pids first, then at all.
func (m *Mappings) Key(id int, pids ...int) (key int32, ok bool) {
	for _, pid := range pids {
		m.read(pid)
	}
	if key, ok = m.keys[id]; !ok {
		m.readAll()
		key, ok = m.keys[id]
	}
	return key, ok
}

// Strangers returns the processes of other IPC namespaces that are attached to a
// segment with a System V key, in ascending order.
func (m *Mappings) Strangers(key int32) []int {
	m.readAll()
	return slices.Compact(m.apart[key])
}

// Users returns the processes that are seen to be attached to the segment id.
func (m *Mappings) Users(id int) []int {
	m.readAll()
	return m.byID[id]
}

// PosixUsers returns the processes that have mapped a file in /dev/shm.
func (m *Mappings) PosixUsers(inode uint64) []int {
	m.readAll()
	return m.byInode[inode]
}

func (m *Mappings) readAll() {
	if m.all {
		return
	}
	m.all, m.byID, m.byInode = true, make(map[int][]int), make(map[uint64][]int)
	for _, pid := range Processes() {
		mapping := m.read(pid)
		for _, id := range mapping.ids {
			if !slices.Contains(m.byID[id], pid) { // it can have it several times
				m.byID[id] = append(m.byID[id], pid)
			}
		}
		for _, inode := range mapping.inodes {
			m.byInode[inode] = append(m.byInode[inode], pid)
		}
	}
}

func (m *Mappings) read(pid int) mapping {
	if pid <= 0 {
		return mapping{}
	}
	if found, ok := m.of[pid]; ok {
		return found
	}
	found := readMapping(pid)
	if m.of == nil {
		m.of, m.keys, m.apart = make(map[int]mapping), make(map[int]int32), make(map[int32][]int)
	}
	if len(found.ids) > 0 && IsApart(pid, "ipc") {
		for _, key := range found.keys {
			m.apart[key] = append(m.apart[key], pid)
		}
		found.ids, found.keys = nil, nil // of another namespace
	}
	m.of[pid] = found
	for n, id := range found.ids {
		m.keys[id] = found.keys[n]
	}
	return found
}

var (
	sysvName  = []byte(" /SYSV") // and the System V key
	posixName = []byte(" /dev/shm/")
)

func readMapping(pid int) mapping {
	var found mapping
	maps, err := readFile(pid, "maps")
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
			found.keys = append(found.keys, keyOf(fields[5]))
		default:
			found.inodes = append(found.inodes, inode)
		}
	}
	slices.Sort(found.inodes)
	found.inodes = slices.Compact(found.inodes)
	return found
}

// keyOf is the System V key in the name of a mapping.
func keyOf(name []byte) int32 {
	key, _ := strconv.ParseUint(string(bytes.TrimPrefix(name, sysvName[1:])), 16, 32)
	return int32(key)
}
