package layout

import "unsafe"

// unsafeBytes is the memory of words, which is aligned.
func unsafeBytes(words []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 8*len(words))
}
