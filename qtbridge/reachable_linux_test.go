//go:build cgo && linux

package qtbridge

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// losses are ways in which a segment is taken out of the sight of readers.
var losses = map[string]func(t *testing.T, key Key){
	"RemoveIPC": func(t *testing.T, key Key) {
		segment, lock := keyFiles(t, key)
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
		require.NoError(t, observer.RemoveSemaphore(observer.LookSemaphore(lock).ID))
	},
	"a cleaner of files": func(t *testing.T, key Key) {
		segment, lock := keyFiles(t, key)
		for _, file := range slices.Compact([]string{segment, lock}) {
			// Its inode stays in use, so that the next file has another System V key.
			require.NoError(t, os.Rename(file, file+".gone"))
		}
	},
	"rm of the segment": func(t *testing.T, key Key) {
		segment, _ := keyFiles(t, key)
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
	},
}

// What Publish has answered with success for, a Qt process that comes then can read,
// under a lock that the Publisher takes too. The loss is said once.
func TestPublishIsSeenAfterALoss(t *testing.T) {
	for how, lose := range losses {
		for _, inPlace := range []int{0, 16} {
			t.Run(how, func(t *testing.T) {
				eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
					env.LeavesBehind() // the lock without a file
					notice, told := notices()
					p := mustPublisher(t, key, PublisherOptions{InPlace: inPlace, Notice: notice})
					mustPublish(t, p, "first")
					lose(t, key)
					for _, message := range []string{"second", "third"} {
						mustPublish(t, p, message)
						reader := env.Verbs(qt)
						attachPeer(reader, key)
						assert.Equal(t, message, string(reader.Do("shm.read", key.String(), peertest.Args{"length": len(message)}).Bytes()))
						reader.Do("shm.delete", key.String(), nil)
					}
					require.Len(t, told(), 1)
					assert.ErrorIs(t, told()[0], ErrNotFound)
					_, lock := keyFiles(t, key)
					assert.Equal(t, observer.LookSemaphore(lock).ID, p.publication.lock.id())
				})
			})
		}
	}
}

func TestReachable(t *testing.T) {
	for how, lose := range losses {
		t.Run(how, func(t *testing.T) {
			eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
				env.LeavesBehind()
				peer := env.Verbs(qt)
				s := mustCreate(t, key, 8)
				require.NoError(t, s.Reachable())
				attachPeer(peer, key)
				lose(t, key)
				e := requireError(t, s.Reachable(), "reach", key, ErrNotFound)
				assert.NotEmpty(t, e.Msg)
				other := env.Verbs(qt)
				create(other, key, 8, []byte("another"))
				requireError(t, s.Reachable(), "reach", key, ErrNotFound)
				a := mustAttach(t, key, ReadOnly)
				require.NoError(t, a.Reachable())
				require.NoError(t, s.Close())
				requireError(t, s.Reachable(), "reach", key, ErrClosed)
			})
		})
	}
}

// A Publisher that starts again goes on in the segment that readers of its crashed
// predecessor are attached to.
func TestPublishInheritsASegment(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		creator, viewer := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 16, []byte("first"))
		attachPeer(viewer, key)
		id := observer.Look(first(keyFiles(t, key))).ID
		p := mustPublisher(t, key, PublisherOptions{InPlace: 16})
		requireError(t, p.Publish(soon(t), []byte("early")), "publish", key, ErrExists)
		creator.Kill()

		other := mustPublisher(t, key, PublisherOptions{InPlace: 17})
		requireError(t, other.Publish(ended, []byte("x")), "publish", key, ErrBusy)

		mustPublish(t, p, "second")
		assert.Equal(t, "second", string(viewer.Do("shm.read", key.String(), peertest.Args{"length": 6}).Bytes()))
		assert.Equal(t, id, observer.Look(first(keyFiles(t, key))).ID)
		viewer.Do("shm.delete", key.String(), nil)
		requireClean(t, env, p)
		env.LeavesBehind()
	})
}

// An attachment to what a crash left leaves it so, however often, and whatever is done
// with it; Claim has it go.
func TestALookLeavesAnOrphan(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		env.LeavesBehind()
		orphan(env, qt, key)
		segment, _ := keyFiles(t, key)
		before := *observer.Look(segment)
		for _, use := range []func(s *Segment){
			func(*Segment) {},
			func(s *Segment) { _, _ = s.ReadAt(make([]byte, 2), 0) },
			func(s *Segment) { _, _ = s.Snapshot(soon(t), nil) },
			func(s *Segment) { _ = s.WithLock(soon(t), func() error { return nil }) },
			func(s *Segment) { _, _ = s.WriteAt([]byte("S"), 0) },
		} {
			s := mustAttach(t, key, ReadWrite)
			assert.True(t, s.WasUnused())
			use(s)
			require.NoError(t, s.Close())
			after := observer.Look(segment)
			require.NotNil(t, after)
			assert.Equal(t, before.ID, after.ID)
			assert.Zero(t, after.Attached)
		}
		assert.Equal(t, "Stale", string(env.Raw(segment)))

		a, b := mustAttach(t, key, ReadOnly), mustAttach(t, key, ReadOnly)
		assert.True(t, b.WasUnused(), "a is of this program")
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
		assert.NotNil(t, observer.Look(segment), "nobody else had it")
	})
}

func TestClaim(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		orphan(env, qt, key)
		s := mustAttach(t, key, ReadOnly)
		s.Claim()
		assert.False(t, s.WasUnused())
		require.NoError(t, s.Close())
		assert.NoFileExists(t, first(keyFiles(t, key)))
		env.LeavesBehind() // the lock of the killed process
	})
}
