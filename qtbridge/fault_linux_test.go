//go:build cgo

package qtbridge

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestPeerKilledWhileItHoldsTheLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := mustCreate(t, key, 8)
		peer := env.Verbs(qt)
		peer.Do("shm.new", "m", peertest.Args{"key": key.Name()})
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peer.Must("shm.lock", "m", nil)
		requireError(t, s.TryLock(), "trylock", key, ErrLocked)
		got := make(chan error, 1)
		go func() { got <- s.Lock(context.Background()) }()
		time.Sleep(20 * time.Millisecond)
		peer.Kill()
		require.NoError(t, <-got, "the kernel gave the lock back")
		require.NoError(t, s.Unlock())
		assert.Equal(t, 1, observer.Look(first(keyFiles(t, key))).Attached)
	})
}

// What a crash leaves can be read, and is reclaimed by the next Create.
func TestStaleSegment(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			segment, lock := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("stale"))
			peer.Kill()
			stale := observer.Look(segment)
			require.Equal(t, 0, stale.Attached)

			s := mustCreate(t, key, 7)
			assert.NotEqual(t, stale.ID, observer.Look(segment).ID)
			assert.Equal(t, make([]byte, 7), env.Raw(segment))
			require.NoError(t, s.Close())
			assert.NoFileExists(t, segment)
			if lock != "" {
				assert.NoFileExists(t, lock, "the lock of the crashed process went as well")
			}
		}
	})
}

func TestStaleSegmentCanBeRead(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("stale"))
			peer.Kill()
			s := mustAttach(t, key, ReadOnly)
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, "stale", string(got))
			require.NoError(t, s.Close())
		}
		env.LeavesBehind() // the semaphore of the killed process
	})
}

func TestStaleKeyFile(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			segment, _ := keyFiles(t, key)
			require.NoError(t, os.WriteFile(segment, nil, 0o640))
			_, err := Attach(soon(t), key, ReadOnly)
			e := requireError(t, err, "attach", key, ErrNotFound)
			assert.Contains(t, e.Msg, "nothing behind it")
			require.FileExists(t, segment)

			s := mustCreate(t, key, 5)
			peer := env.Verbs(qt)
			peer.Do("shm.new", "m", nil)
			peer.Do("shm.setNativeKey", "m", peertest.Args{"key": segment})
			peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
			peer.Must("shm.detach", "m", nil)
			require.NoError(t, s.Close())
			assert.NoFileExists(t, segment)
		}
	})
}

// Without its key file a segment cannot be found any more; who is attached can
// go on, and the last one to detach still removes it.
func TestKeyFileDeletedUnderALiveSegment(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			segment, _ := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("hello"))
			s := mustAttach(t, key, ReadWrite)
			link := env.Work + "/link" // keeps the inode, and with it the System V key
			require.NoError(t, os.Link(segment, link))
			require.NoError(t, os.Remove(segment))

			_, err := Attach(soon(t), key, ReadOnly)
			requireError(t, err, "attach", key, ErrNotFound)
			_, err = s.WriteAt([]byte("HE"), 0)
			require.NoError(t, err)
			assert.Equal(t, "HEllo", string(peer.Do("shm.read", key.String(), nil).Bytes()))
			peer.Do("shm.delete", key.String(), nil)
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, "HEllo", string(got))
			require.NoError(t, s.Close())
			assert.Nil(t, observer.Look(link), "removed all the same")
			require.NoError(t, os.Remove(link))
		}
	})
}

// A Go process that dies gives its lock back too: the peer gets it.
func TestGoKilledWhileItHoldsTheLock(t *testing.T) {
	if name := os.Getenv("QTBRIDGE_TEST_HOLD"); name != "" {
		s, err := Attach(context.Background(), QtKey(name), ReadWrite)
		if err == nil {
			err = s.Lock(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Stdout.Close() // tells that it holds the lock
		time.Sleep(time.Minute)
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer := env.Verbs(qt)
		peer.Do("shm.new", "m", peertest.Args{"key": name})
		peer.Must("shm.create", "m", peertest.Args{"size": 8})
		holder := env.StartSelf("TestGoKilledWhileItHoldsTheLock", "QTBRIDGE_TEST_HOLD="+name)
		holder.WaitForEOF()
		answer := peer.Async("shm.lock", "m", nil)
		select {
		case <-answer:
			t.Fatal("the Qt process got the lock that a Go process holds")
		case <-time.After(100 * time.Millisecond):
		}
		holder.Kill()
		assert.True(t, (<-answer).OK(), "the kernel gave the lock back")
		peer.Must("shm.unlock", "m", nil)
		assert.Equal(t, 1, observer.LookSemaphore(second(keyFiles(t, QtKey(name)))).Value)
	})
}
