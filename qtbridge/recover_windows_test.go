//go:build cgo

package qtbridge

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// lockValue is what the observer sees of the lock of a key.
func lockValue(t *testing.T, key Key) int {
	t.Helper()
	_, lock := keyFiles(t, key)
	state := observer.LookSemaphore(lock)
	require.NotNil(t, state)
	return state.Value
}

func TestRecoverJammedLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := jamBeside(t, env, qt, key)
		report, err := Recover(soon(t), key, Policy{DryRun: true})
		require.NoError(t, err)
		require.Equal(t, []Action{ResetLock}, report.Actions)
		inspected(t, key, Jammed)
		for _, actions := range [][]Action{{ResetLock}, nil} {
			report, err = Recover(soon(t), key, Policy{})
			require.NoError(t, err)
			require.Equal(t, actions, report.Actions)
			require.Equal(t, Live, report.After.Verdict)
			require.Equal(t, 1, lockValue(t, key))
		}
		require.NoError(t, s.Lock(soon(t)))
		require.NoError(t, s.Unlock())
		peer := holding(env, qt, key)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peer.Must("shm.lock", "m", nil)
	})
}

func TestRecoverBreaksALockOnlyIfTold(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		holder, waiter := holding(env, qt, key), holding(env, qt, key)
		holder.Must("shm.create", "m", peertest.Args{"size": 8})
		waiter.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		holder.Must("shm.lock", "m", nil)
		holder.Kill() // the waiter keeps the semaphore in being
		answer := waiter.Async("shm.lock", "m", nil)

		report, err := Recover(soon(t), key, Policy{})
		e := requireError(t, err, "recover", key, ErrLocked)
		assert.Contains(t, e.Msg, fmt.Sprint(waiter.PID()))
		assert.Contains(t, e.Msg, "BreakLock")
		assert.Empty(t, report.Actions)
		assert.Zero(t, lockValue(t, key))

		report, err = Recover(soon(t), key, Policy{BreakLock: true})
		require.NoError(t, err)
		assert.Equal(t, []Action{ResetLock}, report.Actions)
		require.True(t, (<-answer).OK(), "who waited has the lock")
		assert.Zero(t, lockValue(t, key), "and is alone with it")
		waiter.Must("shm.unlock", "m", nil)
		assert.Equal(t, 1, lockValue(t, key))
	})
}

func TestRecoverBesideOurOwnWaiter(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		s := jamBeside(t, env, qt, key)
		got := make(chan error)
		go func() { got <- s.Lock(soon(t)) }()
		require.ErrorIs(t, s.Lock(within(t, 2*patience)), ErrLocked)
		inspected(t, key, Jammed)
		assert.Equal(t, []Action{ResetLock}, mustRecover(t, key).Actions)
		require.NoError(t, <-got)

		inspected(t, key, Locked)
		report, err := Recover(soon(t), key, Policy{BreakLock: true})
		requireError(t, err, "recover", key, ErrLocked)
		assert.Empty(t, report.Actions, "we hold it")
		require.NoError(t, s.Unlock())
	})
}

func mustRecover(t *testing.T, key Key) Report {
	t.Helper()
	report, err := Recover(soon(t), key, Policy{})
	require.NoError(t, err)
	return report
}

func TestRecoverDoesNotBreakABusyLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := holding(env, qt, key)
		peer.Must("shm.create", "m", peertest.Args{"size": 8})
		answer := peer.Async("shm.count", "m", peertest.Args{"n": 20_000})
		for busy := true; busy; {
			report, err := Recover(soon(t), key, Policy{BreakLock: true})
			require.NoError(t, err)
			require.Empty(t, report.Actions)
			select {
			case r := <-answer:
				require.Zero(t, r.LockFailed)
				busy = false
			default:
			}
		}
		require.Equal(t, 1, lockValue(t, key))
	})
}

func TestManyRecoverAJammedLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		jamBeside(t, env, qt, key)
		var wg sync.WaitGroup
		reports := make([]Report, 8)
		for i := range reports {
			wg.Go(func() {
				var err error
				reports[i], err = Recover(soon(t), key, Policy{BreakLock: i%2 == 0})
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		actions := 0
		for _, report := range reports {
			actions += len(report.Actions)
		}
		assert.Equal(t, 1, actions, "only one of them does it")
		assert.Equal(t, 1, lockValue(t, key))
	})
}

func TestPublisherSetsAJammedLockFree(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		p, err := NewPublisher(key, PublisherOptions{InPlace: 8})
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		require.NoError(t, p.Publish(soon(t), []byte("before")))
		peer := holding(env, qt, key)
		peer.Must("shm.attach", "m", peertest.Args{"mode": "ReadWrite"})
		peer.Must("shm.lock", "m", nil)
		requireError(t, publishWithin(t, p, 2*patience, "no"), "publish", key, ErrLocked)
		peer.Kill()
		require.NoError(t, p.Publish(soon(t), []byte("after")))
		segment, _ := keyFiles(t, key)
		assert.Equal(t, paged([]byte("after")), env.Raw(segment))
		assert.Equal(t, 1, lockValue(t, key))
	})
}
