//go:build cgo && (linux || windows)

package qtbridge

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// eachNewPeer runs a test for each Qt of the peer that has locks for native keys. On a
// machine with none, nothing is left to test here.
func eachNewPeer(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, key Key)) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		if peertest.HasIPCKeys(t, qt) {
			test(t, env, qt, nativeKey(env))
		}
	})
}

// Lock and unlock exclude a Qt process with a native key, whoever made the segment.
func TestNativeLockExcludesAQtProcess(t *testing.T) {
	for _, creator := range []string{"go", "qt"} {
		t.Run(creator+"-creates", func(t *testing.T) {
			eachNewPeer(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
				peer := env.Verbs(qt)
				object(peer, "m", key)
				var s *Segment
				if creator == "go" {
					s = mustCreate(t, key, 8)
					peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
				} else {
					peer.Must("shm.create", "m", peertest.Args{"size": 8})
					s = mustAttach(t, key, ReadWrite)
				}
				require.True(t, s.Lockable())
				answer := peer.Async("shm.count", "m", peertest.Args{"n": rounds, "lock": true})
				for range rounds {
					require.NoError(t, s.WithLock(soon(t), func() error { return count(s, 1) }))
				}
				r := <-answer
				require.EqualValues(t, rounds, r.Ret)
				require.Zero(t, r.LockFailed+r.UnlockFailed)
				assert.EqualValues(t, 2*rounds, binary.LittleEndian.Uint64(env.Raw(key.Name())))

				require.NoError(t, s.Lock(soon(t)))
				blocked := peer.Async("shm.lock", "m", nil)
				time.Sleep(50 * time.Millisecond)
				assert.Empty(t, blocked, "lock() of Qt waits")
				require.NoError(t, s.Unlock())
				assert.True(t, (<-blocked).OK())
				requireError(t, s.TryLock(), "trylock", key, ErrLocked)
				_, err := s.Snapshot(within(t, 50*time.Millisecond), nil)
				requireError(t, err, "snapshot", key, ErrLocked)
				peer.Must("shm.unlock", "m", nil)
				peer.Do("shm.delete", "m", nil)
				require.NoError(t, s.Close())
			})
		})
	}
}

// A program with a Qt before 6.6 notices nothing of the lock that Go makes. It goes
// with the segment, whoever detaches last.
func TestNativeLockIsNothingToAnOldPeer(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		if peertest.HasIPCKeys(t, qt) {
			return
		}
		key := nativeKey(env)
		_, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		for _, last := range []string{"go", "qt"} {
			s := mustCreate(t, key, 5)
			require.True(t, s.Lockable())
			assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
			object(peer, last, key)
			peer.Must("shm.attach", last, peertest.Args{"mode": "ReadWrite"})
			require.NoError(t, s.Lock(soon(t)))
			assert.False(t, peer.Do("shm.lock", last, nil).OK())
			peer.Do("shm.write", last, peertest.Args{"data": []byte("hello")})
			require.NoError(t, s.Unlock())
			got, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, paged([]byte("hello")), got)
			ends := []func(){
				func() { peer.Do("shm.delete", last, nil) },
				func() { require.NoError(t, s.Close()) },
			}
			if last == "qt" {
				ends[0], ends[1] = ends[1], ends[0]
			}
			for _, end := range ends {
				end()
			}
			require.Nil(t, observer.LookSemaphore(lock))
			require.NoFileExists(t, key.Name())
			require.Empty(t, env.Files(env.Tmp), "no link, no private lock")
		}
	})
}
