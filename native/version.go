//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

import "sync"

// Available tells whether this build has Qt in it.
const Available = true

// VersionRunning is qVersion(), the version of the Qt library loaded.
func VersionRunning() string { return C.GoString(C.qtb_version_running()) }

// VersionCompiled is QT_VERSION_STR, the version of the headers compiled
// against.
func VersionCompiled() string { return C.GoString(C.qtb_version_compiled()) }

// HasNativeIpcKeys tells whether the Qt compiled against has QNativeIpcKey.
func HasNativeIpcKeys() bool { return hasNativeIpcKeys() }

var hasNativeIpcKeys = sync.OnceValue(func() bool { return C.qtb_has_ipc_keys() != 0 })

// MaxSize is the largest size, in bytes, that QSharedMemory::create() of this
// Qt can be asked for.
func MaxSize() int64 { return int64(C.qtb_shm_max_size()) }
