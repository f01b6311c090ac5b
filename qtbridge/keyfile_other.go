//go:build !linux && !windows

package qtbridge

import "qtinterop/native"

// Without Linux there are no key files to look at.

func lookFile(path string) (KeyFile, error) { return KeyFile{Path: path}, native.ErrUnavailable }

func lookInode(string) (device uint8, inode uint16, ok bool) { return 0, 0, false }

type fileID struct{}

func lookID(string) (id fileID, ok bool) { return fileID{}, false }

func lookPosix(path string) (file KeyFile, facts SegmentFacts, inode uint64, ok bool) {
	return KeyFile{Path: path}, facts, 0, false
}
