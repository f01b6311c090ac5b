//go:build cgo

package qtbridge

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// things is what the observer sees of a key.
func things(t *testing.T, key Key) string {
	t.Helper()
	segment, lock := keyFiles(t, key)
	return fmt.Sprintf("%+v %+v", observer.Look(segment), observer.LookSemaphore(lock))
}

// inspected requires that Inspect comes to a verdict and leaves all as it was.
func inspected(t *testing.T, key Key, want Verdict) State {
	t.Helper()
	before := things(t, key)
	var state State
	for range 5 {
		var err error
		state, err = Inspect(key)
		require.NoError(t, err)
		require.Equal(t, want, state.Verdict, "%+v", state)
		require.Equal(t, key, state.Key)
	}
	require.Equal(t, before, things(t, key), "Inspect has side effects")
	return state
}

// eachNamedKey runs a test once for each Qt of the peer and kind of key.
func eachNamedKey(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, key Key)) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		for kind, key := range map[string]Key{
			"setKey": QtKey(name), "native": NativeKey(name), "Local": NativeKey(`Local\` + name), "Global": NativeKey(`Global\` + name),
		} {
			t.Run(kind, func(t *testing.T) { test(t, env, qt, key) })
		}
	})
}

// holding is a Qt process with an object m for the key.
func holding(env *peertest.Env, qt int, key Key) *peertest.Peer {
	peer := env.Verbs(qt)
	peer.Do("shm.new", "m", nil)
	set := "shm.setKey"
	if key.IsNative() {
		set = "shm.setNativeKey"
	}
	peer.Do(set, "m", peertest.Args{"key": key.Name()})
	return peer
}

func TestInspectNamedObjects(t *testing.T) {
	eachNamedKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		state := inspected(t, key, Free)
		segment, lock := keyFiles(t, key)
		assert.Equal(t, segment, state.Segment.File.Path)
		assert.Equal(t, lock, state.Lock.File.Path)

		creator, reader := holding(env, qt, key), holding(env, qt, key)
		creator.Must("shm.create", "m", peertest.Args{"size": 4097})
		state = inspected(t, key, Live)
		assert.True(t, state.Segment.Exists)
		assert.EqualValues(t, 8192, state.Segment.Size)
		assert.Equal(t, 1, state.Segment.Attached)
		assert.Equal(t, Process{Alive: true}, state.Segment.Creator, "nobody can tell")
		assert.Equal(t, peerLocks(t, qt, key), state.Lock.Exists)

		reader.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		assert.Equal(t, 2, inspected(t, key, Live).Segment.Attached)
		creator.Kill()
		assert.Equal(t, 1, inspected(t, key, Live).Segment.Attached)
		reader.Must("shm.detach", "m", nil)
		inspected(t, key, Free)
	})
}

func TestInspectHeldLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer, other := holding(env, qt, key), holding(env, qt, key)
		peer.Must("shm.create", "m", peertest.Args{"size": 1})
		other.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		assert.Equal(t, 1, inspected(t, key, Live).Lock.Value)
		peer.Must("shm.lock", "m", nil)
		state := inspected(t, key, Locked)
		assert.Zero(t, state.Lock.Value)
		assert.ElementsMatch(t, []int{peer.PID(), other.PID()}, state.Lock.Users)
		peer.Must("shm.unlock", "m", nil)
		assert.Nil(t, inspected(t, key, Live).Lock.Users)

		s := mustAttach(t, key, ReadWrite)
		require.NoError(t, s.Lock(soon(t)))
		assert.Contains(t, inspected(t, key, Locked).Lock.Users, os.Getpid())
		require.NoError(t, s.Unlock())
	})
}

// jamBeside has a Qt process take the lock of a segment that this program is
// attached to, and crash.
func jamBeside(t *testing.T, env *peertest.Env, qt int, key Key) *Segment {
	t.Helper()
	peer := holding(env, qt, key)
	peer.Must("shm.create", "m", peertest.Args{"size": 8})
	s := mustAttach(t, key, ReadWrite)
	require.NoError(t, s.Lock(soon(t)))
	require.NoError(t, s.Unlock())
	peer.Must("shm.lock", "m", nil)
	inspected(t, key, Locked)
	peer.Kill()
	return s
}

func TestInspectJammedBesideUsAlone(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := jamBeside(t, env, qt, key)
		requireError(t, s.TryLock(), "trylock", key, ErrLocked)
		state := inspected(t, key, Jammed)
		assert.Equal(t, []int{os.Getpid()}, state.Lock.Users)

		newcomer := holding(env, qt, key)
		newcomer.Async("shm.attach", "m", peertest.Args{"mode": "ReadOnly"}) // waits for the lock
		require.Eventually(t, func() bool { return len(first(Inspect(key)).Lock.Users) == 2 }, 20*time.Second, time.Millisecond)
		state = inspected(t, key, Locked)
		assert.Contains(t, state.Lock.Users, newcomer.PID())
		assert.Contains(t, requireError(t, s.TryLock(), "trylock", key, ErrLocked).Msg, "Recover")
		newcomer.Kill()
		inspected(t, key, Jammed)
	})
}
