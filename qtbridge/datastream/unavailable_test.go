//go:build !cgo

package datastream

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWithoutQt(t *testing.T) {
	_, err := Marshal(Options{}, int32(1))
	assert.ErrorIs(t, err, ErrUnavailable)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorContains(t, err, "CGO_ENABLED=1")
	assert.ErrorIs(t, Unmarshal(nil, Options{}, new(int32)), ErrUnavailable)
	assert.Zero(t, Newest())
}
