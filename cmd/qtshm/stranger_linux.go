package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"qtinterop/internal/procfs"
	"qtinterop/qtbridge"
)

// seekStrangers looks for processes of other IPC namespaces that are attached to a
// segment whose key file has the name of ours.
func (x *examination) seekStrangers(key qtbridge.Key, state *qtbridge.State) {
	if x.peer != nil || x.has("ipc-namespace") || key.IsPosix() {
		return // compare tells, or it is told
	}
	var maps procfs.Mappings
	var pids []int
	for _, pid := range procfs.Processes() {
		if procfs.IsApart(pid, "ipc") && hasMapped(&maps, pid, state.Segment.File.Path) {
			pids = append(pids, pid)
		}
	}
	if len(pids) > 0 {
		x.addIPCNamespace(key.String(), pids)
	}
}

// hasMapped tells whether a process of another IPC namespace is attached to a segment
// whose key file it has where it looks for it: of a QtKey in its directory for temporary
// files. A file that came after theirs can have the same System V key.
func hasMapped(maps *procfs.Mappings, pid int, path string) bool {
	var files []string
	for _, dir := range procfs.Directories(pid) {
		files = append(files, dir+"/"+filepath.Base(path))
	}
	if !strings.HasPrefix(filepath.Base(path), "qipc_") {
		files = append(files, procfs.Rooted(pid, path))
	}
	return slices.ContainsFunc(files, func(file string) bool {
		info, err := os.Stat(file)
		return err == nil && slices.Contains(maps.Strangers(systemVKey(info)), pid)
	})
}

// systemVKey is ftok(3) of a file, with the project id of Qt.
func systemVKey(info os.FileInfo) int32 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return 'Q'<<24 | int32(stat.Dev&0xff)<<16 | int32(stat.Ino&0xffff)
}

// examineStrangers tells of segments here whose key files are in use in other IPC
// namespaces as well.
func (x *examination) examineStrangers() {
	var maps procfs.Mappings
	for i := range x.entries {
		s := &x.entries[i].State.Segment
		if !s.Exists || s.File.Path == "" || x.entries[i].Key.IsPosix() {
			continue
		}
		pids := slices.Clone(maps.Strangers(s.IPCKey))
		pids = slices.DeleteFunc(pids, func(pid int) bool { return !hasMapped(&maps, pid, s.File.Path) })
		if len(pids) > 0 {
			x.addIPCNamespace(entryName(&x.entries[i]), pids)
		}
	}
}
