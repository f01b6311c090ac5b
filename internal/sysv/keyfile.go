//go:build linux

package sysv

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"qtinterop/internal/ipc"
)

// lookFile looks at a key file. The error, if any, is a [syscall.Errno].
func lookFile(path string) (ipc.File, error) {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return ipc.File{Path: path}, err
	}
	return ipc.File{
		Path: path, Exists: true, Owner: int(stat.Uid), Plain: isPlain(&stat),
		Changed: time.Unix(stat.Ctim.Unix()),
	}, nil
}

// isPlain tells whether a file is a key file as Qt makes them: empty and regular.
func isPlain(stat *syscall.Stat_t) bool {
	return stat.Mode&syscall.S_IFMT == syscall.S_IFREG && stat.Size == 0
}

// fileKey is the key that ftok(3) makes of a file for Qt.
func fileKey(path string) (key key, ok bool) {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return 0, false
	}
	return makeKey(uint8(stat.Dev), uint16(stat.Ino)), true
}

// hasKeyFile tells whether an object with a key, which was made then, can have its key
// file in dir. One that is there for less long has got the inode of the deleted one.
func hasKeyFile(dir string, wanted key, made time.Time) bool {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.Type()&^fs.ModeSymlink != 0 {
			continue
		}
		path := dir + "/" + entry.Name()
		if found, ok := fileKey(path); !ok || found != wanted {
			continue
		}
		if file, err := lookFile(path); err == nil && !ipc.IsYounger(birth(&file), made) {
			return true
		}
	}
	return false
}
