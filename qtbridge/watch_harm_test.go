//go:build cgo && (linux || windows)

package qtbridge

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// The proof that watching does not disturb the mission's writer: how many of
// 10,000 create() calls fail, at a pace of 1 to 20 ms, with nobody there, with
// the mission's own reader at 10 ms, and with a Watch. Any reader that attaches
// while the writer is between detach() and create() makes it fail. The one that
// is alone can fail by what the poller does to its own: as the last to detach, it
// deletes the key file under the next segment, and the freed inode becomes the
// key of another writer's.
func TestWatchDoesNotDisturbTheWriter(t *testing.T) {
	ids := fewerOnWindows(10_000)
	env := peertest.New(t)
	qt := map[string]int{"6": 5, "5": 6}[goQt()[len("go-qt"):]] // the other one
	failed := map[string]int{}
	seen := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, who := range []string{"alone", "poller", "watch"} {
		name := env.Name()
		key := NativeKeyIn(env.Work, name)
		writer := env.Start(qt, env.Work, "writer", name)
		var poller *peertest.Process
		var w *watch
		switch who {
		case "poller":
			poller = env.Start(qt, env.Work, "poller", name, "--interval", "10")
			go poller.WaitForEOF()
		case "watch":
			w = startWatch(t, key, WatchOptions{})
		}
		all.Go(func() {
			n := publishAtRandomPace(writer, ids)
			mu.Lock()
			defer mu.Unlock()
			failed[who] = ids - n
			if w == nil {
				return
			}
			for len(w.messages) > 0 {
				if m := <-w.messages; m.Cause != Removed {
					seen++
				}
			}
		})
	}
	all.Wait()
	t.Logf("create() calls that failed, of %d: alone %d, with a poller at 10 ms %d, with Watch %d, which saw %d messages",
		ids, failed["alone"], failed["poller"], failed["watch"], seen)
	// On a busy machine the watch can be put off while it is attached.
	assert.LessOrEqual(t, failed["watch"], max(failed["poller"], ids/25))
}

// publishAtRandomPace returns how many ids were published.
func publishAtRandomPace(writer *peertest.Process, ids int) int {
	const last = "the last one"
	var published atomic.Int64
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			line, err := writer.ReadLine()
			if err != nil || string(line) == last {
				return
			}
			published.Add(1)
		}
	}()
	for i := range ids {
		writer.Write(fmt.Sprintf("id %d\n", i))
		time.Sleep(time.Duration(1000+rand.IntN(19_000)) * time.Microsecond)
	}
	for done := false; !done; { // its create() can fail as well
		writer.Write(last + "\n")
		select {
		case <-read:
			done = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	return int(published.Load())
}

// What a peer has in the system is the same before and after: the semaphore with
// its value and last user, the segment, the key files.
func TestWatchingDoesNoHarm(t *testing.T) {
	stayOrNot(t, func(t *testing.T, env *peertest.Env, qt int, opts WatchOptions) {
		peer := env.Verbs(qt)
		opts.Poll = time.Millisecond
		for _, key := range []Key{QtKey(env.Name()), nativeKey(env)} {
			create(peer, key, 5, []byte("hello"))
			segment, lock := keyFiles(t, key)
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": []byte("HELLO")})
			before, hasLock := *observer.Look(segment), !key.IsNative()
			semaphore := 0
			if hasLock {
				semaphore = lockID(lock)
			}
			files := fileModes(t, env)
			w := startWatch(t, key, opts)
			w.until(paged([]byte("HELLO")))
			time.Sleep(200 * time.Millisecond) // some 200 looks
			w.stop()
			assert.Equal(t, before, *observer.Look(segment))
			assert.Equal(t, files, fileModes(t, env))
			if hasLock {
				assert.Equal(t, semaphore, lockID(lock))
				assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
			}
			peer.Must("shm.detach", key.String(), nil)
			object(peer, key.String()+"2", key)
			peer.Must("shm.create", key.String()+"2", peertest.Args{"size": 6})
		}
	})
}

// fileModes are the files of a test, with inode, mode and size.
func fileModes(t *testing.T, env *peertest.Env) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{env.Tmp, env.Work} {
		for _, name := range env.Files(dir) {
			info, err := os.Stat(filepath.Join(dir, name))
			require.NoError(t, err)
			all = append(all, fmt.Sprint(name, info.Mode(), info.Size(), info.ModTime()))
		}
	}
	return all
}
