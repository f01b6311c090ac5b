//go:build cgo && linux

package qtbridge

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

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

// waitForLine reads lines of a process until one is the one that is wanted.
func waitForLine(t *testing.T, p *peertest.Process, want string) {
	t.Helper()
	for {
		line, err := p.ReadLine()
		require.NoError(t, err, "waiting for %q", want)
		if string(line) == want {
			return
		}
	}
}

// The key file wakes a watch while the peer is still in create(), and can take the
// processor from it. A watch that looks again and again meanwhile keeps the peer from what
// it looks for, so between two looks it lets the peer go on.
func TestWatchLetsThePeerFinish(t *testing.T) {
	const messages, many = 200, 40
	env := peertest.NewInMemory(t)
	key := nativeKey(env)
	peer := env.Verbs(peertest.QtVersions[0])
	var one unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &one))
	for cpu := 0; one.Count() > 1; cpu++ {
		one.Clear(cpu)
	}
	require.NoError(t, unix.SchedSetaffinity(peer.PID(), &one))

	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan struct{}), make(chan struct{})
	var seen, late int
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and ends with the goroutine
		assert.NoError(t, unix.SchedSetaffinity(0, &one))
		watch := Watch(ctx, key, WatchOptions{})
		close(started)
		var looks int64
		for _, err := range watch {
			assert.NoError(t, err)
			now := watcherOf(key)[0].wakes.Load()
			if seen++; now-looks > many {
				late++
			}
			looks = now
		}
	}()
	<-started
	peer.Do("stamp.anew", key.String(), peertest.Args{"n": messages, "min_us": 1000, "max_us": 4000, "lock": false, "key": key.Name()})
	peer.Do("shm.delete", key.String(), nil)
	require.NoError(t, peer.End())
	cancel()
	<-ended
	t.Logf("%d messages, %d of them after more than %d looks", seen, late, many)
	assert.Greater(t, seen, messages/4)
	assert.LessOrEqual(t, late, messages/100)
}

// What a killed program leaves while a look is attached must stay, and what one that
// detaches leaves to the look must go, as with any Qt reader.
func TestLookLeavesWhatACrashLeft(t *testing.T) {
	for _, opts := range []WatchOptions{{}, {Stay: true}} {
		for _, killed := range []bool{true, false} {
			t.Run(fmt.Sprintf("stay=%v/killed=%v", opts.Stay, killed), func(t *testing.T) {
				eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
					env.LeavesBehind()
					key := QtKey(env.Name())
					file, _ := keyFiles(t, key)
					peer := env.Verbs(qt)
					create(peer, key, 16, []byte("precious"))
					p, err := key.place(opWatch)
					require.NoError(t, err)
					o := newObservation(watchKey{key: key, place: p, opts: opts})
					defer o.end()
					seen, err := p.look(opWatch, key)
					require.NoError(t, err)
					require.NoError(t, o.attachment.attach(seen))
					if killed {
						peer.Kill()
					} else {
						peer.Must("shm.detach", key.String(), nil)
					}
					require.Eventually(t, func() bool { return observer.Look(file).Attached == 1 }, 10*time.Second, time.Millisecond)
					o.leave()
					left := observer.Look(file)
					if !killed || opts.Stay {
						require.Nil(t, left)
						return
					}
					require.Zero(t, left.Attached)
					raw, err := observer.Read(file)
					require.NoError(t, err)
					assert.Equal(t, "precious", string(raw[:8]))
				})
			})
		}
	}
}

// A key file that comes and goes while a watch attaches to its segment is the
// peer's. The watch is the last to detach, where Qt would delete the file, whatever it
// leads to by then; it does so also where there is no descriptor left.
func TestWatchAttachmentDeletesNoKeyFile(t *testing.T) {
	for _, descriptors := range []bool{true, false} {
		t.Run(fmt.Sprintf("descriptors=%v", descriptors), func(t *testing.T) {
			env := peertest.New(t)
			env.LeavesBehind()
			key := nativeKey(env)
			path, _ := keyFiles(t, key)
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			ipcKey, err := observer.FtokQ(path)
			require.NoError(t, err)
			t.Cleanup(func() { assert.Empty(t, env.Files(env.Tmp), "no links") })
			if !descriptors {
				lowerLimit(t, unix.RLIMIT_NOFILE, 3)
			}
			var stop atomic.Bool
			defer stop.Store(true)
			renamed := make(chan error, 1)
			go func() {
				var err error
				for err == nil && !stop.Load() {
					err = cmp.Or(os.Rename(path, path+".away"), os.Rename(path+".away", path))
				}
				renamed <- err
			}()
			p, err := key.place(opWatch)
			require.NoError(t, err)
			a := watchAttachment{key: key, place: p, id: -1}
			for range 2000 {
				id, err := unix.SysvShmGet(ipcKey, 8, unix.IPC_CREAT|0o600)
				require.NoError(t, err)
				seen, err := p.system.SegmentByID(id)
				require.NoError(t, err)
				require.NoError(t, a.attach(seen))
				a.close()
				_, err = unix.SysvShmCtl(id, unix.IPC_STAT, new(unix.SysvShmDesc))
				require.Error(t, err, "the last to detach removes it")
			}
			stop.Store(true)
			require.NoError(t, <-renamed)
			require.FileExists(t, path)
		})
	}
}
