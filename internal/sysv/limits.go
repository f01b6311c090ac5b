//go:build linux

package sysv

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"qtinterop/internal/ipc"
)

// limits are those of the kernel for segments, and what there is now.
type limits struct {
	largest, pages, segments uint64 // shmmax in bytes, shmall, shmmni
	usedPages, usedSegments  uint64
}

// refusal is why this program can use no System V IPC; nil if it can.
var refusal = sync.OnceValue(func() error {
	call, errno := probe()
	if errno == 0 {
		return nil
	}
	return refusedError(call, errno)
})

// refusedError is about a call that this system does not have, or lets nobody do here.
func refusedError(call string, errno syscall.Errno) *ipc.Error {
	e := &ipc.Error{Code: ipc.Permission, Err: errno,
		Text: call + ": " + errno.Error() + "; System V IPC is refused to this program, by a security profile (AppArmor, SELinux, seccomp) or for want of rights in its namespace; allow it, or with Qt 6.6 or later use POSIX keys"}
	if errno == syscall.ENOSYS {
		e.Code = ipc.Unsupported
		e.Text = call + ": " + errno.Error() + "; there is no System V IPC here, as under gVisor, proot or a seccomp profile; run it elsewhere, or with Qt 6.6 or later use POSIX keys"
	}
	return e
}

// CheckSize looks at the limits, so that nothing is begun that cannot end well.
func (System) CheckSize(size, freed int64) error {
	if err := refusal(); err != nil {
		return err
	}
	l, err := readLimits()
	if err != nil {
		return nil // Qt finds out
	}
	return l.check(uint64(max(size, 0)), uint64(freed))
}

func (l *limits) check(size, freed uint64) error {
	page := uint64(os.Getpagesize())
	pagesOf := func(n uint64) uint64 { return n/page + min(n%page, 1) }
	used, segments := l.usedPages-min(pagesOf(freed), l.usedPages), l.usedSegments
	if freed > 0 {
		segments--
	}
	switch {
	case size > l.largest:
		return &ipc.Error{Code: ipc.Size, Err: syscall.EINVAL,
			Text: fmt.Sprintf("%d bytes are more than the limit of this system, kernel.shmmax, which is %d; raise it with sysctl", size, l.largest)}
	case pagesOf(size) > l.pages || used > l.pages-pagesOf(size):
		return &ipc.Error{Code: ipc.Resources, Err: syscall.ENOSPC,
			Text: fmt.Sprintf("all segments together would have more than the limit of this system, kernel.shmall, which is %d pages of %d bytes; raise it with sysctl, and see with ipcs what is there", l.pages, page)}
	case segments >= l.segments:
		return &ipc.Error{Code: ipc.Resources, Err: syscall.ENOSPC,
			Text: fmt.Sprintf("there are as many segments as the limit of this system allows, kernel.shmmni, which is %d; raise it with sysctl, and see with ipcs what is there", l.segments)}
	}
	return nil
}
