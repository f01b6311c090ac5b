// Twomajors is a program with two major versions of Qt in it, if it is linked so: it
// says what the package makes of that, and must not crash.
package main

import (
	"errors"
	"fmt"

	"qtinterop/native"
)

func main() {
	_, newMemory := native.NewSharedMemory()
	_, adopt := native.AdoptSharedMemory(nil)
	_, newSemaphore := native.NewSystemSemaphore("twomajors", 1, native.Open)
	_, newNative := native.NewNativeSystemSemaphore("posix:/twomajors", 1, native.Open)
	_, encode := native.ToLocal8Bit("text")
	_, decode := native.FromLocal8Bit([]byte("text"))
	for _, err := range []error{newMemory, adopt, newSemaphore, newNative, encode, decode} {
		fmt.Print(errors.Is(err, native.ErrMixed), " ")
	}
	key := native.NewNativeIpcKey("/x", native.SystemV)
	fmt.Printf("%q %q %v %v", key, native.SharedMemoryLegacyNativeKey("x", native.SystemV),
		native.SystemSemaphoreIsKeyTypeSupported(native.SystemV), native.HasNativeIpcKeys())
}
