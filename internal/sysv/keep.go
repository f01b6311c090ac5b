//go:build linux

package sysv

import (
	"syscall"

	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// Keep has the kernel count one more user than Qt knows of. When that one goes, the
// kernel removes nothing.
func (System) Keep(id int) (data []byte, end func(), err error) {
	data, err = unix.SysvShmAttach(id, 0, unix.SHM_RDONLY)
	if err != nil {
		return nil, nil, keepError(err)
	}
	return data, func() { _ = unix.SysvShmDetach(data) }, nil
}

func keepError(err error) error {
	e := &ipc.Error{Code: ipc.Unknown, Err: err, Text: "shmat: " + err.Error()}
	switch errno, _ := err.(syscall.Errno); errno {
	case unix.EINVAL, unix.EIDRM:
		e.Code, e.Partial = ipc.NotFound, true
	case unix.EACCES, unix.EPERM:
		e.Code, e.Text = ipc.Permission, e.Text+"; "+traits.Remedies[ipc.Permission]
	case unix.ENOMEM:
		e.Code = ipc.Resources
	}
	return e
}

// Drop does what Qt does in detach(), but for the key file.
func (s System) Drop(id int) {
	if segment, err := s.SegmentByID(id); err == nil && segment.Attached == 0 {
		_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	}
}
