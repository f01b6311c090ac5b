//go:build !cgo

package qtbridge

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/native"
)

func TestWithoutQt(t *testing.T) {
	for _, key := range []Key{QtKey("k"), NativeKey("/k")} {
		_, err := Create(t.Context(), key, 5, ReadWrite)
		assert.ErrorIs(t, err, ErrUnavailable)
		assert.ErrorIs(t, err, native.ErrUnavailable)
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		_, err = Attach(t.Context(), key, ReadOnly)
		assert.ErrorIs(t, err, ErrUnavailable)
		assert.ErrorContains(t, err, "CGO_ENABLED=1")
		_, err = NewPublisher(key, PublisherOptions{})
		assert.ErrorIs(t, err, ErrUnavailable)
		_, err = Inspect(key)
		assert.ErrorIs(t, err, ErrUnavailable)
		_, err = Recover(t.Context(), key, Policy{})
		assert.ErrorIs(t, err, ErrUnavailable)
		_, _, err = key.KeyFiles()
		assert.ErrorIs(t, err, ErrUnavailable)
	}
}

func TestListWithoutQt(t *testing.T) {
	_, err := List()
	assert.ErrorIs(t, err, ErrUnavailable)
}

func TestEncodingsWithoutQt(t *testing.T) {
	_, err := Local8Bit.Encode("a")
	assert.ErrorIs(t, err, ErrUnavailable)
	_, err = Local8Bit.Replacing().DecodeToNUL([]byte("a"))
	assert.ErrorIs(t, err, ErrUnavailable)
	assert.ErrorContains(t, err, "qtbridge: decode: built without Qt: build with CGO_ENABLED=1")
	data, err := UTF16LE.Encode("a")
	assert.NoError(t, err)
	assert.Equal(t, "a\x00", string(data))
}
