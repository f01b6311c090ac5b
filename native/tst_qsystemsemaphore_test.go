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

// What Qt's own tst_QSystemSemaphore of 5.15, 6.4 and 6.8 tests, function by function
// under Qt's names. Where Qt's start helper processes there are rows for Qt
// processes (testpeer) and, as far as it can be done, one for another object in
// this process. None of Qt's functions is skipped on Linux. The keys are of setKey(),
// and where Qt has QNativeIpcKey then of each type, as in 6.8.
func TestTstQSystemSemaphore(t *testing.T) {
	t.Run("key", tstSemaphoreKey)
	tstSemaphores(t, setKeyStores{})
	eachKeyType(t, SystemSemaphoreIsKeyTypeSupported, func(t *testing.T, row keyTypeRow) {
		t.Run("nativeKey", func(t *testing.T) { tstSemaphoreNativeKey(t, row) })
		t.Run("changeKeyType", func(t *testing.T) { tstSemaphoreChangeKeyType(t, row) })
		tstSemaphores(t, nativeStores{row})
	})
}

// tstSemaphores are the functions for keys of any type.
func tstSemaphores(t *testing.T, of stores) {
	for name, test := range map[string]func(*testing.T, stores){
		"basicacquire": tstBasicAcquire, "complexacquire": tstComplexAcquire, "release": tstRelease,
		"twoSemaphores": tstTwoSemaphores, "basicProcesses": tstBasicProcesses, "processes": tstProcesses,
		"undo": tstUndo, "initialValue": tstInitialValue,
	} {
		t.Run(name, func(t *testing.T) { test(t, of) })
	}
}

// store is a semaphore that others use as well.
type store struct {
	*SystemSemaphore
	value  func() int // as the observer sees it; nil if it cannot
	undone int        // what the kernel undoes of 1 that a process took or gave

	openHere func(*testing.T) *SystemSemaphore // with another object in this process
	openIn   func(qt int) *peertest.Peer       // in a new Qt process, as Qt's helper does
}

// stores are semaphores with keys of one kind.
type stores interface {
	make(t *testing.T, initial int) store
	eachQt(t *testing.T, test func(t *testing.T, qt int)) // that has such keys
}

// setKeyStores are those of setKey().
type setKeyStores struct{}

func (setKeyStores) eachQt(t *testing.T, test func(t *testing.T, qt int)) { eachQt(t, test) }

func (setKeyStores) make(t *testing.T, initial int) store {
	t.Helper()
	env := peertest.New(t)
	s := newSemaphore(t, env.Name(), initial, Create)
	require.NoError(t, s.Err())
	file := semaphorePlace(t, env, s.Key())
	return store{
		SystemSemaphore: s, undone: undone,
		value:    func() int { return observer.LookSemaphore(file).Value },
		openHere: func(t *testing.T) *SystemSemaphore { return newSemaphore(t, s.Key(), 0, Open) },
		openIn: func(qt int) *peertest.Peer {
			peer := env.Verbs(qt)
			peer.Do("sem.new", "s", peertest.Args{"key": s.Key()})
			return peer
		},
	}
}

// requireValue requires what the observer sees.
func (s store) requireValue(t *testing.T, want int) {
	t.Helper()
	if s.value != nil {
		require.Equal(t, want, s.value())
	}
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

func tstBasicAcquire(t *testing.T, of stores) {
	s := of.make(t, 1)
	s.takeAndGive(t, "ar")
	s.requireValue(t, 1)
}

func tstComplexAcquire(t *testing.T, of stores) {
	s := of.make(t, 2)
	s.takeAndGive(t, "araraarr")
	s.requireValue(t, 2)
}

func tstRelease(t *testing.T, of stores) {
	s := of.make(t, 0)
	s.takeAndGive(t, "rraarr")
	s.requireValue(t, 2)
}

func tstTwoSemaphores(t *testing.T, of stores) {
	s := of.make(t, 1)
	other := s.openHere(t)
	for range 2 {
		require.NoError(t, s.Acquire())
		require.NoError(t, other.Release(1))
	}
	s.requireValue(t, 1)
}

func tstBasicProcesses(t *testing.T, of stores) {
	t.Run("in-one-process", func(t *testing.T) {
		s := of.make(t, 0)
		done := s.started(t, s.openHere(t).Acquire)
		stillBlocked(t, done)
		require.NoError(t, s.Release(1))
		require.NoError(t, await(t, done))
		s.requireValue(t, 0)
	})
	of.eachQt(t, func(t *testing.T, qt int) {
		t.Run("killed", func(t *testing.T) {
			s := of.make(t, 0)
			acquirer := s.openIn(qt)
			killBlocked(t, acquirer, acquirer.Async("sem.acquire", "s", nil))
			s.requireValue(t, 0)

			releaser := s.openIn(qt)
			releaser.Must("sem.release", "s", nil)
			s.requireValue(t, 1)
			require.NoError(t, releaser.End())
			s.requireValue(t, 1-s.undone) // SEM_UNDO takes back what it released
		})
		t.Run("released", func(t *testing.T) {
			s := of.make(t, 0)
			acquirer := s.openIn(qt)
			answer := acquirer.Async("sem.acquire", "s", nil)
			stillBlocked(t, answer)
			require.NoError(t, s.Release(1))
			require.True(t, await(t, answer).OK())
			s.requireValue(t, 0)
		})
	})
}

func tstProcesses(t *testing.T, of stores) {
	for name, n := range map[string]int{"1 process": 1, "3 processes": 3, "10 processes": 10} {
		t.Run(name, func(t *testing.T) {
			t.Run("in-one-process", func(t *testing.T) {
				s := of.make(t, 1)
				s.eachTakesAndGives(t, n, func() func() error {
					other := s.openHere(t)
					return func() error { return errors.Join(other.Acquire(), other.Release(1)) }
				})
			})
			of.eachQt(t, func(t *testing.T, qt int) {
				s := of.make(t, 1)
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
func tstUndo(t *testing.T, of stores) {
	of.eachQt(t, func(t *testing.T, qt int) {
		s := of.make(t, 1)
		for range 2 {
			peer := s.openIn(qt)
			peer.Must("sem.acquire", "s", nil)
			s.requireValue(t, 0)
			require.NoError(t, peer.End())
			s.requireValue(t, s.undone)
			if s.undone == 0 {
				require.NoError(t, s.Release(1))
			}
		}
	})
}

func tstInitialValue(t *testing.T, of stores) {
	t.Run("in-one-process", func(t *testing.T) {
		s := of.make(t, 1)
		other := s.openHere(t)
		require.NoError(t, other.Acquire())
		done := s.started(t, other.Acquire)
		stillBlocked(t, done)
		require.NoError(t, s.Release(1))
		require.NoError(t, await(t, done))
		s.requireValue(t, 0)
	})
	of.eachQt(t, func(t *testing.T, qt int) {
		s := of.make(t, 1)
		first := s.openIn(qt)
		first.Must("sem.acquire", "s", nil)
		require.NoError(t, first.End())
		if s.undone == 0 {
			require.NoError(t, s.Release(1))
		}

		second := s.openIn(qt)
		second.Must("sem.acquire", "s", nil)
		killBlocked(t, second, second.Async("sem.acquire", "s", nil))
		s.requireValue(t, s.undone)

		third := s.openIn(qt)
		third.Must("sem.release", "s", nil)
		s.requireValue(t, s.undone+1)
		require.NoError(t, third.End())
		s.requireValue(t, 1)
	})
}
