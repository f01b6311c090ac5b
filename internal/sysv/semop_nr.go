//go:build linux && !386 && !mips && !mipsle

package sysv

import "golang.org/x/sys/unix"

// sysSemtimedop is the number of semtimedop(2), whose timeout we do not use.
const sysSemtimedop = unix.SYS_SEMTIMEDOP
