package winobj

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// programName is the name of the file that a process runs, empty if it cannot be
// told.
func programName(pid int) string {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(process) }()
	path := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(path))
	if err := windows.QueryFullProcessImageName(process, 0, &path[0], &size); err != nil {
		return ""
	}
	return filepath.Base(windows.UTF16ToString(path[:size]))
}

// hasQt tells whether a process has loaded QtCore. A program that has Qt built in
// cannot be told from others.
func hasQt(pid int) bool {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPMODULE|windows.TH32CS_SNAPMODULE32, uint32(pid))
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(snapshot) }()
	var module windows.ModuleEntry32
	module.Size = uint32(windows.SizeofModuleEntry32)
	for err = windows.Module32First(snapshot, &module); err == nil; err = windows.Module32Next(snapshot, &module) {
		name := strings.ToLower(windows.UTF16ToString(module.Module[:]))
		if strings.HasPrefix(name, "qt5core") || strings.HasPrefix(name, "qt6core") {
			return true
		}
	}
	return false
}
