//go:build !windows

package qtbridge

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// project is the project id of Qt's ftok() calls, the highest byte of all its
// System V keys. Below it are 8 bits of the key file's device and 16 of its
// inode.
const project = 'Q'

// ipcKey is a System V key.
type ipcKey int32

func makeIPCKey(device uint8, inode uint16) ipcKey {
	return ipcKey(project<<24 | int32(device)<<16 | int32(inode))
}

func (k ipcKey) isQt() bool    { return uint32(k)>>24 == project }
func (k ipcKey) device() uint8 { return uint8(k >> 16) }
func (k ipcKey) inode() uint16 { return uint16(k) }

// segmentRow is a line of /proc/sysvipc/shm, which everybody may read.
type segmentRow struct {
	key      ipcKey
	id       int
	size     int64
	mode     fs.FileMode
	owner    int
	attached int
	creator  int
	last     int
	created  time.Time // in whole seconds
}

func (r *segmentRow) facts() SegmentFacts {
	return SegmentFacts{
		IPCKey: int32(r.key), ID: r.id, Size: r.size, Mode: r.mode, Owner: r.owner,
		Attached: r.attached, Creator: process(r.creator), Last: process(r.last),
	}
}

// semaphoreRow is a line of /proc/sysvipc/sem.
type semaphoreRow struct {
	key     ipcKey
	id      int
	count   int // how many semaphores it is a set of
	mode    fs.FileMode
	owner   int
	created time.Time // or its value set; in whole seconds
}

// readSegments returns the segments with a key that can be one of Qt's; none
// where the system does not tell.
func readSegments() []segmentRow {
	var rows []segmentRow
	readTable("/proc/sysvipc/shm", 14, func(field func(i, base int) int64) {
		rows = append(rows, segmentRow{
			key: ipcKey(field(0, 10)), id: int(field(1, 10)), mode: fs.FileMode(field(2, 8) & 0o777),
			size: field(3, 10), creator: int(field(4, 10)), last: int(field(5, 10)),
			attached: int(field(6, 10)), owner: int(field(7, 10)), created: time.Unix(field(13, 10), 0),
		})
	})
	return rows
}

func readSemaphores() []semaphoreRow {
	var rows []semaphoreRow
	readTable("/proc/sysvipc/sem", 10, func(field func(i, base int) int64) {
		rows = append(rows, semaphoreRow{
			key: ipcKey(field(0, 10)), id: int(field(1, 10)), mode: fs.FileMode(field(2, 8) & 0o777),
			count: int(field(3, 10)), owner: int(field(4, 10)), created: time.Unix(field(9, 10), 0),
		})
	})
	return rows
}

// readTable calls row for each line that begins with a key of Qt's and has at
// least as many columns as told.
func readTable(path string, columns int, row func(field func(i, base int) int64)) {
	table, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for line := range bytes.Lines(table) {
		fields := bytes.Fields(line)
		if len(fields) < columns {
			continue
		}
		key, err := strconv.ParseInt(string(fields[0]), 10, 32)
		if err != nil || !ipcKey(key).isQt() {
			continue
		}
		row(func(i, base int) int64 {
			n, _ := strconv.ParseInt(string(fields[i]), base, 64)
			return n
		})
	}
}
