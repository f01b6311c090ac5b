//go:build cgo && windows

package qtbridge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// A reader that attaches between our look and our detach() keeps the segment in
// being. It cannot be told from one of another program: Publish waits until it is
// gone, and the message goes with the reader.
func TestPublishMeetsAReaderWhileItDetaches(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		for _, end := range []func(*peertest.Peer){
			func(peer *peertest.Peer) { peer.Must("shm.detach", "m", nil) },
			func(peer *peertest.Peer) { peer.Kill() },
		} {
			mustPublish(t, p, "first")
			peer := env.Verbs(qt)
			reading(peer, "m", key)
			require.NoError(t, p.publication.leave())
			e := requireError(t, publishWithin(t, p, 50*time.Millisecond, "second"), "publish", key, ErrBusy)
			require.Contains(t, e.Msg, "or to a segment that another program made since")
			require.Equal(t, 1, observer.Look(segment).Attached, "our failed create() has kept nothing")
			same(t, paged([]byte("first")), env.Raw(segment), "the observer")
			done := publishing(t.Context(), p, "third")
			requireWaits(t, done)
			end(peer)
			require.NoError(t, <-done)
			same(t, paged([]byte("third")), env.Raw(segment), "the observer")
			_ = peer.End()
		}
		requireClean(t, env, p)
	})
}

// Once our segment was seen to be gone, one that exists is surely another's.
func TestPublishAfterAnotherProgramTookTheKey(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		require.NoError(t, p.publication.leave())
		require.NoError(t, p.publication.obstacle(), "it is gone")
		peer := env.Verbs(qt)
		create(peer, key, 6, []byte("theirs"))
		requireError(t, p.Publish(soon(t), []byte("ours")), "publish", key, ErrExists)
		same(t, paged([]byte("theirs")), env.Raw(segment), "the observer")
		require.NoError(t, peer.End())
		mustPublish(t, p, "ours")
		requireClean(t, env, p)
	})
}

// A reader keeps the segment of a writer that was killed. Nothing tells that from
// one whose writer lives.
func TestPublishAfterACrashWithAReader(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		for _, opts := range []PublisherOptions{{}, {InPlace: 20}} {
			kill := killedWriter(t, env, qt, key)
			peer := env.Verbs(qt)
			reading(peer, "m", key)
			kill()
			p := mustPublisher(t, key, opts)
			requireError(t, p.Publish(soon(t), []byte("new")), "publish", key, ErrExists)
			same(t, paged([]byte("stale")), env.Raw(segment), "the observer")
			require.NoError(t, peer.End())
			mustPublish(t, p, "new")
			same(t, paged([]byte("new")), env.Raw(segment), "the observer")
			requireClean(t, env, p)
		}
	})
}

// A writer whose create() failed holds the segment that it met until it deletes
// its object, which a fresh one for the next message does not do to the last.
func TestPublishWaitsForAFailedWriter(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		peer := env.Verbs(qt)
		object(peer, "m", key)
		require.Equal(t, "AlreadyExists", peer.Do("shm.create", "m", peertest.Args{"size": 3}).Error)
		require.Equal(t, 2, observer.Look(segment).Attached)
		requireError(t, publishWithin(t, p, 30*time.Millisecond, "second"), "publish", key, ErrBusy)
		peer.Do("shm.delete", "m", nil)
		mustPublish(t, p, "second")
		same(t, paged([]byte("second")), env.Raw(segment), "the observer")
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

// Somebody gives back the lock that we hold, and may have written meanwhile: the
// message is written again.
func TestPublishAfterALostLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{InPlace: 10})
		mustPublish(t, p, "first")
		peer := env.Verbs(qt)
		reading(peer, "m", key)
		peerSemaphore(peer, key, 1, "Open")
		write := func() error { p.publication.fill([]byte("ours")); return nil }
		lost := p.publication.underLock(soon(t), nil, func() error {
			peer.Must("sem.release", "s", nil)
			return write()
		})
		requireError(t, lost, "publish", key, ErrLockLost)
		peer.Must("shm.lock", "m", nil)
		requireError(t, p.publication.putAgain(within(t, 30*time.Millisecond), nil, write, lost), "publish", key, ErrLockLost)
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, p.publication.putAgain(soon(t), nil, write, lost))
		require.Equal(t, paged([]byte("ours")), env.Raw(segment))
		require.Equal(t, 1, observer.LookSemaphore(lock).Value)
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}
