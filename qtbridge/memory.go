package qtbridge

import (
	"os"

	"qtinterop/native"
)

// memory is a QSharedMemory, and the link it was given in place of a key file.
type memory struct {
	*native.SharedMemory
	unlink func() // removes it; nil if there is none
}

func newMemory(op string, key Key) (*memory, error) {
	m, err := native.NewSharedMemory()
	if err != nil {
		return nil, qtError(op, key, err)
	}
	return &memory{SharedMemory: m}, nil
}

// Close deletes the object, and the link.
func (m *memory) Close() {
	m.SharedMemory.Close()
	if m.unlink != nil {
		m.unlink()
	}
}

// attach attaches to the segment at path, which is absolute.
func (m *memory) attach(op string, key Key, path string, mode Mode) error {
	path, err := m.protect(op, key, path)
	if err != nil {
		return err
	}
	if err := m.SetNativeKey(path); err != nil {
		return qtError(op, key, err)
	}
	return m.attachNow(op, key, mode)
}

// attachNow attaches to the segment of the native key that Qt has.
func (m *memory) attachNow(op string, key Key, mode Mode) error {
	if err := m.Attach(native.AccessMode(mode)); err != nil {
		return qtError(op, key, err)
	}
	if !isCommitted(m.Data()) {
		_ = m.Detach()
		return keyError(op, key, "the object of this name has no memory yet, so it is no segment of Qt's; use another key")
	}
	return nil
}

// create has Qt create a segment at path.
func (m *memory) create(op string, key Key, path string, size int, mode Mode) error {
	if err := m.SetNativeKey(path); err != nil {
		return qtError(op, key, err)
	}
	if err := m.Create(int64(size), native.AccessMode(mode)); err != nil {
		return qtError(op, key, err)
	}
	return nil
}

// protect returns the path that Qt may have. Qt deletes the key file with the
// segment, and a peer may use a file of somebody's own as native key: then Qt
// gets a symbolic link, which leads to the same System V key, and deletes that.
func (m *memory) protect(op string, key Key, path string) (_ string, err error) {
	if !key.native || !hasKeyFiles {
		return path, nil
	}
	info, err := os.Stat(path)
	if err != nil || !isOwnFile(info) {
		return path, nil // what is missing is for Qt to find out
	}
	path, m.unlink, err = linkTo(op, key, path)
	return path, err
}

// isOwnFile tells whether a file is not a key file as Qt makes them: empty and
// regular.
func isOwnFile(info os.FileInfo) bool { return !info.Mode().IsRegular() || info.Size() > 0 }
