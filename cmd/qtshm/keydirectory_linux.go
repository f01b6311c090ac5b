package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// examineDirectory tells whether no key file can be made in a directory any more. It
// makes none to find out.
func (x *examination) examineDirectory(dir string) {
	f := finding{ID: "directory", Severity: problem, Key: x.key, Command: "TMPDIR=/tmp qtshm doctor"}
	if x.key != "" {
		f.Command += " " + quote(x.key)
	}
	var found unix.Statfs_t
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		f.Text = fmt.Sprintf("There is no directory %s, in which this program looks for key files and makes them.", dir)
	case err != nil:
		f.Text = fmt.Sprintf("The directory %s, in which this program looks for key files, cannot be looked at: %v.", dir, err)
	case !info.IsDir():
		f.Text = fmt.Sprintf("%s, in which this program looks for key files, is no directory.", dir)
	case unix.Statfs(dir, &found) != nil:
		return
	case found.Flags&unix.ST_RDONLY != 0:
		f.Text = fmt.Sprintf("The file system of %s is read-only: no program can make a key file there, so that every create() fails.", dir)
		f.Command = "findmnt --target " + quote(dir)
	case found.Files > 0 && found.Ffree == 0:
		f.Text = fmt.Sprintf("The file system of %s is full, as it has no inode left of %d: no program can make a key file there, so that every create() fails. Remove files there that nobody needs.", dir, found.Files)
		f.Command = "df --inodes " + quote(dir)
	case errors.Is(unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS), unix.EACCES):
		f.Text = fmt.Sprintf("User %s, as whom this program runs, may not make files in %s, which belongs to user %s with mode %s: every create() fails there.",
			x.names.name(os.Geteuid()), dir, x.names.name(ownerOf(info)), modeText(info.Mode().Perm()))
		f.Command = "ls -ld " + quote(dir)
	case freeBlocks(&found) == 0 && found.Blocks > 0:
		f.Severity = note
		f.Text = fmt.Sprintf("The file system of %s is full. Key files are empty and can perhaps be made there all the same; if create() fails, remove files there that nobody needs.", dir)
		f.Command = "df " + quote(dir)
	default:
		return
	}
	x.add(f)
}

// freeBlocks are those that this user may take.
func freeBlocks(found *unix.Statfs_t) uint64 {
	if os.Geteuid() == 0 {
		return found.Bfree
	}
	return found.Bavail
}

func ownerOf(info os.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}
