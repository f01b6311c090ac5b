//go:build cgo && (linux || windows)

package native

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// What Qt's own tst_QSystemSemaphore of 5.15 and 6.4 tests, function by function
// under Qt's names. Where Qt's start helper processes there are rows for Qt
// processes (testpeer) and, as far as it can be done, one for another object in
// this process. None of Qt's functions is skipped on Linux.
func TestTstQSystemSemaphore(t *testing.T) {
	t.Run("key", tstSemaphoreKey)
	t.Run("basicacquire", tstBasicAcquire)
	t.Run("complexacquire", tstComplexAcquire)
	t.Run("release", tstRelease)
	t.Run("basicProcesses", tstBasicProcesses)
	t.Run("processes", tstProcesses)
	t.Run("undo", tstUndo)
	t.Run("initialValue", tstInitialValue)
}

// store is a semaphore that others use as well.
type store struct {
	*SystemSemaphore
	env  *peertest.Env
	file string // key file, or name
}

func newStore(t *testing.T, initial int) store {
	t.Helper()
	env := peertest.New(t)
	s := newSemaphore(t, env.Name(), initial, Create)
	require.NoError(t, s.Err())
	return store{s, env, semaphorePlace(t, env, s.Key())}
}

// requireValue requires what the observer sees.
func (s store) requireValue(t *testing.T, want int) {
	t.Helper()
	require.Equal(t, want, observer.LookSemaphore(s.file).Value)
}

// openHere opens the semaphore with another object in this process.
func (s store) openHere(t *testing.T) *SystemSemaphore {
	t.Helper()
	return newSemaphore(t, s.Key(), 0, Open)
}

// openIn opens the semaphore in a new Qt process, as Qt's helper does.
func (s store) openIn(qt int) *peertest.Peer {
	peer := s.env.Verbs(qt)
	peer.Do("sem.new", "s", peertest.Args{"key": s.Key()})
	return peer
}

// started runs a call that may block. Should it still block when the test ends,
// a release lets it go.
func (s store) started(t *testing.T, call func() error) <-chan error {
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() { defer close(ended); done <- call() }()
	t.Cleanup(func() {
		if t.Failed() {
			_ = s.Release(1)
		}
		await(t, ended)
	})
	return done
}

// await is a receive with a limit.
func await[T any](t *testing.T, c <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-c:
	case <-time.After(20 * time.Second):
		t.Error("it takes too long")
	}
	return got
}

// stillBlocked requires that an acquire has not come back, and will not soon.
func stillBlocked[T any](t *testing.T, answer <-chan T) {
	t.Helper()
	select {
	case got := <-answer:
		t.Fatalf("acquire() came back although there is nothing to take: %v", got)
	case <-time.After(300 * time.Millisecond):
	}
}

// killBlocked kills a peer that is blocked in acquire.
func killBlocked(t *testing.T, peer *peertest.Peer, answer <-chan peertest.Reply) {
	t.Helper()
	stillBlocked(t, answer)
	peer.Kill()
	require.Empty(t, await(t, answer), "acquire() came back")
}

// eachQt runs a test once for each Qt of a peer.
func eachQt(t *testing.T, test func(t *testing.T, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) { test(t, qt) })
	}
}

func tstSemaphoreKey(t *testing.T) {
	for _, row := range [][2]string{{"", ""}, {"", "one"}, {"one", "two"}} {
		t.Run(orNull(row[0])+", "+orNull(row[1]), func(t *testing.T) {
			peertest.New(t)
			s := newSemaphore(t, row[0], 0, Open)
			assert.Equal(t, row[0], s.Key())
			assert.NoError(t, s.Err())
			require.NoError(t, s.SetKey(row[1], 0, Open))
			assert.Equal(t, row[1], s.Key())
			assert.NoError(t, s.Err())
		})
	}
}

// takeAndGive does what letters say: a acquires 1, r releases 1.
func (s store) takeAndGive(t *testing.T, letters string) {
	t.Helper()
	for _, letter := range letters {
		if letter == 'a' {
			require.NoError(t, s.Acquire())
		} else {
			require.NoError(t, s.Release(1))
		}
		require.NoError(t, s.Err())
	}
}

func tstBasicAcquire(t *testing.T) {
	s := newStore(t, 1)
	s.takeAndGive(t, "ar")
	s.requireValue(t, 1)
}

func tstComplexAcquire(t *testing.T) {
	s := newStore(t, 2)
	s.takeAndGive(t, "araraarr")
	s.requireValue(t, 2)
}

func tstRelease(t *testing.T) {
	s := newStore(t, 0)
	s.takeAndGive(t, "rraarr")
	s.requireValue(t, 2)
}

func tstBasicProcesses(t *testing.T) {
	t.Run("in-one-process", func(t *testing.T) {
		s := newStore(t, 0)
		done := s.started(t, s.openHere(t).Acquire)
		stillBlocked(t, done)
		require.NoError(t, s.Release(1))
		require.NoError(t, await(t, done))
		s.requireValue(t, 0)
	})
	eachQt(t, func(t *testing.T, qt int) {
		t.Run("killed", func(t *testing.T) {
			s := newStore(t, 0)
			acquirer := s.openIn(qt)
			killBlocked(t, acquirer, acquirer.Async("sem.acquire", "s", nil))
			s.requireValue(t, 0)

			releaser := s.openIn(qt)
			releaser.Must("sem.release", "s", nil)
			s.requireValue(t, 1)
			require.NoError(t, releaser.End())
			s.requireValue(t, 1-undone) // SEM_UNDO takes back what it released
		})
		t.Run("released", func(t *testing.T) {
			s := newStore(t, 0)
			acquirer := s.openIn(qt)
			answer := acquirer.Async("sem.acquire", "s", nil)
			stillBlocked(t, answer)
			require.NoError(t, s.Release(1))
			require.True(t, await(t, answer).OK())
			s.requireValue(t, 0)
		})
	})
}

func tstProcesses(t *testing.T) {
	for name, n := range map[string]int{"1 process": 1, "3 processes": 3, "10 processes": 10} {
		t.Run(name, func(t *testing.T) {
			t.Run("in-one-process", func(t *testing.T) {
				s := newStore(t, 1)
				s.eachTakesAndGives(t, n, func() func() error {
					other := s.openHere(t)
					return func() error { return errors.Join(other.Acquire(), other.Release(1)) }
				})
			})
			eachQt(t, func(t *testing.T, qt int) {
				s := newStore(t, 1)
				s.eachTakesAndGives(t, n, func() func() error {
					peer := s.openIn(qt)
					return func() error { return acquireReleaseExit(peer) }
				})
			})
		})
	}
}

// eachTakesAndGives runs, again and again, n at once of what start starts.
func (s store) eachTakesAndGives(t *testing.T, n int, start func() func() error) {
	t.Helper()
	for range tstRounds {
		var calls []func() error
		for range n {
			calls = append(calls, start())
		}
		var done []<-chan error
		for _, call := range calls {
			done = append(done, s.started(t, call))
		}
		for _, c := range done {
			require.NoError(t, await(t, c))
		}
		s.requireValue(t, 1)
	}
}

// acquireReleaseExit is what Qt's helper does when told acquirerelease.
func acquireReleaseExit(peer *peertest.Peer) error {
	for _, op := range []string{"sem.acquire", "sem.release"} {
		r, err := peer.Try(op, "s", nil)
		if err != nil {
			return err
		}
		if !r.OK() {
			return fmt.Errorf("%s: %s %s", op, r.Error, r.ErrorString)
		}
	}
	return peer.End()
}

// What a process took and did not give back, the kernel gives back when it
// ends, but not on Windows, where Qt skips this. There is no such end for an
// object in this process.
func tstUndo(t *testing.T) {
	eachQt(t, func(t *testing.T, qt int) {
		s := newStore(t, 1)
		for range 2 {
			peer := s.openIn(qt)
			peer.Must("sem.acquire", "s", nil)
			s.requireValue(t, 0)
			require.NoError(t, peer.End())
			s.requireValue(t, undone)
			if undone == 0 {
				require.NoError(t, s.Release(1))
			}
		}
	})
}

func tstInitialValue(t *testing.T) {
	t.Run("in-one-process", func(t *testing.T) {
		s := newStore(t, 1)
		other := s.openHere(t)
		require.NoError(t, other.Acquire())
		done := s.started(t, other.Acquire)
		stillBlocked(t, done)
		require.NoError(t, s.Release(1))
		require.NoError(t, await(t, done))
		s.requireValue(t, 0)
	})
	eachQt(t, func(t *testing.T, qt int) {
		s := newStore(t, 1)
		first := s.openIn(qt)
		first.Must("sem.acquire", "s", nil)
		require.NoError(t, first.End())
		if undone == 0 {
			require.NoError(t, s.Release(1))
		}

		second := s.openIn(qt)
		second.Must("sem.acquire", "s", nil)
		killBlocked(t, second, second.Async("sem.acquire", "s", nil))
		s.requireValue(t, undone)

		third := s.openIn(qt)
		third.Must("sem.release", "s", nil)
		s.requireValue(t, undone+1)
		require.NoError(t, third.End())
		s.requireValue(t, 1)
	})
}
