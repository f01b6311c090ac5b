//go:build cgo && (linux || windows)

package native

// #include "shim.h"
import "C"

import "unsafe"

// ToLocal8Bit is toLocal8Bit() of a QString with this text. What Qt cannot
// convert it replaces, as it does bytes of text that are not UTF-8.
func ToLocal8Bit(text string) ([]byte, error) {
	if err := mixed(); err != nil {
		return nil, err
	}
	p, n := chars(text)
	s, err := converted("QString::toLocal8Bit", C.qtb_string_to_local8bit(p, n))
	return []byte(s), err
}

// FromLocal8Bit is fromLocal8Bit(data, size) of all bytes, also of those after
// a NUL. What Qt cannot convert it replaces; a byte order mark at the start of
// UTF-8 it drops.
func FromLocal8Bit(data []byte) (string, error) {
	if err := mixed(); err != nil {
		return "", err
	}
	p, n := chars(unsafe.String(unsafe.SliceData(data), len(data)))
	return converted("QString::fromLocal8Bit", C.qtb_string_from_local8bit(p, n))
}

func converted(method string, r C.qtb_result) (string, error) {
	if err := answer(method, nil, r, nil); err != nil {
		return "", err
	}
	return text(r), nil
}
