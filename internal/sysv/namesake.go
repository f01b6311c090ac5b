//go:build linux

package sysv

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
	"qtinterop/internal/procfs"
)

// Namesakes looks where those who know the segment have their key files.
func (System) Namesakes(p ipc.Place) ipc.Namesakes {
	segment, err := lookSegment(p.Segment)
	if err != nil {
		return ipc.Namesakes{}
	}
	i := inspection{place: p, facts: ipc.Facts{HasSegment: true, Segment: segment}}
	i.findNamesakes()
	return i.facts.SegmentNamesakes
}

// findNamesakes finds those of the objects that there are.
func (i *inspection) findNamesakes() {
	f, p := &i.facts, &i.place
	if !f.HasSegment && !f.HasLock {
		return
	}
	if i.files == nil {
		i.findKeyFiles()
	}
	if f.HasSegment {
		f.SegmentNamesakes = i.namesakes(p.Segment, i.files[key(f.Segment.Key)], ipc.LockPrefix, f.Segment.Made)
	}
	if f.HasLock {
		f.LockNamesakes = i.namesakes(p.Lock, i.files[key(f.Lock.Key)], ipc.SegmentPrefix, f.Lock.Set)
	}
}

// findKeyFiles finds the files with one of the System V keys where the key files are, and
// where the processes concerned look for theirs.
func (i *inspection) findKeyFiles() {
	f, own := &i.facts, filepath.Dir(i.place.Segment)
	var keys []key
	if f.HasSegment {
		keys = append(keys, key(f.Segment.Key))
	}
	if f.HasLock {
		keys = append(keys, key(f.Lock.Key))
	}
	dirs := append(i.nearDirectories(), usualDirectories()...)
	i.files = make(map[key][]string)
	device := deviceOf(own) // an overlay can have another one than its files
	for _, dir := range distinct(dirs) {
		if at := deviceOf(dir); dir != own && at != device && at != keys[0].device() {
			continue
		}
		for _, name := range namesOf(dir, keys) {
			path := strings.TrimRight(dir, "/") + "/" + name
			if found, ok := fileKey(path); ok && slices.Contains(keys, found) {
				i.files[found] = append(i.files[found], path)
			}
		}
	}
}

// nearDirectories are that of the key file, and those of the processes concerned.
func (i *inspection) nearDirectories() []string {
	dirs := []string{filepath.Dir(i.place.Segment)}
	concerned := []int{i.facts.Segment.Creator, i.facts.Segment.Last, i.facts.Lock.Last}
	slices.Sort(concerned)
	for _, pid := range slices.Compact(concerned) {
		if pid > 0 {
			dirs = append(dirs, procfs.Directories(pid)...)
		}
	}
	return dirs
}

// isNear says whether a file is in one of the near directories.
func (i *inspection) isNear(path string) bool {
	return slices.ContainsFunc(i.nearDirectories(), func(dir string) bool {
		return procfs.IsSameFile(dir, filepath.Dir(path))
	})
}

// namesakes are those of the files found that can be key files beside that at path, but
// not of what has names that begin with others, and whose the object is, which was made
// then. A file without a name of Qt's can be a native key's, but most are not, and any
// of them makes the key of some segment: only those that are near count.
func (i *inspection) namesakes(path string, found []string, others string, made time.Time) ipc.Namesakes {
	var n ipc.Namesakes
	older := false
	for _, name := range found {
		file, err := lookFile(name)
		base := filepath.Base(name)
		_, isQt := ipc.QtRest(base)
		if err != nil || !isQt && !file.Plain || isQt && strings.HasPrefix(base, others) {
			continue
		}
		if procfs.IsSameFile(name, path) || !isQt && !i.isNear(name) {
			continue
		}
		older = older || !ipc.IsYounger(birth(&file), made)
		n.Files = append(n.Files, file)
	}
	slices.SortFunc(n.Files, func(a, b ipc.File) int { return strings.Compare(a.Path, b.Path) })
	if len(n.Files) == 0 {
		return n
	}
	ours, _ := lookFile(path)
	switch isYounger := ipc.IsYounger(birth(&ours), made); {
	case isYounger && older:
		n.Whose = ipc.WhoseTheirs
	case isYounger || older:
		n.Whose = ipc.WhoseUnclear
	}
	return n
}

// birth is when a file was made, if the file system tells, and else when it last changed:
// it can get another mode later.
func birth(f *ipc.File) time.Time {
	var stat unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, f.Path, unix.AT_STATX_SYNC_AS_STAT, unix.STATX_BTIME, &stat)
	if err != nil || stat.Mask&unix.STATX_BTIME == 0 {
		return f.Changed
	}
	return time.Unix(stat.Btime.Sec, int64(stat.Btime.Nsec))
}

// deviceOf is the 8 bits of a file's device that go into a System V key.
func deviceOf(path string) uint8 {
	found, _ := fileKey(path)
	return found.device()
}

// The fields of a directory entry, as getdents64(2) has them.
const (
	entryInode = 0
	entrySize  = 16
	entryType  = 18
	entryName  = 19
)

// namesOf returns the regular files of a directory whose inodes can make one of the keys,
// without a look at each.
func namesOf(dir string, keys []key) []string {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var names []string
	buffer := make([]byte, 8<<10)
	for seen := 0; seen < maxFiles; {
		n, err := unix.ReadDirent(fd, buffer)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			break
		}
		for rest := buffer[:n]; len(rest) > entryName; seen++ {
			size := min(int(binary.NativeEndian.Uint16(rest[entrySize:])), len(rest))
			if size <= entryName {
				return names
			}
			inode := uint16(binary.NativeEndian.Uint64(rest[entryInode:]))
			kind := rest[entryType]
			if slices.ContainsFunc(keys, func(k key) bool { return k.inode() == inode }) && (kind == unix.DT_REG || kind == unix.DT_UNKNOWN) {
				name, _, _ := bytes.Cut(rest[entryName:size], []byte{0})
				names = append(names, string(name))
			}
			rest = rest[size:]
		}
	}
	return names
}
