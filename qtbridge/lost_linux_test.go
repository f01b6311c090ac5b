//go:build cgo && linux

package qtbridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A segment that is removed under its users, who know nothing of it, is told of
// whoever of them still runs.
func TestInspectSegmentLost(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		env.LeavesBehind()
		creator, reader := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 4711, nil)
		attachPeer(reader, key)
		segment, _ := keyFiles(t, key)
		id := observer.Look(segment).ID
		require.NoError(t, observer.RemoveSegment(id))

		users := []int{creator.PID(), reader.PID()}
		check := func(want Verdict) {
			t.Helper()
			state := inspected(t, env, key, want)
			require.Len(t, state.Strays, 1)
			stray := state.Strays[0]
			assert.Equal(t, id, stray.ID)
			assert.True(t, stray.Removed)
			assert.EqualValues(t, 4711, stray.Size)
			assert.Equal(t, SameKey, stray.Evidence)
			assert.ElementsMatch(t, users, stray.Users)
			_, err := Recover(soon(t), key, Policy{})
			requireError(t, err, "recover", key, ErrBusy)

			entry := listed(t, env, ofSegment(id))
			assert.Equal(t, SegmentLost, entry.State.Verdict)
			assert.ElementsMatch(t, users, entry.Users)
			entry = listed(t, env, ofFile(segment))
			assert.Equal(t, want, entry.State.Verdict)
		}
		check(SegmentLost)
		creator.Kill()
		users = users[1:]
		check(SegmentLost)
		create(env.Verbs(qt), key, 6, nil)
		check(Split)
		reader.Kill()
		inspected(t, env, key, Live)
	})
}

// Segments that never had a key are removed while in use as a matter of course.
func TestInspectDoesNotBlameRemovedSegmentsOfOthers(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		env.LeavesBehind()
		peer, other := env.Verbs(qt), env.Verbs(qt)
		key, others := QtKey(env.Name()), QtKey(env.Name())
		create(peer, key, 5, nil)
		create(peer, others, 5, nil)
		create(other, QtKey(env.Name()), 5, nil)
		segment, _ := keyFiles(t, others)
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
		inspected(t, env, key, Live)
		inspected(t, env, others, SegmentLost)
		inspected(t, env, QtKey(env.Name()), Free)
	})
}

// Whoever used the lock last, the segment is as old as the lock.
func TestInspectKeyFileLostIdle(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		creator, other := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 5, nil)
		segment, _ := keyFiles(t, key)
		hide(t, env, segment)
		other.Do("sem.new", "lock", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Open"})
		other.Must("sem.acquire", "lock", nil)
		other.Must("sem.release", "lock", nil)
		state := inspected(t, env, key, KeyFileLost)
		require.Len(t, state.Strays, 1)
		assert.Equal(t, SameAge, state.Strays[0].Evidence)
		assert.Equal(t, []int{creator.PID()}, state.Strays[0].Users)
	})
}

// leaveBehind has a reader that stayed attached crash after the writer has detached.
func leaveBehind(env *peertest.Env, qt int, key Key) (writer *peertest.Peer) {
	writer, reader := env.Verbs(qt), env.Verbs(qt)
	create(writer, key, 5, []byte("stale"))
	attachPeer(reader, key)
	writer.Must("shm.detach", key.String(), nil)
	reader.Kill()
	return writer
}

// Recover frees a writer whose create() would fail as long as it runs.
func TestRecoverAbandoned(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		writer := leaveBehind(env, qt, key)
		inspected(t, env, key, Abandoned)
		// Beside the first object: from Qt 6.6 on the end of that deletes the key file of a
		// native key, and a new one leads to the segment only if it happens to get the inode.
		object(writer, "again", key)
		assert.False(t, writer.Do("shm.create", "again", peertest.Args{"size": 5}).OK())

		recovered(t, env, key, Policy{KeepContent: true}, Abandoned)
		report := mustRecover(t, key)
		assert.Contains(t, report.Actions, RemoveSegment)
		writer.Do("shm.delete", "again", nil)
		writer.Do("shm.delete", key.String(), nil)
		create(writer, key, 5, nil)
		inspected(t, env, key, Live)
		env.LeavesBehind()
	})
}

// While a reader is attached there is nothing to mend.
func TestRecoverLeavesReadersAlone(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		env.LeavesBehind()
		writer, reader := env.Verbs(qt), env.Verbs(qt)
		create(writer, key, 5, nil)
		attachPeer(reader, key)
		writer.Must("shm.detach", key.String(), nil)
		inspected(t, env, key, Live)
		assert.Empty(t, mustRecover(t, key).Actions)
		inspected(t, env, key, Live)
	})
}
