//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

import (
	"fmt"
	"strings"
	"sync"
)

// Available tells whether this build has Qt in it.
const Available = true

// VersionRunning is qVersion(), the version of the Qt library loaded.
func VersionRunning() string { return C.GoString(C.qtb_version_running()) }

// VersionCompiled is QT_VERSION_STR, the version of the headers compiled
// against.
func VersionCompiled() string { return C.GoString(C.qtb_version_compiled()) }

// HasNativeIpcKeys tells whether the Qt loaded has QNativeIpcKey, as it has since 6.6,
// whatever the version compiled against.
func HasNativeIpcKeys() bool { return hasNativeIpcKeys() }

var hasNativeIpcKeys = sync.OnceValue(func() bool { return mixed() == nil && C.qtb_has_ipc_keys() != 0 })

// mixed must be nil before the first call of Qt. Two major versions in one program
// link without a warning: of functions that both have, those of the library that comes
// first are called, qVersion() among them.
var mixed = sync.OnceValue(func() error { return checkMajor(VersionCompiled(), VersionRunning()) })

func checkMajor(compiled, running string) error {
	want, _, _ := strings.Cut(compiled, ".")
	have, _, _ := strings.Cut(running, ".")
	if want == have {
		return nil
	}
	return fmt.Errorf("%w: it was compiled against Qt %s and runs with Qt %s", ErrMixed, compiled, running)
}

// MaxSize is the largest size, in bytes, that QSharedMemory::create() of this
// Qt can be asked for.
func MaxSize() int64 { return int64(C.qtb_shm_max_size()) }
