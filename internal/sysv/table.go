//go:build linux

package sysv

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// project is the project id of Qt's ftok() calls, the highest byte of all its
// System V keys. Below it are 8 bits of the key file's device and 16 of its
// inode.
const project = 'Q'

// key is a System V key.
type key int32

func makeKey(device uint8, inode uint16) key {
	return key(project<<24 | int32(device)<<16 | int32(inode))
}

func (k key) isQt() bool    { return uint32(k)>>24 == project }
func (k key) device() uint8 { return uint8(k >> 16) }
func (k key) inode() uint16 { return uint16(k) }

// semaphoreRow is a line of /proc/sysvipc/sem.
type semaphoreRow struct {
	ipc.Semaphore     // its value and processes are not in the table
	count         int // how many semaphores it is a set of
}

// removed is set in the mode of a segment that goes with the last who is attached:
// SHM_DEST of sys/shm.h.
const removed = 0o1000

// readSegments returns the segments with a key that can be one of Qt's, as
// everybody may read them; none where the system does not tell. Of those that were
// removed under their users the table does not keep the key: maps has it.
func readSegments(maps *procfs.Mappings) []ipc.Segment {
	var rows []ipc.Segment
	wanted := func(k key) bool { return k.isQt() || k == private }
	readTable(segmentTable, 14, wanted, func(field func(i, base int) int64) {
		row := ipc.Segment{
			Key: int32(field(0, 10)), ID: int(field(1, 10)), Mode: fs.FileMode(field(2, 8) & 0o777),
			Size: field(3, 10), Creator: int(field(4, 10)), Last: int(field(5, 10)),
			Attached: int(field(6, 10)), Owner: int(field(7, 10)), Made: time.Unix(field(13, 10), 0),
			Touched: time.Unix(max(field(11, 10), field(12, 10)), 0),
			Removed: field(2, 8)&removed != 0,
		}
		if key(row.Key) == private && !findKey(&row, maps) {
			return
		}
		rows = append(rows, row)
	})
	return rows
}

// private is the key of segments without one.
const private key = unix.IPC_PRIVATE

// findKey finds the key that a segment had before it was removed, if that can be one
// of Qt's. Most that are removed never had one, as those of X clients.
func findKey(row *ipc.Segment, maps *procfs.Mappings) bool {
	if !row.Removed || row.Attached == 0 {
		return false
	}
	found, ok := maps.Key(row.ID, row.Creator, row.Last)
	row.Key = found
	return ok && key(found).isQt()
}

func readSemaphores() []semaphoreRow {
	var rows []semaphoreRow
	readTable("/proc/sysvipc/sem", 10, key.isQt, func(field func(i, base int) int64) {
		rows = append(rows, semaphoreRow{count: int(field(3, 10)), Semaphore: ipc.Semaphore{
			Key: int32(field(0, 10)), ID: int(field(1, 10)), Mode: fs.FileMode(field(2, 8) & 0o777),
			Value: -1, Owner: int(field(4, 10)), Set: time.Unix(field(9, 10), 0),
		}})
	})
	return rows
}

const segmentTable = "/proc/sysvipc/shm"

// readTable calls row for each line that begins with a key that is wanted and has at
// least as many columns as told.
func readTable(path string, columns int, wanted func(key) bool, row func(field func(i, base int) int64)) {
	table, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for line := range bytes.Lines(table) {
		fields := bytes.Fields(line)
		if len(fields) < columns {
			continue
		}
		found, err := strconv.ParseInt(string(fields[0]), 10, 32)
		if err != nil || !wanted(key(found)) {
			continue
		}
		row(func(i, base int) int64 {
			n, _ := strconv.ParseInt(string(fields[i]), base, 64)
			return n
		})
	}
}
