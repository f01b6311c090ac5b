//go:build cgo

package qtbridge

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

const userNobody = 65534

// ofUser is a segment of another user whose lock has gone with its maker, and a reader of
// that user's.
func ofUser(t *testing.T, env *peertest.Env, qt int) (key Key, reader *peertest.Peer) {
	t.Helper()
	key = QtKey(env.Name())
	as := peertest.AsUserNobody(t)
	maker, reader := env.VerbsAs(qt, as), env.VerbsAs(qt, as)
	create(maker, key, 8, []byte("theirs"))
	attachPeer(reader, key)
	maker.Do("shm.delete", key.String(), nil)
	inspected(t, env, key, LockLost)
	return key, reader
}

func ownerOf(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

// A privileged program locks a user's segment: that user's programs wait for it, and are
// not shut out.
func TestLockOfAnotherUsersSegment(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key, reader := ofUser(t, env, qt)
		s := closing(t, mustAttach(t, key, ReadWrite))
		require.NoError(t, s.Lock(soon(t)))
		_, file := keyFiles(t, key)
		assert.Equal(t, userNobody, ownerOf(t, file))
		state := inspected(t, env, key, Locked)
		assert.Equal(t, userNobody, state.Lock.Owner)
		assert.EqualValues(t, 0o600, state.Lock.Mode)

		locked := reader.Async("shm.lock", key.String(), nil)
		select {
		case reply := <-locked:
			t.Fatalf("lock() does not wait: %+v", reply)
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(t, s.Unlock())
		assert.True(t, (<-locked).OK())
		reader.Must("shm.unlock", key.String(), nil)
		attachPeer(env.VerbsAs(qt, peertest.AsUserNobody(t)), key)
		env.LeavesBehind()
	})
}

// A lock that Recover makes for a user's segment, as a privileged program, is that user's.
func TestRecoverLockLostOfAnotherUser(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key, reader := ofUser(t, env, qt)
		recovered(t, env, key, Policy{}, Live, MakeLock)
		_, file := keyFiles(t, key)
		assert.Equal(t, userNobody, ownerOf(t, file))
		assert.Equal(t, userNobody, inspected(t, env, key, Live).Lock.Owner)
		reader.Must("shm.lock", key.String(), nil)
		requireError(t, mustAttach(t, key, ReadWrite).TryLock(), "trylock", key, ErrLocked)
		reader.Must("shm.unlock", key.String(), nil)
		attachPeer(env.VerbsAs(qt, peertest.AsUserNobody(t)), key)
		env.LeavesBehind()
	})
}

// A lock that Recover needs only while it removes a user's segment does not stay.
func TestRecoverAbandonedOfAnotherUser(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		as := peertest.AsUserNobody(t)
		maker, reader := env.VerbsAs(qt, as), env.VerbsAs(qt, as)
		create(maker, key, 8, []byte("theirs"))
		attachPeer(reader, key)
		maker.Do("shm.delete", key.String(), nil) // with the lock
		reader.Kill()
		recovered(t, env, key, Policy{}, Free, RemoveSegment)
		segment, lock := keyFiles(t, key)
		assert.NoFileExists(t, segment)
		assert.NoFileExists(t, lock)
		create(maker, key, 8, nil) // it is not shut out
		maker.Must("shm.detach", key.String(), nil)
		maker.Do("shm.delete", key.String(), nil)
	})
}

// The same with a POSIX key, whose segment and lock outlive those who made them.
func TestPosixLockOfAnotherUsersSegment(t *testing.T) {
	x := posixRow(t)
	as := peertest.AsUserNobody(t)
	peer := func() *peertest.Peer {
		p := x.env.VerbsAs(6, as)
		p.Do("shm.newNativeIpc", "m", peertest.Args{"key": x.text})
		return p
	}
	maker := peer()
	require.True(t, maker.Do("shm.create", "m", peertest.Args{"size": 8}).OK())
	require.NoError(t, maker.End())
	require.NoError(t, os.RemoveAll(posixSemaphore(x.key)))
	s := mustAttach(t, x.key, ReadWrite)
	require.NoError(t, s.WithLock(soon(t), func() error { return nil })) // which makes it
	assert.Equal(t, userNobody, ownerOf(t, posixSemaphore(x.key)))

	reader := peer()
	require.True(t, reader.Do("shm.attach", "m", nil).OK())
	require.NoError(t, s.Lock(soon(t)))
	requireHandedOver(t, s, reader)
	require.True(t, reader.Do("shm.unlock", "m", nil).OK())
	require.NoError(t, s.Lock(soon(t)))
	require.NoError(t, s.Unlock())
}

// The user has put something else in the place of the lock's key file.
func TestLockOfAnotherUsersSegmentBehindALink(t *testing.T) {
	for name, plant := range map[string]func(secret, path string) error{"symlink": os.Symlink, "hard link": os.Link} {
		t.Run(name, func(t *testing.T) {
			env := peertest.New(t)
			key, _ := ofUser(t, env, peertest.QtVersions[0])
			_, file := keyFiles(t, key)
			secret := filepath.Join(env.Other, "secret")
			require.NoError(t, os.WriteFile(secret, nil, 0o600))
			require.NoError(t, plant(secret, file))
			s := closing(t, mustAttach(t, key, ReadWrite))
			err := s.Lock(soon(t))
			assert.Contains(t, requireError(t, err, "lock", key, ErrPermission).Msg, "user 65534")
			assert.Zero(t, ownerOf(t, secret))
			assert.Nil(t, observer.LookSemaphore(secret), "what shuts the owner out does not stay")
		})
	}
}

// What a privileged program of another make has left.
func TestForeignLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key, reader := ofUser(t, env, qt)
		root := env.Verbs(qt)
		attachPeer(root, key)
		root.Must("shm.lock", key.String(), nil)
		root.Kill()
		assert.False(t, reader.Do("shm.lock", key.String(), nil).OK(), "its owner is shut out")
		state := inspected(t, env, key, ForeignLock)
		assert.Zero(t, state.Lock.Owner)
		peertest.AsNobody(t, func() {
			_, err := Recover(t.Context(), key, Policy{})
			requireError(t, err, "recover", key, ErrPermission)
		})
		recovered(t, env, key, Policy{}, Live, GiveLock)
		_, file := keyFiles(t, key)
		assert.Equal(t, userNobody, ownerOf(t, file))
		assert.Equal(t, state.Lock.ID, observer.LookSemaphore(file).ID)
		attachPeer(env.VerbsAs(qt, peertest.AsUserNobody(t)), key)
		env.LeavesBehind()
	})
}
