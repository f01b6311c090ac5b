//go:build cgo && (linux || windows)

package qtbridge

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// watch is a loop over a Watch, on a goroutine of its own.
type watch struct {
	t        testing.TB
	messages chan Message
	errs     chan error
	ended    chan struct{}
	cancel   context.CancelFunc
}

func startWatch(t testing.TB, key Key, opts WatchOptions) *watch {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watch{t: t, messages: make(chan Message, 10_000), errs: make(chan error, 100),
		ended: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(w.ended)
		for message, err := range Watch(ctx, key, opts) {
			if err != nil {
				w.errs <- err
				continue
			}
			w.messages <- message
		}
	}()
	t.Cleanup(w.stop)
	return w
}

// stop ends the loop and waits for that.
func (w *watch) stop() {
	w.cancel()
	select {
	case <-w.ended:
	case <-time.After(20 * time.Second):
		w.t.Error("the watch does not end")
	}
}

// next is the next message, which must come.
func (w *watch) next() Message {
	w.t.Helper()
	select {
	case m := <-w.messages:
		return m
	case err := <-w.errs:
		require.NoError(w.t, err)
	case <-time.After(20 * time.Second):
		require.Fail(w.t, "no message")
	}
	panic("not reached")
}

// nextError is the next error, which must come.
func (w *watch) nextError() error {
	w.t.Helper()
	select {
	case err := <-w.errs:
		return err
	case <-time.After(20 * time.Second):
		require.Fail(w.t, "no error")
		return nil
	}
}

// until skips messages until one has the content.
func (w *watch) until(want []byte) Message {
	w.t.Helper()
	for {
		if m := w.next(); bytes.Equal(m.Data, want) {
			return m
		}
	}
}

// none requires that nothing comes for a while.
func (w *watch) none(d time.Duration) {
	w.t.Helper()
	select {
	case m := <-w.messages:
		require.Fail(w.t, "a message", "%v: %.60q", m.Cause, m.Data)
	case err := <-w.errs:
		require.NoError(w.t, err)
	case <-time.After(d):
	}
}

// fewerOnWindows is n, or a part of it where Wine and looks from time to time
// make a round take long.
func fewerOnWindows(n int) int {
	if hasKeyFiles {
		return n
	}
	return n / 10
}

// requireAttached requires that n are attached, but for those who look just now.
func requireAttached(t testing.TB, segment string, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return observer.Look(segment).Attached == n }, 20*time.Second, time.Millisecond)
}

// stayOrNot runs a test with both ways to watch.
func stayOrNot(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions)) {
	for _, stay := range []bool{false, true} {
		t.Run(fmt.Sprintf("stay=%v", stay), func(t *testing.T) {
			eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
				test(t, env, qt, WatchOptions{Stay: stay})
			})
		})
	}
}

// a: the peer writes in place, under the lock.
func TestWatchPeerThatLocks(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 8, []byte("first..."))
		semaphore := lockID(lock)
		files := env.Files(env.Tmp)
		w := startWatch(t, key, opts)
		first := w.next()
		assert.Equal(t, paged([]byte("first...")), first.Data)
		assert.Equal(t, Created, first.Cause)
		byLock := 0
		for i := range fewerOnWindows(200) {
			data := fmt.Appendf(nil, "%08d", i)
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": data})
			m := w.next()
			require.Equal(t, paged(data), m.Data)
			require.Equal(t, paged(data), env.Raw(segment), "the observer")
			require.Equal(t, Changed, m.Cause)
			require.Equal(t, first.Seq+uint64(i)+1, m.Seq)
			require.WithinDuration(t, time.Now(), m.Time, time.Minute)
			if m.Means == ByLock {
				byLock++
			}
		}
		if hasKeyFiles {
			assert.Greater(t, byLock, 180, "woken by the lock")
		}
		w.stop()
		assert.Equal(t, files, env.Files(env.Tmp))
		assert.Equal(t, semaphore, lockID(lock))
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
		assert.Equal(t, 1, observer.Look(segment).Attached)
	})
}

// b: the mission's writer, with a new segment for each id.
func TestWatchTheWriter(t *testing.T) {
	for _, setKey := range []bool{false, true} {
		t.Run(fmt.Sprintf("setKey=%v", setKey), func(t *testing.T) {
			eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
				name, args := env.Name(), []string{}
				key := NativeKeyIn(env.Work, name)
				if setKey {
					key, args = QtKey(name), []string{"--set-key"}
				}
				w := startWatch(t, key, WatchOptions{})
				writer := env.Start(qt, env.Work, append([]string{"writer", name}, args...)...)
				means := map[Means]int{}
				for i := range fewerOnWindows(200) {
					m := w.until(paged([]byte(writer.Publish(fmt.Sprintf("id %0*d", i%7+1, i)))))
					if hasKeyFiles {
						require.Equal(t, Created, m.Cause)
					}
					means[m.Means]++
				}
				if hasKeyFiles {
					assert.Greater(t, means[ByKeyFile]+means[ByLock], 180, "%v", means)
				}
				require.NoError(t, writer.End())
				m := w.next()
				assert.Equal(t, Removed, m.Cause)
				assert.Nil(t, m.Data)
				w.stop()
				assert.Empty(t, slices.Concat(env.Files(env.Work), env.Files(env.Tmp)))
			})
		})
	}
}

// The writer publishes its next id as soon as the last one was seen. Between two
// there is nothing, for an instant: that is not a removal.
func TestWatchInLockstep(t *testing.T) {
	rounds := 500
	if !hasKeyFiles {
		rounds = 10 // each of which can take a second, see below
	}
	for _, setKey := range []bool{false, true} {
		eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
			name := env.Name()
			key, args := NativeKeyIn(env.Work, name), []string{"writer", name}
			if setKey {
				key, args = QtKey(name), []string{"writer", "--set-key", name}
			}
			writer := env.Start(qt, env.Work, args...)
			go writer.WaitForEOF()
			w := startWatch(t, key, WatchOptions{})
			removed := 0
			for i := range rounds {
				writer.Write(fmt.Sprintln(i))
				for seen := false; !seen; {
					select {
					case m := <-w.messages:
						seen = bytes.Equal(m.Data, paged(fmt.Append(nil, i)))
						if m.Cause == Removed {
							removed++
						}
					case <-time.After(time.Second): // its create() failed
						writer.Write(fmt.Sprintln(i))
					}
				}
			}
			failed := strings.Count(writer.Stderr(), `"create":false`)
			t.Logf("%d removals, %d create() calls that failed", removed, failed)
			// A writer that does not get to run for as long as Settle has removed it.
			assert.LessOrEqual(t, removed, failed+rounds/100)
		})
	}
}

// c: the peer writes in place and there is no lock, or it does not take it.
func TestWatchPeerThatDoesNotLock(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		for _, key := range []Key{nativeKey(env), QtKey(env.Name())} {
			peer := env.Verbs(qt)
			create(peer, key, 8, []byte("first..."))
			w := startWatch(t, key, opts)
			w.until(paged([]byte("first...")))
			for i := range 20 {
				data := fmt.Appendf(nil, "%08d", i)
				peer.Do("shm.write", key.String(), peertest.Args{"data": data})
				m := w.next()
				require.Equal(t, paged(data), m.Data)
				require.Equal(t, Changed, m.Cause)
				require.Equal(t, ByPoll, m.Means)
			}
			w.stop()
		}
	})
}

// d: one watch through all that can happen to a key.
func TestWatchThroughAllChanges(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		env.LeavesBehind() // a lock, where the segment went without Recover
		key := QtKey(env.Name())
		w := startWatch(t, key, opts)
		w.none(50 * time.Millisecond)
		for round := range 3 {
			writer := env.Start(qt, env.Work, "writer", "--set-key", key.Name())
			writer.Line("anew")
			m := w.until(paged([]byte("anew")))
			require.Equal(t, Created, m.Cause)
			require.NoError(t, writer.End())
			for m.Cause != Removed {
				m = w.next()
			}
			peer := env.Verbs(qt)
			size := 16 << (8 * round) // up to 1 MiB
			big := bytes.Repeat([]byte{byte('a' + round)}, size)
			create(peer, key, size, big)
			w.until(paged(big))
			copy(big, "locked")
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": []byte("locked")})
			require.Equal(t, Changed, w.until(paged(big)).Cause)
			copy(big, "silent")
			peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("silent")})
			require.Equal(t, ByPoll, w.until(paged(big)).Means)
			peer.Kill()
			for m = w.next(); m.Cause != Removed; m = w.next() {
			}
			if !hasKeyFiles {
				require.Nil(t, observer.Look(first(keyFiles(t, key))), "it went with the process")
				continue
			}
			if !opts.Stay {
				require.NotNil(t, observer.Look(first(keyFiles(t, key))), "the watch removed what it must not")
			}
			_, err := Recover(soon(t), key, Policy{})
			require.NoError(t, err)
		}
	})
}

// What is copied under the lock is never torn.
func TestWatchIsNeverTorn(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		neverTorn(t, env, qt, opts, 1<<18, 60)
		neverTorn(t, env, qt, opts, 2*large, 12)
	})
}

// neverTorn also requires that messages stay as they were.
func neverTorn(t *testing.T, env *peertest.Env, qt int, opts WatchOptions, size int, rounds byte) {
	t.Helper()
	key := QtKey(env.Name())
	peer := env.Verbs(qt)
	create(peer, key, size, bytes.Repeat([]byte{1}, size))
	w := startWatch(t, key, opts)
	for i := range rounds {
		peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": bytes.Repeat([]byte{i + 2}, size)})
	}
	had := make(map[byte][]byte)
	for m := w.next(); ; m = w.next() {
		require.Equal(t, bytes.Repeat(m.Data[:1], size), m.Data, "torn")
		had[m.Data[0]] = m.Data
		if m.Data[0] == rounds+1 {
			break
		}
	}
	for first, data := range had {
		require.Equal(t, bytes.Repeat([]byte{first}, size), data, "changed later")
	}
}

func TestWatchReuses(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		content := func(n int) []byte { return fmt.Appendf(nil, "message%d", n) }
		create(peer, key, 8, content(0))
		opts.Reuse = true
		rooms := make(map[*byte]bool)
		seen := 0
		for m, err := range Watch(soon(t), key, opts) {
			require.NoError(t, err)
			require.Equal(t, paged(content(seen)), m.Data)
			rooms[&m.Data[0]] = true
			if seen++; seen == 6 {
				break
			}
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": content(seen)})
		}
		assert.Equal(t, 6, seen)
		assert.Len(t, rooms, 2)
	})
}

// What a loop has is its own until its body ends, whatever other loops over the same key
// get meanwhile.
func TestWatchReusesForOneLoopAtATime(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		content := func(n int) []byte { return fmt.Appendf(nil, "message%d", n) }
		create(peer, key, 8, content(0))
		opts.Reuse = true
		for slow, err := range Watch(soon(t), key, opts) {
			require.NoError(t, err)
			quick := make(chan string)
			go func() {
				defer close(quick)
				for m := range Watch(soon(t), key, opts) {
					quick <- string(m.Data)
					if string(m.Data) == string(paged(content(5))) {
						break
					}
				}
			}()
			require.Equal(t, string(paged(content(0))), <-quick)
			for n := 1; n <= 5; n++ {
				peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": content(n)})
				require.Equal(t, string(paged(content(n))), <-quick)
				require.Equal(t, paged(content(0)), slow.Data, "after message %d", n)
			}
			break
		}
	})
}

// While somebody holds the lock, nothing of the change is shown.
func TestWatchWaitsForTheLock(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		key := QtKey(env.Name())
		segment, _ := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 8, []byte("before.."))
		w := startWatch(t, key, opts)
		w.until(paged([]byte("before..")))
		peer.Must("shm.lock", key.String(), nil)
		peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("half")})
		w.none(300 * time.Millisecond)
		if !opts.Stay {
			requireAttached(t, segment, 1) // it does not stay attached while it waits
		}
		e := requireError(t, w.nextError(), "watch", key, ErrLocked)
		if hasKeyFiles {
			assert.Contains(t, e.Msg, fmt.Sprint(peer.PID()))
		}
		peer.Do("shm.write", key.String(), peertest.Args{"data": []byte("whole...")})
		peer.Must("shm.unlock", key.String(), nil)
		assert.Equal(t, paged([]byte("whole...")), w.next().Data)
	})
}

// A new segment that is still zero is not a message, unless it stays so; nor is
// a short absence.
func TestWatchSettles(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, key := range []Key{nativeKey(env), QtKey(env.Name())} {
			patient := startWatch(t, key, WatchOptions{Settle: 5 * time.Second})
			hasty := startWatch(t, key, WatchOptions{Settle: 30 * time.Millisecond})
			peer := env.Verbs(qt)
			object(peer, "a", key)
			peer.Must("shm.create", "a", peertest.Args{"size": 4})
			m := hasty.next()
			assert.Equal(t, paged(make([]byte, 4)), m.Data)
			assert.Equal(t, Created, m.Cause)
			peer.Do("shm.write", "a", peertest.Args{"data": []byte("full")})
			m = hasty.next()
			assert.Equal(t, paged([]byte("full")), m.Data)
			assert.Equal(t, Changed, m.Cause)
			m = patient.next()
			assert.Equal(t, paged([]byte("full")), m.Data)
			assert.Equal(t, Created, m.Cause)

			peer.Do("shm.delete", "a", nil)
			assert.Equal(t, Removed, hasty.next().Cause)
			create(peer, key, 5, []byte("again"))
			hasty.until(paged([]byte("again"))) // on a busy machine after a zero one
			m = patient.next()
			assert.Equal(t, paged([]byte("again")), m.Data, "the absence was shorter than Settle")
			if hasKeyFiles { // else it may not have looked in between
				assert.Equal(t, Created, m.Cause)
			}
			hasty.stop()
			patient.stop()
		}
	})
}

// The latest state wins.
func TestWatchCoalesces(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 8, []byte("first..."))
		var got []string
		for m, err := range Watch(soon(t), key, WatchOptions{}) {
			require.NoError(t, err)
			got = append(got, string(m.Data[:8]))
			if len(got) == 2 {
				break
			}
			for i := range 50 {
				peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": fmt.Appendf(nil, "%08d", i)})
			}
		}
		assert.Equal(t, []string{"first...", "00000049"}, got)
	})
}

// Many loops share one watcher; each has messages of its own, and a latecomer
// begins with the present state.
func TestWatchFanOut(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 4, []byte("0000"))
		var all []*watch
		for range 50 {
			all = append(all, startWatch(t, key, WatchOptions{}))
		}
		for i := range 20 {
			want := fmt.Appendf(nil, "%04d", i+1)
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": want})
			late := startWatch(t, key, WatchOptions{})
			for j, w := range append(all, late) {
				m := w.until(paged(want))
				clear(m.Data) // it is the receiver's own
				if j == i {
					w.stop() // the others go on, whoever led
				}
			}
			late.stop()
			all[i] = startWatch(t, key, WatchOptions{})
		}
		assert.Len(t, watcherOf(key), 1)
		assert.LessOrEqual(t, observer.Look(first(keyFiles(t, key))).Attached, 2)
		for _, w := range all {
			w.stop()
		}
		assert.Empty(t, watcherOf(key))
	})
}

// watcherOf are the watchers of a key.
func watcherOf(key Key) (all []*watcher) {
	watchers.Lock()
	defer watchers.Unlock()
	for k, w := range watchers.of {
		if k.key == key {
			all = append(all, w)
		}
	}
	return all
}

func TestWatchBadInput(t *testing.T) {
	env := peertest.New(t)
	for _, row := range []struct {
		key  Key
		opts WatchOptions
		code Code
	}{
		{Key{}, WatchOptions{}, ErrKey},
		{NativeKey("a\x00b"), WatchOptions{}, ErrKey},
		{QtKey(env.Name()), WatchOptions{Poll: -1}, ErrRange},
		{QtKey(env.Name()), WatchOptions{Settle: -time.Second}, ErrRange},
	} {
		n := 0
		for m, err := range Watch(soon(t), row.key, row.opts) {
			n++
			requireError(t, err, "watch", row.key, row.code)
			assert.Zero(t, m)
		}
		assert.Equal(t, 1, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range Watch(ctx, QtKey(env.Name()), WatchOptions{}) {
		assert.Fail(t, "the context has ended")
	}
	assert.Equal(t, "cause 7", Cause(7).String())
	assert.Equal(t, "means 0", Means(0).String())
	assert.Equal(t, "removed by key file", fmt.Sprintf("%v by %v", Removed, ByKeyFile))
}
