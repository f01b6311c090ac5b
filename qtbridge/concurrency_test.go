//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"encoding/binary"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A thousand goroutines that want one lock wait without an OS thread each, while
// a Qt process holds it, and all get it in the end.
func TestManyGoroutinesWantOneLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 8, make([]byte, 8))
		peer.Must("shm.lock", key.String(), nil)
		segments := []*Segment{mustAttach(t, key, ReadWrite), mustAttach(t, key, ReadWrite)}
		before := pprof.Lookup("threadcreate").Count()
		var wg sync.WaitGroup
		for i := range 1000 {
			s := segments[i%2]
			wg.Go(func() {
				assert.NoError(t, s.WithLock(context.Background(), func() error { return count(s, 1) }))
			})
		}
		time.Sleep(100 * time.Millisecond)
		threads := pprof.Lookup("threadcreate").Count() - before
		peer.Must("shm.unlock", key.String(), nil)
		wg.Wait()
		assert.Less(t, threads, 20, "OS threads more than before")
		assert.EqualValues(t, 1000, binary.LittleEndian.Uint64(env.Raw(first(keyFiles(t, key)))))
	})
}

// Two Segments on one key in one process are two attachments; closing one
// leaves the other alone.
func TestTwoSegmentsOnOneKey(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	segment, _ := keyFiles(t, key)
	a, b := mustCreate(t, key, 5), mustAttach(t, key, ReadOnly)
	assert.Equal(t, 2, observer.Look(segment).Attached)
	require.NoError(t, a.WithLock(soon(t), func() error { _, err := a.WriteAt([]byte("hello"), 0); return err }))
	require.NoError(t, a.Close())
	assert.Equal(t, 1, observer.Look(segment).Attached)
	got, err := b.Snapshot(soon(t), nil)
	require.NoError(t, err)
	assert.Equal(t, paged([]byte("hello")), got)
	require.NoError(t, b.Close())
	assert.Empty(t, env.Files(env.Tmp))
}

// A child process inherits neither the attachment nor the lock.
func TestChildOfAnAttachedProcess(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		s := mustCreate(t, key, 5)
		require.NoError(t, s.Lock(soon(t)))
		child := env.Verbs(qt)
		assert.Equal(t, 1, observer.Look(segment).Attached)
		child.Kill()
		assert.Equal(t, 0, observer.LookSemaphore(lock).Value, "still held")
		require.NoError(t, s.Unlock())
		child = env.Verbs(qt)
		require.NoError(t, s.Close())
		assert.Nil(t, observer.Look(segment), "although the child lives")
		require.NoError(t, child.End())
	})
}

// What a Segment costs in Go's heap, beside the mapping, which is not in it.
func TestHeapOfASegment(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	mustCreate(t, key, 1<<20)
	const n = 200
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	segments := make([]*Segment, n)
	for i := range segments {
		segments[i] = mustAttachOnly(t, key)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	for _, s := range segments {
		require.NoError(t, s.Close())
	}
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n
	t.Logf("%d bytes each", each)
	assert.Less(t, each, int64(1024))
}

// mustAttachOnly is mustAttach without the memory of a clean-up.
func mustAttachOnly(t *testing.T, key Key) *Segment {
	s, err := Attach(t.Context(), key, ReadOnly)
	require.NoError(t, err)
	return s
}
