//go:build !linux

package qtbridge

import "errors"

// fileWatch tells of key files; there are none on this system.
type fileWatch struct{}

func watchFiles(string, func(), ...string) (*fileWatch, error) { return nil, errors.ErrUnsupported }

func (f *fileWatch) isLost() bool          { return true }
func (f *fileWatch) told() <-chan struct{} { return nil }
func (f *fileWatch) isTold() bool          { return false }
func (f *fileWatch) close()                {}
