//go:build !linux

package dirwatch

import "errors"

// Watch is what nobody has on this system.
type Watch struct{}

// Start returns [errors.ErrUnsupported].
func Start(dir string, rouse func(), names ...string) (*Watch, error) {
	return nil, errors.ErrUnsupported
}

// Told, IsTold and Came can be called of a nil Watch; the others are never called.

func (w *Watch) IsLost() bool          { return true }
func (w *Watch) Told() <-chan struct{} { return nil }
func (w *Watch) IsTold() bool          { return false }
func (w *Watch) Came() uint64          { return 0 }
func (w *Watch) Close()                {}
