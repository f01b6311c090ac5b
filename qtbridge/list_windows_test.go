//go:build cgo

package qtbridge

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// listed requires that List finds one entry with this name of its segment, and
// changes nothing.
func listed(t *testing.T, key Key) Entry {
	t.Helper()
	segment, _ := keyFiles(t, key)
	before := things(t, key)
	entries, err := List()
	require.NoError(t, err)
	require.Equal(t, before, things(t, key), "List has side effects")
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.State.Segment.File.Path != segment })
	require.Len(t, entries, 1)
	return entries[0]
}

// lettersOnly is a name for a key that its object's name tells in full.
func lettersOnly(env *peertest.Env) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, env.Name())
}

func TestListNamedObjects(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		keys := []Key{
			QtKey(lettersOnly(env)), NativeKey(env.Name()), NativeKey(env.Name() + " 共享"), NativeKey(`Global\` + env.Name()),
		}
		for _, key := range keys {
			peer := holding(env, qt, key)
			peer.Must("shm.create", "m", peertest.Args{"size": 4097})
			s := mustAttach(t, key, ReadOnly)
			e := listed(t, key)
			assert.Equal(t, key, e.Key)
			assert.Equal(t, key.Name(), e.Name)
			state, err := Inspect(key)
			require.NoError(t, err)
			assert.Equal(t, state, e.State)
			assert.EqualValues(t, 8192, e.State.Segment.Size)
			assert.ElementsMatch(t, []int{peer.PID(), os.Getpid()}, e.Users)
			assert.Regexp(t, `^testpeer-qt[56]\.exe$`, e.Programs[peer.PID()])
			kind := KindBoth
			if !peerLocks(t, qt, key) {
				kind = KindSegment
			}
			assert.Equal(t, kind, e.Kind)
			require.NoError(t, s.Close())
			peer.Kill()
		}
		entries, err := List()
		require.NoError(t, err)
		for _, e := range entries {
			assert.NotContains(t, keys, e.Key, "it is gone")
		}
	})
}

func TestListWhatNamesDoNotTell(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := lettersOnly(env)
		key := QtKey(name + "é")
		peer := env.Verbs(qt)
		peer.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Open"})
		e := listed(t, key)
		assert.Equal(t, KindSemaphore, e.Kind)
		assert.Equal(t, Key{}, e.Key)
		assert.Equal(t, name+"…", e.Name)
		assert.Contains(t, e.Programs, peer.PID())

		locked := QtKey(lettersOnly(env))
		holder := holding(env, qt, locked)
		holder.Must("shm.create", "m", peertest.Args{"size": 1})
		holder.Must("shm.lock", "m", nil)
		e = listed(t, locked)
		assert.Equal(t, Locked, e.State.Verdict)
		assert.Equal(t, []int{holder.PID()}, e.State.Lock.Users)
	})
}
