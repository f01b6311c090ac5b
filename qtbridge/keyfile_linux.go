package qtbridge

import (
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
