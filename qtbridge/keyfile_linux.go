package qtbridge

import (
	"io/fs"
	"syscall"
	"time"
)

// lookFile looks at a key file. The error, if any, is a [syscall.Errno].
func lookFile(path string) (KeyFile, error) {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return KeyFile{Path: path}, err
	}
	return KeyFile{
		Path: path, Exists: true, Owner: int(stat.Uid),
		Plain:   stat.Mode&syscall.S_IFMT == syscall.S_IFREG && stat.Size == 0,
		Changed: time.Unix(stat.Ctim.Unix()),
	}, nil
}

// lookInode tells of which device and inode ftok() makes the key of a file; ok
// is false if there is no file.
func lookInode(path string) (device uint8, inode uint16, ok bool) {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return 0, 0, false
	}
	return uint8(stat.Dev), uint16(stat.Ino), true
}

// fileID is what makes two names the same file.
type fileID struct{ device, inode uint64 }

func lookID(path string) (id fileID, ok bool) {
	var stat syscall.Stat_t
	err := syscall.Stat(path, &stat)
	return fileID{uint64(stat.Dev), stat.Ino}, err == nil
}

// lookPosix looks at a POSIX segment or semaphore, which is a file.
func lookPosix(path string) (file KeyFile, facts SegmentFacts, inode uint64, ok bool) {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return file, facts, 0, false
	}
	file = KeyFile{Path: path, Exists: true, Owner: int(stat.Uid), Changed: time.Unix(stat.Ctim.Unix())}
	facts = SegmentFacts{
		Size: stat.Size, Mode: fs.FileMode(stat.Mode & 0o777), Owner: int(stat.Uid),
		Creator: process(0), Last: process(0),
	}
	return file, facts, stat.Ino, true
}
