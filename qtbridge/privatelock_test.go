//go:build cgo && linux

package qtbridge

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

func TestPrivateLockIsSharedAndGoesWithItsLastUse(t *testing.T) {
	env := peertest.New(t)
	a, err := sharePrivateLock("attach", Key{}, systemOf(Key{}))
	require.NoError(t, err)
	b, err := sharePrivateLock("attach", Key{}, systemOf(Key{}))
	require.NoError(t, err)
	assert.Same(t, a, b)
	files := env.Files(env.Tmp)
	require.Len(t, files, 1)
	assert.Equal(t, 1, observer.LookSemaphore(env.Tmp+"/"+files[0]).Value)

	t.Setenv("TMPDIR", env.Other) // it can change at any time
	c, err := sharePrivateLock("attach", Key{}, systemOf(Key{}))
	require.NoError(t, err)
	assert.NotSame(t, a, c)
	assert.Len(t, env.Files(env.Other), 1)
	c.leave()
	assert.Empty(t, env.Files(env.Other))

	a.leave()
	assert.Len(t, env.Files(env.Tmp), 1)
	b.leave()
	assert.Empty(t, env.Files(env.Tmp))
}

// A program that ends while Qt removes its lock, the file first, leaves a name by which
// the next one finds the semaphore.
func TestPrivateLockOfOneThatEndsMeanwhile(t *testing.T) {
	env := peertest.New(t)
	l, err := newPrivateLock(privatePlaceOf(systemOf(Key{})))
	require.NoError(t, err)
	t.Cleanup(l.made.Close)
	l.addName()
	require.NoError(t, os.Remove(l.file(l.name)))
	left := env.Files(env.Tmp)
	require.Len(t, left, 1)
	second := filepath.Join(env.Tmp, left[0])
	assert.Equal(t, 1, observer.LookSemaphore(second).Value)

	before := time.Now().Add(-time.Since(started) - 5*time.Second) // of an earlier process with our pid
	require.NoError(t, os.Chtimes(second, before, before))
	id := observer.LookSemaphore(second).ID
	l.sweep()
	assert.Empty(t, env.Files(env.Tmp))
	require.ErrorIs(t, observer.RemoveSemaphore(id), syscall.EINVAL)
}

func TestPrivateLockNeedsItsFile(t *testing.T) {
	peertest.New(t)
	t.Setenv("TMPDIR", "/nowhere/at/all")
	_, err := sharePrivateLock("attach", QtKey("key"), systemOf(Key{}))
	e := requireError(t, err, "attach", QtKey("key"), ErrResources)
	assert.Contains(t, e.Msg, "/nowhere/at/all")
	assert.Contains(t, e.Msg, "set TMPDIR")
}

// started is when the tests did, about.
var started = time.Now()

// What a process that was killed has left is removed by the next one; what a living
// one has stays.
func TestPrivateLocksOfTheDeadAreSwept(t *testing.T) {
	env := peertest.New(t)
	child := exec.Command("true")
	require.NoError(t, child.Run())
	ours := "Z" + spell(ownPIDs()) + "Z"
	living := privatePrefix + spell(os.Getpid()) + ours + "living"
	dead := privatePrefix + spell(child.Process.Pid) + ours + "b"
	far := privatePrefix + spell(child.Process.Pid) + "Z" + spell(ownPIDs()+1) + "Zb"
	reused := privatePrefix + spell(os.Getpid()) + ours + "reused"
	for _, name := range []string{living, dead, far, reused, "qtinteropPrivateLo", privatePrefix, privatePrefix + "Zb"} {
		s, err := native.NewSystemSemaphore(name, 1, native.Create)
		require.NoError(t, err)
		require.NoError(t, s.Err())
		t.Cleanup(s.Close)
	}
	require.Len(t, env.Files(env.Tmp), 7)
	place := privatePlaceOf(systemOf(Key{}))
	before := time.Now().Add(-time.Since(started) - 5*time.Second)
	require.NoError(t, os.Chtimes(place.file(reused), before, before))
	place.sweep()
	left := env.Files(env.Tmp)
	assert.Len(t, left, 5)
	for _, file := range left {
		assert.NotContains(t, file, dead)
		assert.NotContains(t, file, reused, "made before this process started")
		assert.NotNil(t, observer.LookSemaphore(env.Tmp+"/"+file))
	}
}

func TestSpelling(t *testing.T) {
	for _, n := range []int{1, 25, 26, 27, 675, 676, 32768, 4194304} {
		assert.Equal(t, n, unspell(spell(n)), spell(n))
	}
	for _, none := range []string{"", "A", "a1", "zzzzzzzzzzzzzzzzzzzz"} {
		assert.Zero(t, unspell(none), none)
	}
}
