//go:build cgo

package main

import (
	"fmt"
	"os"

	"qtinterop/internal/observer"
)

// id is what is published. A Qt program makes local 8-bit bytes of it, here
// UTF-8.
const id = "模型-4711"

// ids are published one after the other, of different lengths.
var ids = []string{"page-1", "页-20", "page-300"}

// unit is what sizes of segments are multiples of.
const unit = 1

// enterPlace makes a directory of our own, so that we meet no real program that
// uses the key.
func enterPlace() (dir, text string, leave func() error, err error) {
	dir, err = os.MkdirTemp("", "qtinterop-demo")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	return dir, dir, func() error { return os.RemoveAll(dir) }, err
}

// objectText is what the system says of the segment of a key file.
func objectText(path string, raw *observer.Segment) string {
	ftok, _ := observer.FtokQ(path)
	return fmt.Sprintf("key 0x%08x, id %d, %d bytes, mode %#o, %d attached", uint32(ftok), raw.ID, raw.Size, raw.Mode, raw.Attached)
}
