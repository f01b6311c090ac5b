//go:build linux

package posix

import (
	"golang.org/x/sys/unix"

	"qtinterop/internal/ipc"
)

// isAlone tells whether nobody but fd has its file open, in this process neither. It
// is an error if that cannot be told.
func isAlone(fd int) (bool, error) {
	end, alone, err := lease(fd)
	if alone {
		end()
	}
	return alone, err
}

// lease keeps everybody else from opening the file of fd until end, if nobody else has
// it open. Somebody who tries to has the kernel tell us: by a signal that does nothing
// to those who do not ask for it, in place of SIGIO, which would end the program.
func lease(fd int) (end func(), alone bool, err error) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETSIG, int(unix.SIGURG)); err != nil {
		return nil, false, leaseError(err)
	}
	switch _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_WRLCK); err {
	case nil:
		return func() { _, _ = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK) }, true, nil
	case unix.EAGAIN:
		return nil, false, nil
	default:
		return nil, false, leaseError(err)
	}
}

func leaseError(err error) error {
	code := ipc.Unsupported
	if err == unix.EACCES {
		code = ipc.Permission
	}
	return &ipc.Error{Code: code, Err: err,
		Text: "whether others have it open cannot be told (F_SETLEASE: " + err.Error() + "); run as the user who owns it"}
}
