//go:build cgo && linux

package qtbridge

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A Close as the last one removes its own segment, and leaves the key file that leads to
// another one by now, whoever made ours.
func TestCloseLeavesTheKeyFileOfANewerSegment(t *testing.T) {
	for _, made := range []string{"created", "attached"} {
		t.Run(made, func(t *testing.T) {
			eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
				env.LeavesBehind() // the lock of the first, whose key file is hidden
				var s *Segment
				if made == "created" {
					s = mustCreate(t, key, 5)
				} else {
					peer := env.Verbs(qt)
					create(peer, key, 5, nil)
					s = mustAttach(t, key, ReadWrite)
					peer.Kill()
				}
				segment, lock := keyFiles(t, key)
				old := observer.Look(segment).ID
				hide(t, env, segment)
				if lock != segment && made == "created" {
					hide(t, env, lock)
				}
				newer := env.Verbs(qt)
				create(newer, key, 6, []byte("newer"))
				id := observer.Look(segment).ID

				require.NoError(t, s.Close())
				assert.FileExists(t, segment)
				require.NotNil(t, observer.Look(segment))
				assert.Equal(t, id, observer.Look(segment).ID)
				reader := env.Verbs(qt)
				attachPeer(reader, key)
				assert.Equal(t, "newer", string(reader.Do("shm.read", key.String(), peertest.Args{"length": 5}).Bytes()))
				assert.Error(t, observer.RemoveSegment(old), "our segment is gone")
			})
		})
	}
}

// What others have goes on.
func TestCloseOfAReplacedSegmentLeavesItToOthers(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		env.LeavesBehind()
		old, newer := env.Verbs(qt), env.Verbs(qt)
		create(old, key, 5, []byte("older"))
		s := mustAttach(t, key, ReadWrite)
		segment, _ := keyFiles(t, key)
		hide(t, env, segment)
		create(newer, key, 6, nil)
		require.NoError(t, s.Close())
		_, err := os.Stat(segment)
		require.NoError(t, err)
		assert.Equal(t, "older", string(old.Do("shm.read", key.String(), peertest.Args{"length": 5}).Bytes()))
		state := inspected(t, env, key, Split)
		require.Len(t, state.Strays, 1)
		assert.Equal(t, 1, state.Strays[0].Attached)
	})
}
