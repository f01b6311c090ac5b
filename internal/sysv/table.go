//go:build linux

package sysv

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"time"

	"qtinterop/internal/ipc"
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

// semaphoreRow is a line of /proc/sysvipc/sem.
type semaphoreRow struct {
	ipc.Semaphore     // its value and processes are not in the table
	count         int // how many semaphores it is a set of
}

// readSegments returns the segments with a key that can be one of Qt's, as
// everybody may read them; none where the system does not tell.
func readSegments() []ipc.Segment {
	var rows []ipc.Segment
	readTable(segmentTable, 14, func(field func(i, base int) int64) {
		rows = append(rows, ipc.Segment{
			Key: int32(field(0, 10)), ID: int(field(1, 10)), Mode: fs.FileMode(field(2, 8) & 0o777),
			Size: field(3, 10), Creator: int(field(4, 10)), Last: int(field(5, 10)),
			Attached: int(field(6, 10)), Owner: int(field(7, 10)), Made: time.Unix(field(13, 10), 0),
			Touched: time.Unix(max(field(11, 10), field(12, 10)), 0),
		})
	})
	return rows
}

func readSemaphores() []semaphoreRow {
	var rows []semaphoreRow
	readTable("/proc/sysvipc/sem", 10, func(field func(i, base int) int64) {
		rows = append(rows, semaphoreRow{count: int(field(3, 10)), Semaphore: ipc.Semaphore{
			Key: int32(field(0, 10)), ID: int(field(1, 10)), Mode: fs.FileMode(field(2, 8) & 0o777),
			Value: -1, Owner: int(field(4, 10)), Set: time.Unix(field(9, 10), 0),
		}})
	})
	return rows
}

const segmentTable = "/proc/sysvipc/shm"

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
		found, err := strconv.ParseInt(string(fields[0]), 10, 32)
		if err != nil || !key(found).isQt() {
			continue
		}
		row(func(i, base int) int64 {
			n, _ := strconv.ParseInt(string(fields[i]), base, 64)
			return n
		})
	}
}
