//go:build cgo && (linux || windows)

package native

/*
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"unsafe"

	"qtinterop/internal/door"
)

// handle is a C++ object and the only way to it. T is the pointer to it.
type handle[T any] struct {
	object T
	door   door.Door
	delete func(T)
}

// use runs call on the object, which cannot go away meanwhile. KeepAlive is
// what holds off the collector: nothing but handle refers to the object.
func (h *handle[T]) use(call func(T) C.qtb_result) (C.qtb_result, error) {
	if h == nil || !h.door.Enter() {
		return C.qtb_result{}, ErrClosed
	}
	defer runtime.KeepAlive(h)
	defer h.door.Leave()
	return call(h.object), nil
}

// close deletes the object as soon as no call uses it.
func (h *handle[T]) close() {
	if h == nil {
		return // of a zero value, which never had an object
	}
	h.door.Shut(func() { h.delete(h.object) })
}

// text takes the string out of r.
func text(r C.qtb_result) string {
	if r.text == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(r.text))
	return C.GoStringN(r.text, r.text_size)
}

// value is text, and empty if r says that the method failed.
func value(r C.qtb_result) string {
	if s := text(r); r.value != 0 {
		return s
	}
	return ""
}

// answer makes an error of a result that says that method failed.
func answer(method string, enum []Code, r C.qtb_result, err error) error {
	if err != nil {
		return err
	}
	if r.value != 0 {
		return nil
	}
	return newError(method, enum, int32(r.error), text(r))
}

// newError is a function of its own for tests, which cannot use cgo and so have
// no result to give to answer.
func newError(method string, enum []Code, code int32, text string) *Error {
	return &Error{Method: method, Code: codeOf(enum, code), Text: text}
}

// chars is s as C takes it. An empty string becomes NULL, which is a null
// QString.
func chars(s string) (*C.char, C.size_t) {
	if s == "" {
		return nil, 0
	}
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}
