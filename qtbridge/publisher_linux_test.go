//go:build cgo && linux

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
	"qtinterop/native"
)

// A reader that attaches between our look and our detach() keeps the segment in
// being: we attach again, so that the message stays, also when the reader goes.
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
			requireError(t, publishWithin(t, p, 50*time.Millisecond, "second"), "publish", key, ErrBusy)
			require.Equal(t, 2, observer.Look(segment).Attached)
			end(peer)
			same(t, []byte("first"), env.Raw(segment), "the observer")
			mustPublish(t, p, "third")
			same(t, []byte("third"), env.Raw(segment), "the observer")

			_ = peer.End()
			peer = env.Verbs(qt)
			reading(peer, "m", key)
			require.NoError(t, p.publication.leave())
			end(peer)
			mustPublish(t, p, "gone, or with nobody attached")
			_ = peer.End()
		}
		requireClean(t, env, p)
	})
}

// A reader that still has the message of a dead writer is waited for.
func TestPublishAfterACrashWithAReader(t *testing.T) {
	for name, opts := range map[string]PublisherOptions{"each": {}, "in-place": {InPlace: 20}} {
		t.Run(name, func(t *testing.T) {
			eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
				segment, _ := keyFiles(t, key)
				kill := killedWriter(t, env, qt, key)
				peer := env.Verbs(qt)
				reading(peer, "m", key)
				kill()
				p := mustPublisher(t, key, opts)
				err := publishWithin(t, p, 30*time.Millisecond, "new")
				e := requireError(t, err, "publish", key, ErrBusy)
				require.Contains(t, e.Msg, "which is gone")
				done := publishing(t.Context(), p, "new")
				requireWaits(t, done)
				same(t, []byte("stale"), env.Raw(segment), "the observer")
				peer.Must("shm.detach", "m", nil)
				require.NoError(t, <-done)
				same(t, []byte("new"), env.Raw(segment)[:3], "the observer")
				require.NoError(t, peer.End())
				requireClean(t, env, p)
			})
		})
	}
}

// A lock that is reset while a message is written lets somebody else write: the
// message is written again.
func TestPublishAfterALostLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{InPlace: 10})
		mustPublish(t, p, "first")
		peer := env.Verbs(qt)
		object(peer, "m", key)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		write := func() error { p.publication.fill([]byte("ours")); return nil }
		lost := p.publication.underLock(soon(t), nil, func() error {
			peer.Do("sem.new", "reset", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"})
			peer.Must("shm.lock", "m", nil)
			return write()
		})
		requireError(t, lost, "publish", key, ErrLockLost)
		requireError(t, p.publication.putAgain(within(t, 30*time.Millisecond), nil, write, lost), "publish", key, ErrLockLost)
		peer.Do("shm.write", "m", peertest.Args{"data": []byte("theirs")})
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, p.publication.putAgain(soon(t), nil, write, lost))
		require.Equal(t, []byte("ours\x00\x00\x00\x00\x00\x00"), env.Raw(segment))
		require.Equal(t, 1, observer.LookSemaphore(lock).Value)
		require.NoError(t, peer.End())
		require.NoError(t, p.Close())
	})
}

// The same seen from outside: somebody gets the lock while a long message is
// copied, and writes.
func TestPublishWritesAgain(t *testing.T) {
	const size = 128 << 20
	env := peertest.New(t)
	key := QtKey(env.Name())
	segment, lock := keyFiles(t, key)
	p := mustPublisher(t, key, PublisherOptions{InPlace: size})
	mustPublish(t, p, "first")
	peer := env.Verbs(peertest.QtVersions[0])
	object(peer, "m", key)
	peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
	semaphore := peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"}
	peer.Do("sem.new", "s", semaphore)
	message := make([]byte, size)
	for tries := range 100 {
		message[0] = byte(tries + 1)
		done := make(chan error, 1)
		go func() { done <- p.Publish(soon(t), message) }()
		for observer.LookSemaphore(lock).Value > 0 && len(done) == 0 {
			time.Sleep(10 * time.Microsecond)
		}
		peer.Do("sem.setKey", "s", semaphore)
		peer.Must("shm.lock", "m", nil)
		peer.Do("shm.write", "m", peertest.Args{"data": []byte("theirs")})
		time.Sleep(100 * time.Millisecond) // for a Publish that was over before
		met := len(done) == 0
		peer.Must("shm.unlock", "m", nil)
		require.NoError(t, <-done)
		if met {
			require.Equal(t, message[:6], env.Raw(segment)[:6])
			require.NoError(t, peer.End())
			require.NoError(t, p.Close())
			return
		}
	}
	t.Fatal("no message was met while it was copied")
}

// A reader that detached can take the new segment with it, if both have the same
// System V key. Here the observer does.
func TestPublishLosesItsNewSegment(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
		requireError(t, p.publication.identify(), "publish", key, ErrBusy)
		require.Nil(t, p.publication.now)
		mustPublish(t, p, "second")
		same(t, []byte("second"), env.Raw(segment), "the observer")
		requireClean(t, env, p)
	}
}

// A reader that detaches last removes the segment, and then the key file: not
// the one of the next segment.
func TestPublishWhileAReaderDeletesTheKeyFile(t *testing.T) {
	env := peertest.New(t)
	key := NativeKey(env.Work + "/key")
	p := mustPublisher(t, key, PublisherOptions{})
	mustPublish(t, p, "first")
	require.NoError(t, p.publication.leave())
	require.NoError(t, os.WriteFile(key.Name(), nil, 0o600)) // as it is between the two
	done := publishing(t.Context(), p, "second")
	time.Sleep(2 * time.Millisecond)
	require.NoError(t, os.Remove(key.Name()))
	require.NoError(t, <-done)
	same(t, []byte("second"), env.Raw(key.Name()), "the observer")
	requireClean(t, env, p)
}

// The lock is one for all messages: who waits for it does not see it go.
func TestPublishKeepsItsLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		id := observer.LookSemaphore(lock).ID
		for range 20 {
			mustPublish(t, p, "next")
			require.Equal(t, id, observer.LookSemaphore(lock).ID)
			require.Equal(t, 1, observer.LookSemaphore(lock).Value)
		}
		// As with Qt, its owner can still remove it; then there is another.
		peer := env.Verbs(qt)
		peer.Do("sem.new", "a", peertest.Args{"key": key.Name(), "initial": 1, "mode": "Create"})
		peer.Do("sem.delete", "a", nil)
		require.NoFileExists(t, lock)
		mustPublish(t, p, "last")
		require.Equal(t, 1, observer.LookSemaphore(lock).Value)
		requireClean(t, env, p)
	})
}

// Nobody finds a segment whose key file was deleted. The next Publish makes
// another.
func TestPublishAfterItsKeyFileWasDeleted(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		require.NoError(t, os.Remove(segment))
		mustPublish(t, p, "second")
		same(t, []byte("second"), env.Raw(segment), "the observer")
		requireClean(t, env, p)
	}
}

// A reader that attaches as a message is let go, and detaches last, deletes the key file
// some time after the segment: not under the next message.
func TestPublishBesideReadersThatDetachLast(t *testing.T) {
	const messages = 100
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		if peertest.HasIPCKeys(t, qt) {
			return // its objects delete the key file for other reasons as well
		}
		key := nativeKey(env)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		var pollers []*peertest.Process
		for range 3 {
			poller := env.Start(qt, env.Work, peerArgs("poller", key, "--interval", "0")...)
			go poller.WaitForEOF()
			pollers = append(pollers, poller)
		}
		lost := 0
		for i := range messages {
			mustPublish(t, p, fmt.Sprint("message ", i))
			time.Sleep(300 * time.Microsecond)
			if _, err := os.Stat(key.Name()); err != nil {
				lost++
			}
		}
		for _, poller := range pollers {
			require.NoError(t, poller.End())
		}
		// One can be put off for longer than we wait.
		assert.LessOrEqual(t, lost, messages/50)
		requireClean(t, env, p)
	})
}

// The same if there is another key file of that name by then.
func TestPublishAfterItsKeyFileWasReplaced(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, lock := keyFiles(t, key)
		var told []error
		p := mustPublisher(t, key, PublisherOptions{Notice: func(err error) { told = append(told, err) }})
		for _, message := range []string{"first", "second", "third"} {
			mustPublish(t, p, message)
			same(t, []byte(message), env.Raw(segment), "the observer")
			require.NoError(t, os.WriteFile(segment+".new", nil, 0o600))
			require.NoError(t, os.Rename(segment+".new", segment))
		}
		mustPublish(t, p, "last")
		peer := env.Verbs(qt)
		reading(peer, "m", key)
		same(t, []byte("last"), peer.Do("shm.read", "m", nil).Bytes(), "the peer")
		peer.Must("shm.detach", "m", nil)
		require.Equal(t, 1, observer.LookSemaphore(lock).Value)
		require.Len(t, told, 3)
		require.ErrorIs(t, told[2], ErrNotFound)
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

// A lock is on the key file that its segment is on, also if that was replaced in between.
func TestPublishWithItsLockOnAnotherKeyFile(t *testing.T) {
	env := peertest.New(t)
	key := NativeKey(env.Work + "/key")
	p := mustPublisher(t, key, PublisherOptions{})
	err := p.publication.underLock(soon(t), nil, func() error {
		require.NoError(t, os.Rename(key.Name(), key.Name()+".old"))
		require.NoError(t, os.WriteFile(key.Name(), nil, 0o600))
		return p.publication.renew(soon(t), []byte("astray"))
	})
	requireError(t, err, "publish", key, ErrBusy)
	require.Nil(t, observer.Look(key.Name()))
	mustPublish(t, p, "first")
	require.Equal(t, observer.LookSemaphore(key.Name()).ID, p.publication.lock.id())
	requireClean(t, env, p)
	require.NoError(t, os.Remove(key.Name()+".old"))
}

// Nor is a segment of somebody else taken for ours that has its key, and its key file.
func TestPublishWhereItsSegmentWasMadeAnew(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
		peer := env.Verbs(qt)
		create(peer, key, 6, []byte("theirs"))
		theirs := *observer.Look(segment)
		for range 2 {
			requireError(t, p.Publish(soon(t), []byte("ours")), "publish", key, ErrExists)
		}
		require.Equal(t, theirs.ID, observer.Look(segment).ID)
		same(t, []byte("theirs"), env.Raw(segment), "the observer")
		peer.Do("shm.delete", key.String(), nil)
		mustPublish(t, p, "second")
		same(t, []byte("second"), env.Raw(segment), "the observer")
		require.NoError(t, peer.End())
		requireClean(t, env, p)
	})
}

// A lock that somebody removes between two messages is made again, and ours to remove; so
// is one that somebody has made meanwhile, on the key file of our segment.
func TestPublishAfterItsLockWasRemoved(t *testing.T) {
	env := peertest.New(t)
	key := NativeKey(env.Work + "/key")
	for _, remade := range []bool{false, true} {
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		require.NoError(t, observer.RemoveSemaphore(observer.LookSemaphore(key.Name()).ID))
		if remade {
			made, err := newNativeSemaphore("test", key, p.publication.place, 1, native.Open)
			require.NoError(t, err)
			defer made.Close()
		}
		for _, message := range []string{"second", "third"} {
			mustPublish(t, p, message)
			same(t, []byte(message), env.Raw(key.Name()), "the observer")
			require.Equal(t, 1, observer.LookSemaphore(key.Name()).Value)
		}
		requireClean(t, env, p)
	}
}

func TestPublishAsAnotherUser(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
		theirs := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, theirs, "theirs")
		p := mustPublisher(t, key, PublisherOptions{})
		var err error
		peertest.AsNobody(t, func() { err = p.Publish(t.Context(), []byte("ours")) })
		requireError(t, err, "publish", key, ErrPermission)
		require.NoError(t, p.Close())
		requireClean(t, env, theirs)
	}
}

// Nobody would ever give back the lock: the first message resets it, and so do
// the others.
func TestPublishUnderAJammedLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		p := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, p, "first")
		jam(env, qt, key)
		mustPublish(t, p, "second")
		same(t, []byte("second"), env.Raw(first(keyFiles(t, key))), "the observer")
		requireClean(t, env, p)

		jam(env, qt, key)
		q := mustPublisher(t, key, PublisherOptions{})
		mustPublish(t, q, "third")
		requireClean(t, env, q)
	})
}

// Somebody's own file, and a directory that comes later.
func TestPublishWhereNoKeyFileCanBe(t *testing.T) {
	env := peertest.New(t)
	own := ownFile(t, env)
	p := mustPublisher(t, NativeKey(own), PublisherOptions{})
	requireError(t, p.Publish(soon(t), []byte("x")), "publish", NativeKey(own), ErrKey)
	missing := NativeKey(env.Work + "/missing/key")
	p = mustPublisher(t, missing, PublisherOptions{})
	requireError(t, p.Publish(soon(t), []byte("x")), "publish", missing, ErrKey)
	require.NoError(t, os.Mkdir(env.Work+"/missing", 0o700))
	mustPublish(t, p, "x")
	require.NoError(t, p.Close())
	require.Empty(t, env.Files(env.Tmp))
	require.Equal(t, []string{"missing", "precious"}, env.Files(env.Work))
}

// A publisher knows its segment by its id, by which it would else look at another one's.
func TestPublisherKnowsItsSegment(t *testing.T) {
	eachPublishing(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		for _, opts := range []PublisherOptions{{}, {InPlace: 20}} {
			p := mustPublisher(t, key, opts)
			for _, message := range []string{"first", "another one"} {
				mustPublish(t, p, message)
				require.Equal(t, observer.Look(segment).ID, p.publication.now.id)
			}
			requireClean(t, env, p)
		}
	})
}
