package main

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Letters without a width are all in one line, which is not to be copied for each.
func TestLineOfNoWidth(t *testing.T) {
	data := []byte(strings.Repeat("\u0301", maxText/2))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := newContentPage(formatText, data, make([]byte, len(data)), 80)
	runtime.ReadMemStats(&after)
	assert.Equal(t, []string{strings.Repeat(inverse+"\u0301"+normal, maxText/2)}, p.lines(0, 2))
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<26))
}
