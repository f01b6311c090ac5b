//go:build linux

package sysv

import (
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

// isKeyOfFileIn tells whether ftok(3) makes the key of a file in dir.
func isKeyOfFileIn(dir string, key key) bool {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		if found, ok := fileKey(dir + "/" + entry.Name()); ok && found == key {
			return true
		}
	}
	return false
}
