package main

import (
	"os"
	"path/filepath"
	"slices"
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
// whose key file it calls path, or by that name in a directory of its own.
func hasMapped(maps *procfs.Mappings, pid int, path string) bool {
	files := []string{procfs.Rooted(pid, path)}
	for _, dir := range procfs.Directories(pid) {
		files = append(files, dir+"/"+filepath.Base(path))
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
		pids = slices.DeleteFunc(pids, func(pid int) bool {
			return !procfs.IsSameFile(procfs.Rooted(pid, s.File.Path), s.File.Path)
		})
		if len(pids) > 0 {
			x.addIPCNamespace(entryName(&x.entries[i]), pids)
		}
	}
}
