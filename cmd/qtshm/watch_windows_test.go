//go:build cgo

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// untilWaiting gives somebody time to wait: Windows does not tell.
func untilWaiting(*testing.T, string) { time.Sleep(50 * time.Millisecond) }

// A semaphore that --create makes goes when nobody has it any more. One that a Qt
// process has is left alone, and what a release added to it stays.
func TestSemaphoreCreateAndRelease(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		key := e.Name()
		_, lock := files(t, key)
		assert.Equal(t, result{out: "5\n"}, startProcess(t, "sem", key, "value", "--create", "5").end())
		require.Nil(t, observer.LookSemaphore(lock))
		peer := e.Verbs(qt)
		peer.Do("sem.new", "s", peertest.Args{"key": key, "initial": 1, "mode": "Create"})
		assert.Equal(t, "1\n", ok(t, "sem", key, "value", "--create", "9"))
		assert.Equal(t, result{}, startProcess(t, "sem", key, "release", "2", "--for", "0s").end())
		assert.Equal(t, 3, observer.LookSemaphore(lock).Value)
		for range 3 {
			peer.Must("sem.acquire", "s", nil)
		}
	})
}
