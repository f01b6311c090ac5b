//go:build cgo

package main

import (
	"fmt"
	"os"

	"qtinterop/internal/observer"
)

// id is what is published. A Qt program makes local 8-bit bytes of it: those of
// the code page, of which Wine's has no Chinese.
const id = "Modèle-4711"

// ids are published one after the other, of different lengths.
var ids = []string{"page-1", "Größe-20", "page-300"}

// unit is what sizes of segments are multiples of.
const unit = 4096

// enterPlace does nothing: objects are found by their names, in this session,
// which under Wine is that of the prefix.
func enterPlace() (dir, text string, leave func() error, err error) {
	dir, err = os.Getwd()
	return dir, "this session", func() error { return nil }, err
}

// objectText is what the system says of the segment with a name.
func objectText(name string, raw *observer.Segment) string {
	return fmt.Sprintf("%s, %d bytes, %d handles", name, raw.Size, raw.Attached)
}
