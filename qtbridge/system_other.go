//go:build !linux && !windows

package qtbridge

import (
	"errors"

	"qtinterop/internal/ipc"
)

// noSystem stands for none. There is no Qt to work with here, and without that
// nothing comes so far as to call one of the methods that it does not have.
type noSystem struct{ ipc.System }

func (noSystem) Traits() *ipc.Traits { return &ipc.Traits{KeyFiles: true, Page: 1} }

// nativeKeyType is that of native keys without a type.
const nativeKeyType = systemVKey

// hasKeyType tells whether there are keys of a type here.
func hasKeyType(t keyType) bool { return t != windowsKey }

func systemOf(Key) ipc.System { return noSystem{} }

func otherSegment(string) string { return "" }

func listAll() ([]ipc.Found, error) { return nil, errors.ErrUnsupported }
