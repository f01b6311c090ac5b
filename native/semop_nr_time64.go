//go:build cgo && linux && (386 || mips || mipsle)

package native

import "golang.org/x/sys/unix"

// sysSemtimedop is the number of semtimedop(2), whose timeout we do not use.
const sysSemtimedop = unix.SYS_SEMTIMEDOP_TIME64
