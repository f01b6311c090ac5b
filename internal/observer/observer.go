//go:build linux

// Package observer is the third party of tests and of the demo: neither our
// library nor Qt. It derives System V keys by the definition of ftok and goes
// straight to the kernel.
package observer

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// FtokQ is ftok(path, 'Q').
func FtokQ(path string) (int, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return 0, err
	}
	return int(int32('Q'<<24 | uint32(st.Dev&0xff)<<16 | uint32(st.Ino&0xffff))), nil
}

// Segment is what the kernel says of a segment.
type Segment struct {
	ID       int
	Size     int
	Attached int
	Mode     uint32
	Creator  int
}

// Look looks at the segment of a key file; nil if there is none.
func Look(path string) *Segment {
	key, err := FtokQ(path)
	if err != nil {
		return nil
	}
	id, err := unix.SysvShmGet(key, 0, 0)
	if err != nil {
		return nil
	}
	var ds unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(id, unix.IPC_STAT, &ds); err != nil {
		return nil
	}
	return &Segment{
		ID: id, Size: int(ds.Segsz), Attached: int(ds.Nattch), Mode: uint32(ds.Perm.Mode) & 0o777,
		Creator: int(ds.Cpid),
	}
}

// Read returns a copy of the segment of a key file.
func Read(path string) ([]byte, error) {
	raw := Look(path)
	if raw == nil {
		return nil, fmt.Errorf("the observer finds no segment of key file %s", path)
	}
	data, err := unix.SysvShmAttach(raw.ID, 0, unix.SHM_RDONLY)
	if err != nil {
		return nil, fmt.Errorf("shmat: %w", err)
	}
	copied := append([]byte(nil), data...)
	return copied, unix.SysvShmDetach(data)
}

// SetMode sets the permission bits of the segment of a key file.
func SetMode(path string, mode uint32) error {
	raw := Look(path)
	if raw == nil {
		return fmt.Errorf("the observer finds no segment of key file %s", path)
	}
	var ds unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(raw.ID, unix.IPC_STAT, &ds); err != nil {
		return err
	}
	ds.Perm.Mode = mode
	_, err := unix.SysvShmCtl(raw.ID, unix.IPC_SET, &ds)
	return err
}

// Commands of semctl(2) that x/sys has no names for.
const (
	semGetPID = 11
	semGetVal = 12
)

// Semaphore is what the kernel says of a semaphore.
type Semaphore struct {
	ID, Value, Last int
}

// LookSemaphore looks at the semaphore of a key file; nil if there is none.
func LookSemaphore(path string) *Semaphore {
	key, err := FtokQ(path)
	if err != nil {
		return nil
	}
	id, _, errno := unix.Syscall(unix.SYS_SEMGET, uintptr(key), 0, 0)
	if errno != 0 {
		return nil
	}
	value, _, errno := unix.Syscall6(unix.SYS_SEMCTL, id, 0, semGetVal, 0, 0, 0)
	if errno != 0 {
		return nil
	}
	last, _, _ := unix.Syscall6(unix.SYS_SEMCTL, id, 0, semGetPID, 0, 0, 0)
	return &Semaphore{ID: int(id), Value: int(value), Last: int(last)}
}

// MakeSemaphore makes a semaphore for a key file and sets no value, as a Qt
// process does that is killed in between.
func MakeSemaphore(path string) error {
	key, err := FtokQ(path)
	if err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SEMGET, uintptr(key), 1, unix.IPC_CREAT|unix.IPC_EXCL|0o600)
	return orNil(errno)
}

// RemoveSegment removes a segment by its id.
func RemoveSegment(id int) error {
	_, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	return err
}

// RemoveSemaphore removes a semaphore by its id.
func RemoveSemaphore(id int) error {
	_, _, errno := unix.Syscall(unix.SYS_SEMCTL, uintptr(id), 0, unix.IPC_RMID)
	return orNil(errno)
}

func orNil(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// RemoveAll removes what hangs on a key file and says what it was.
func RemoveAll(path string) []string {
	var found []string
	if raw := Look(path); raw != nil {
		found = append(found, fmt.Sprintf("segment %d (%d attached)", raw.ID, raw.Attached))
		_ = RemoveSegment(raw.ID)
	}
	if raw := LookSemaphore(path); raw != nil {
		found = append(found, fmt.Sprintf("semaphore %d (value %d)", raw.ID, raw.Value))
		_ = RemoveSemaphore(raw.ID)
	}
	return found
}

// SegmentsOf returns the ids of Qt's segments that one of the processes made.
func SegmentsOf(pids []int) []int {
	var ids []int
	for _, row := range table("shm") {
		if isQt(row) && slices.Contains(pids, row["cpid"]) {
			ids = append(ids, row["shmid"])
		}
	}
	return ids
}

// RemoveOf removes what a process made or used last that ran since a time and is
// gone: segments that nobody is attached to, and semaphores, whose key files may
// be gone as well. It says what it was.
func RemoveOf(pid int, since time.Time) []string {
	var found []string
	for _, row := range table("shm") {
		if row["cpid"] == pid && row["nattch"] == 0 && isQt(row) && int64(row["ctime"]) >= since.Unix() {
			found = append(found, fmt.Sprintf("segment %d", row["shmid"]))
			_ = RemoveSegment(row["shmid"])
		}
	}
	for _, row := range table("sem") {
		if !isQt(row) || int64(row["ctime"]) < since.Unix() {
			continue
		}
		last, _, _ := unix.Syscall6(unix.SYS_SEMCTL, uintptr(row["semid"]), 0, semGetPID, 0, 0, 0)
		if int(last) == pid {
			found = append(found, fmt.Sprintf("semaphore %d", row["semid"]))
			_ = RemoveSemaphore(row["semid"])
		}
	}
	return found
}

func isQt(row map[string]int) bool { return uint32(row["key"])>>24 == 'Q' }

// table reads a table of /proc/sysvipc, which has names in its first line.
func table(name string) []map[string]int {
	data, err := os.ReadFile("/proc/sysvipc/" + name)
	if err != nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	names := strings.Fields(lines[0])
	var rows []map[string]int
	for _, line := range lines[1:] {
		row := make(map[string]int)
		for i, value := range strings.Fields(line) {
			row[names[i]], _ = strconv.Atoi(value)
		}
		rows = append(rows, row)
	}
	return rows
}
