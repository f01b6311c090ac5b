//go:build cgo && linux

package qtbridge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// A watcher that is killed at any point leaves nothing of the lock behind: no
// undo, no semaphore.
func TestWatcherKilled(t *testing.T) {
	if name := os.Getenv("QTBRIDGE_TEST_WATCH"); name != "" {
		for m, err := range Watch(context.Background(), QtKey(name), WatchOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			if m.Seq == 1 {
				_ = os.Stdout.Close() // tells that it watches
			}
		}
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 16, []byte("x"))
		before := observer.LookSemaphore(lock)
		for range 20 {
			watcher := env.StartSelf("TestWatcherKilled", "QTBRIDGE_TEST_WATCH="+key.Name())
			watcher.WaitForEOF()
			stamps := peer.Async("stamp.inPlace", key.String(), peertest.Args{"n": 300})
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
			watcher.Kill()
			r := <-stamps
			require.EqualValues(t, 300, r.Ret)
			require.Zero(t, r.LockFailed)
			require.Equal(t, before.ID, observer.LookSemaphore(lock).ID)
			require.Equal(t, 1, observer.LookSemaphore(lock).Value)
			require.Equal(t, 1, observer.Look(segment).Attached)
		}
	})
}

// Waiting leaves no trace on the semaphore: who took a lock can be told, and so
// can that it is jammed, whoever watches or has watched.
func TestWatchingLeavesNoTrace(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 16, []byte("x"))
		w := startWatch(t, key, WatchOptions{})
		w.next()
		for range 50 {
			peer.Must("shm.lock", key.String(), nil)
			time.Sleep(time.Millisecond)
			require.Equal(t, peer.PID(), observer.LookSemaphore(lock).Last)
			peer.Must("shm.unlock", key.String(), nil)
			time.Sleep(time.Millisecond)
			require.Equal(t, peer.PID(), observer.LookSemaphore(lock).Last)
			require.Equal(t, 1, observer.LookSemaphore(lock).Value)
		}
		assert.Greater(t, watcherOf(key)[0].wakes.Load(), int64(5), "it was woken all the same")
		jam(env, qt, key)
		time.Sleep(20 * time.Millisecond)
		state, err := Inspect(key)
		require.NoError(t, err)
		assert.Equal(t, Jammed, state.Verdict)
		_, err = Recover(soon(t), key, Policy{})
		require.NoError(t, err)
		peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": []byte("mended")})
		w.until(append([]byte("mended"), make([]byte, 10)...))
		env.LeavesBehind()
	})
}

// The key file is gone, and so, for all who look, is the segment. It comes back.
func TestWatchKeyFileGone(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			segment, _ := keyFiles(t, key)
			peer := env.Verbs(qt)
			create(peer, key, 5, []byte("hello"))
			w := startWatch(t, key, WatchOptions{})
			require.Equal(t, "hello", string(w.next().Data))
			require.NoError(t, os.Rename(segment, segment+".away"))
			require.Equal(t, Removed, w.next().Cause)
			require.NoError(t, os.Rename(segment+".away", segment))
			m := w.next()
			require.Equal(t, Created, m.Cause)
			require.Equal(t, "hello", string(m.Data))
			w.stop()
		}
	})
}

// The directory of the key files is removed, and made again.
func TestWatchTMPDIRGone(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		w := startWatch(t, key, WatchOptions{})
		w.none(20 * time.Millisecond)
		require.NoError(t, os.Remove(env.Tmp))
		w.none(50 * time.Millisecond)
		require.NoError(t, os.Mkdir(env.Tmp, 0o777))
		peer := env.Verbs(qt)
		create(peer, key, 5, []byte("hello"))
		w.until([]byte("hello"))
		// It has found the directory again as well.
		time.Sleep(retryFiles + blindStep)
		peer.Do("shm.delete", key.String(), nil)
		assert.Equal(t, Removed, w.next().Cause)
		create(peer, key, 5, []byte("again"))
		w.until([]byte("again"))
	})
}

// The system has no more inotify instances: key files are looked for.
func TestWatchWithoutInotify(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		key := NativeKey(env.Work + "/" + name)
		writer := env.Start(qt, env.Work, "writer", name)
		writer.Publish("before")
		lowerLimit(t, unix.RLIMIT_NOFILE, 3)
		w := startWatch(t, key, WatchOptions{})
		e := requireError(t, w.nextError(), "watch", key, ErrResources)
		if native.HasNativeIpcKeys() {
			return // Qt opens a file itself to attach, and so cannot
		}
		require.ErrorIs(t, e, unix.EMFILE)
		require.Equal(t, "before", string(w.next().Data))
		for i := range 30 {
			id := writer.Publish(fmt.Sprint("id ", i))
			if means := w.until([]byte(id)).Means; means != ByLock || !peertest.HasIPCKeys(t, qt) { // from 6.6 on there is a lock
				require.Equal(t, ByPoll, means)
			}
		}
		time.Sleep(retryFiles)
		assert.Empty(t, w.errs, "it is said once")
	})
}

// lowerLimit lowers a limit of this process for the rest of the test.
func lowerLimit(t *testing.T, resource int, limit uint64) {
	t.Helper()
	var before unix.Rlimit
	require.NoError(t, unix.Getrlimit(resource, &before))
	require.NoError(t, unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: before.Max}))
	t.Cleanup(func() { require.NoError(t, unix.Setrlimit(resource, &before)) })
}

// The process is stopped, as when a system is suspended, and goes on.
func TestWatchStoppedAndContinued(t *testing.T) {
	if name := os.Getenv("QTBRIDGE_TEST_STOP"); name != "" {
		for m, err := range Watch(context.Background(), ownKey(name), WatchOptions{}) {
			fmt.Printf("%s %v\n", m.Data, err)
		}
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			peer := env.Verbs(qt)
			create(peer, key, 4, []byte("0000"))
			watcher := env.StartSelf("TestWatchStoppedAndContinued", "QTBRIDGE_TEST_STOP="+key.String())
			for i := range 10 {
				waitForLine(t, watcher, fmt.Sprintf("%04d <nil>", i*10))
				require.NoError(t, unix.Kill(watcher.PID(), unix.SIGSTOP))
				for j := range 10 {
					peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": fmt.Appendf(nil, "%04d", i*10+j+1)})
				}
				require.NoError(t, unix.Kill(watcher.PID(), unix.SIGCONT))
			}
			watcher.Kill()
		}
	})
}

func ownKey(text string) Key {
	key, err := ParseKey(text)
	if err != nil {
		panic(err)
	}
	return key
}

// The segment cannot be read, and then it can.
func TestWatchWithoutPermission(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := NativeKey(env.Work + "/key")
		peer := env.Verbs(qt)
		create(peer, key, 5, []byte("hello"))
		peertest.AsNobody(t, func() {
			n := 0
			for m, err := range Watch(soon(t), key, WatchOptions{Poll: 5 * time.Millisecond}) {
				if n++; n == 1 {
					requireError(t, err, "watch", key, ErrPermission)
					time.AfterFunc(100*time.Millisecond, func() { assert.NoError(t, observer.SetMode(key.Name(), 0o644)) })
					continue
				}
				require.NoError(t, err, "it is said once")
				assert.Equal(t, "hello", string(m.Data))
				break
			}
			assert.Equal(t, 2, n)
		})
	})
}

// clearUp removes what crashes have left of a key. Of those who crashed there must
// then be no segment that the key does not lead to: another key file can get the
// inode of the lost one, and nothing could be created with that.
func clearUp(t *testing.T, key Key, crashed []int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		report, err := Recover(soon(t), key, Policy{})
		if err == nil && !report.After.Segment.Exists {
			// One that a look is attached to goes with that.
			require.Eventually(t, func() bool { return len(observer.SegmentsOf(crashed)) == 0 }, 10*time.Second, time.Millisecond)
			return
		}
		require.WithinRange(t, time.Now(), time.Time{}, deadline, "%v, %+v", err, report)
	}
}
