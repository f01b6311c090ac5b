//go:build cgo && (linux || windows)

package qtbridge

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native"
	"qtinterop/native/nativetest"
)

// Benchmarks run the same loop in Go and in C++ (within one call), in turns, in
// one process. What counts is the ratio of the two in one turn, of which the
// median is reported: absolute times say more about the machine and who else
// uses it.

// compare runs goLoop and cppLoop in turns, rounds rounds each.
func compare(b *testing.B, rounds int, goLoop func(n int) error, cppLoop func(n int) (time.Duration, error)) {
	b.Helper()
	keepPrivateLocks(b)
	var ratios, inGo, inCpp []float64
	runGo := func() time.Duration {
		start := time.Now()
		require.NoError(b, goLoop(rounds))
		return time.Since(start)
	}
	runCpp := func() time.Duration {
		d, err := cppLoop(rounds)
		require.NoError(b, err)
		return d
	}
	runGo()
	runCpp()
	for turn := 0; b.Loop(); turn++ {
		var g, c time.Duration
		if turn%2 == 0 {
			g, c = runGo(), runCpp()
		} else {
			c, g = runCpp(), runGo()
		}
		ratios = append(ratios, float64(g)/float64(c))
		inGo = append(inGo, float64(g)/float64(rounds))
		inCpp = append(inCpp, float64(c)/float64(rounds))
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(inGo), "go-ns")
	b.ReportMetric(median(inCpp), "c++-ns")
	b.ReportMetric(0, "ns/op")
}

// keepPrivateLocks has private locks kept, as in programs, until the end.
func keepPrivateLocks(t testing.TB) {
	idlePeriod = 200 * time.Millisecond
	t.Cleanup(func() {
		for dir := range privateLocks.of {
			require.Eventually(t, func() bool {
				privateLocks.Lock()
				defer privateLocks.Unlock()
				return privateLocks.of[dir] == nil
			}, 10*time.Second, 10*time.Millisecond)
		}
		idlePeriod = 0
	})
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// qtObject is a QSharedMemory of this process, attached with setKey, for the C++
// loops.
func qtObject(b *testing.B, key Key) *native.SharedMemory {
	b.Helper()
	m, err := native.NewSharedMemory()
	require.NoError(b, err)
	b.Cleanup(m.Close)
	require.NoError(b, m.SetKey(key.Name()))
	require.NoError(b, m.Attach(native.ReadWrite))
	return m
}

func BenchmarkLockUnlock(b *testing.B) {
	key := QtKey(peertest.New(b).Name())
	s := mustCreate(b, key, 64)
	ctx := context.Background()
	m := qtObject(b, key)
	compare(b, 10_000, func(n int) error {
		for range n {
			if err := s.Lock(ctx); err != nil {
				return err
			}
			if err := s.Unlock(); err != nil {
				return err
			}
		}
		return nil
	}, func(n int) (time.Duration, error) { return nativetest.LoopLock(m.Pointer(), n) })
}

func BenchmarkLockWrite64Unlock(b *testing.B) {
	key := QtKey(peertest.New(b).Name())
	s := mustCreate(b, key, 64)
	ctx, data := context.Background(), make([]byte, 64)
	m := qtObject(b, key)
	compare(b, 10_000, func(n int) error {
		for range n {
			if err := s.Lock(ctx); err != nil {
				return err
			}
			if _, err := s.WriteAt(data, 0); err != nil {
				return err
			}
			if err := s.Unlock(); err != nil {
				return err
			}
		}
		return nil
	}, func(n int) (time.Duration, error) { return nativetest.LoopLockedWrite(m.Pointer(), n, len(data)) })
}

// The cycle of the mission's reader, with a QtKey: attach, lock, read, unlock,
// detach. In C++ on an object that is used again, and on a fresh one each time.
func BenchmarkAttachLockRead64UnlockDetach(b *testing.B) {
	for _, object := range []struct {
		name  string
		fresh bool
	}{{"reused-object", false}, {"fresh-object", true}} {
		b.Run(object.name, func(b *testing.B) {
			key := QtKey(peertest.New(b).Name())
			mustCreate(b, key, 64)
			ctx, buf := context.Background(), make([]byte, 64)
			compare(b, 1_000, func(n int) error {
				for range n {
					s, err := Attach(ctx, key, ReadOnly)
					if err != nil {
						return err
					}
					if _, err := s.Snapshot(ctx, buf); err != nil {
						return err
					}
					if err := s.Close(); err != nil {
						return err
					}
				}
				return nil
			}, func(n int) (time.Duration, error) {
				return nativetest.LoopCycle(key.Name(), n, len(buf), object.fresh)
			})
		})
	}
}

// The cycle of the mission's writer. In C++ each message has a fresh object, as
// native keys demand; with setKey that removes and makes the semaphore each
// time, which a Publisher keeps.
//
// The C++ loop deletes and makes key files for each message, which a Publisher does not
// with a native key. ext4 does not use again the inodes of the last seconds, so that after
// some thousand messages it can take 300 µs to make a file, which says nothing of either
// loop. So key files are in memory.
func BenchmarkPublish(b *testing.B) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		b.Setenv("TMPDIR", "/dev/shm")
	}
	for _, kind := range []string{"native", "setKey"} {
		b.Run(kind, func(b *testing.B) {
			env := peertest.New(b)
			key := QtKey(env.Name())
			if kind == "native" {
				key = nativeKey(env)
			}
			ctx, message := context.Background(), make([]byte, 16)
			// Each turn has a Publisher of its own: the C++ loop needs the key too.
			compare(b, 1_000, func(n int) error {
				p, err := NewPublisher(key, PublisherOptions{})
				if err != nil {
					return err
				}
				for range n {
					if err := p.Publish(ctx, message); err != nil {
						return err
					}
				}
				return p.Close()
			}, func(n int) (time.Duration, error) {
				return nativetest.LoopPublish(key.Name(), key.IsNative(), n, len(message))
			})
		})
	}
}

func BenchmarkAcquireRelease(b *testing.B) {
	key := QtKey(peertest.New(b).Name())
	s := openSem(b, key, 1)
	ctx := context.Background()
	compare(b, 10_000, func(n int) error {
		for range n {
			if err := s.Acquire(ctx); err != nil {
				return err
			}
			if err := s.Release(1); err != nil {
				return err
			}
		}
		return nil
	}, func(n int) (time.Duration, error) { return nativetest.LoopAcquire(key.Name(), n) })
}

func BenchmarkCopy64MiB(b *testing.B) {
	key := QtKey(peertest.New(b).Name())
	s := mustCreate(b, key, 64<<20)
	buf := make([]byte, s.Size())
	m := qtObject(b, key)
	compare(b, 1, func(n int) error {
		for range n {
			if _, err := s.ReadAt(buf, 0); err != nil {
				return err
			}
		}
		return nil
	}, func(n int) (time.Duration, error) { return nativetest.LoopCopy(m.Pointer(), n) })
}

func TestHotCallsDoNotAllocate(t *testing.T) {
	env := peertest.New(t)
	s := mustCreate(t, QtKey(env.Name()), 64)
	native := mustCreate(t, nativeKey(env), 64)
	ctx, buf, whole := context.Background(), make([]byte, 64), make([]byte, s.Size())
	deadline := soon(t)
	semaphore := openSem(t, QtKey(env.Name()), 1)
	for name, f := range map[string]func(){
		"lock, unlock":               func() { _, _ = s.Lock(ctx), s.Unlock() },
		"lock with deadline, unlock": func() { _, _ = s.Lock(deadline), s.Unlock() },
		"trylock, unlock":            func() { _, _ = s.TryLock(), s.Unlock() },
		"acquire, release":           func() { _, _ = semaphore.Acquire(ctx), semaphore.Release(1) },
		"read":                       func() { _, _ = s.ReadAt(buf, 0) },
		"write":                      func() { _, _ = s.WriteAt(buf, 0) },
		"snapshot":                   func() { _, _ = s.Snapshot(ctx, whole) },
		"snapshot without lock":      func() { _, _ = native.Snapshot(ctx, whole) },
	} {
		assert.Zero(t, testing.AllocsPerRun(200, f), name)
	}
}
