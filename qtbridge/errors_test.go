package qtbridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/native"
)

func TestErrorIs(t *testing.T) {
	for code := ErrUnknown; int(code) < len(codeTexts); code++ {
		err := fmt.Errorf("outer: %w", &Error{Op: "op", Key: QtKey("k"), Code: code, Err: context.Canceled})
		assert.NotEmpty(t, codeTexts[code])
		assert.ErrorIs(t, err, code)
		assert.ErrorIs(t, err, context.Canceled)
		assert.NotErrorIs(t, err, code+1)
	}
}

func TestErrorIsOfTheStandardLibrary(t *testing.T) {
	for code, want := range map[Code]error{
		ErrNotFound: fs.ErrNotExist, ErrExists: fs.ErrExist, ErrPermission: fs.ErrPermission,
		ErrClosed: fs.ErrClosed, ErrKey: fs.ErrInvalid, ErrSize: fs.ErrInvalid, ErrRange: fs.ErrInvalid,
		ErrText:        fs.ErrInvalid,
		ErrUnsupported: errors.ErrUnsupported, ErrUnavailable: errors.ErrUnsupported,
	} {
		assert.ErrorIs(t, &Error{Code: code}, want)
		assert.ErrorIs(t, code, want)
		assert.NotErrorIs(t, &Error{Code: ErrLocked}, want)
	}
}

func TestErrorQtName(t *testing.T) {
	for qt, code := range qtCodes {
		if qt != native.Argument {
			assert.Equal(t, string(qt), code.QtName())
		}
	}
	assert.Equal(t, "LockError", ErrNotLocked.QtName())
	assert.Equal(t, "UnknownError", ErrClosed.QtName())
}

func TestErrorText(t *testing.T) {
	err := &Error{Op: "attach", Key: NativeKey("/x"), Code: ErrNotFound, Msg: "start it"}
	assert.EqualError(t, err, `qtbridge: attach "native:/x": not found: start it`)
	err = &Error{Op: "decode", Code: ErrText, Msg: "use another"}
	assert.EqualError(t, err, "qtbridge: decode: not in this encoding: use another")
	assert.Equal(t, "code 999", Code(999).Error())
	assert.Equal(t, "mode 7", Mode(7).String())
}
