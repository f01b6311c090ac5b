//go:build cgo && linux

package qtbridge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
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
	const ids = 10_000
	env := peertest.New(t)
	qt := map[string]int{"6": 5, "5": 6}[goQt()[len("go-qt"):]] // the other one
	failed := map[string]int{}
	seen := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, who := range []string{"alone", "poller", "watch"} {
		name := env.Name()
		key := NativeKey(env.Work + "/" + name)
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
				if m := <-w.messages; m.Cause == Created {
					seen++
				}
			}
		})
	}
	all.Wait()
	t.Logf("create() calls that failed, of %d: alone %d, with a poller at 10 ms %d, with Watch %d, which saw %d messages",
		ids, failed["alone"], failed["poller"], failed["watch"], seen)
	assert.LessOrEqual(t, failed["watch"], failed["poller"])
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
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
			create(peer, key, 5, []byte("hello"))
			segment, lock := keyFiles(t, key)
			peer.Do("shm.lockedWrite", key.String(), peertest.Args{"data": []byte("HELLO")})
			before, semaphore := *observer.Look(segment), observer.LookSemaphore(lock)
			files := fileModes(t, env)
			w := startWatch(t, key, opts)
			w.until([]byte("HELLO"))
			time.Sleep(200 * time.Millisecond) // some 200 looks
			w.stop()
			assert.Equal(t, before, *observer.Look(segment))
			assert.Equal(t, files, fileModes(t, env))
			if semaphore != nil {
				after := observer.LookSemaphore(lock)
				assert.Equal(t, semaphore.ID, after.ID)
				assert.Equal(t, semaphore.Value, after.Value)
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
			info, err := os.Stat(dir + "/" + name)
			require.NoError(t, err)
			all = append(all, fmt.Sprint(name, info.Mode(), info.Size(), info.ModTime()))
		}
	}
	return all
}

// Ten processes watch a key on which nothing changes, with a Qt program beside
// them that locks each 30 ms, to read. They must not wake each other: taking the
// lock wakes all who wait for that, so they look without it.
func TestWatchersDoNotWakeEachOther(t *testing.T) {
	const processes, pollMilliseconds = 10, 30
	if name := os.Getenv("QTBRIDGE_TEST_IDLE"); name != "" {
		idleWatcher(QtKey(name))
		return
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 16, []byte("x"))
		var all []*peertest.Process
		for range processes {
			all = append(all, env.StartSelf("TestWatchersDoNotWakeEachOther", "QTBRIDGE_TEST_IDLE="+key.Name()))
		}
		poller := env.Start(qt, env.Work, "poller", "--set-key", key.Name(), "--interval", strconv.Itoa(pollMilliseconds))
		go poller.WaitForEOF()
		for _, p := range all {
			waitForLine(t, p, "watching")
		}
		for i := range 2 { // a change, and then the wakes of three seconds
			peer.Do("stamp.inPlace", key.String(), peertest.Args{"n": 1})
			for _, p := range all {
				p.Line("count")
			}
			for _, p := range all {
				line, err := p.ReadLine()
				require.NoError(t, err)
				var messages, wakes int
				var perSecond float64
				_, err = fmt.Sscan(strings.TrimSpace(string(line)), &messages, &wakes, &perSecond)
				require.NoError(t, err, "%s", line)
				assert.LessOrEqual(t, messages, 2)
				// A round of the poller takes the lock three times, within some
				// tens of microseconds; a wake costs some 20.
				assert.Less(t, perSecond, 100.0, "wakes a second")
				if i == 1 {
					t.Logf("%d wakes, %.1f a second", wakes, perSecond)
				}
			}
		}
		for _, p := range all {
			require.NoError(t, p.End())
		}
		assert.Equal(t, 1, observer.LookSemaphore(lock).Value)
	})
}

// idleWatcher is one of the processes: it counts for three seconds whenever it
// is told to.
func idleWatcher(key Key) {
	var messages atomic.Int64
	started := make(chan struct{})
	go func() {
		for range Watch(context.Background(), key, WatchOptions{}) {
			if messages.Add(1) == 1 {
				close(started)
			}
		}
	}()
	<-started
	fmt.Println("watching")
	for {
		var word string
		if _, err := fmt.Scan(&word); err != nil {
			os.Exit(0)
		}
		time.Sleep(100 * time.Millisecond)
		w := watcherOf(key)[0]
		seen, wakes, start := messages.Load(), w.wakes.Load(), time.Now()
		time.Sleep(3 * time.Second)
		n := w.wakes.Load() - wakes
		fmt.Println(messages.Load()-seen, n, float64(n)/time.Since(start).Seconds())
	}
}
