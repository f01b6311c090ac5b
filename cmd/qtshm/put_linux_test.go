//go:build cgo

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/peertest"
)

func TestPutEndlessFile(t *testing.T) {
	e := peertest.New(t)
	key := e.Name()
	segmentOf(e, 6, key, []byte("abcd"))
	segment, _ := files(t, key)
	refused(t, exitUsage, "too long", "put", key, "--file", "/dev/zero")
	assert.Equal(t, "abcd", string(e.Raw(segment)))
}
