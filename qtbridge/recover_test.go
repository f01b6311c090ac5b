//go:build cgo && linux

package qtbridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func mustRecover(t *testing.T, key Key) Report {
	t.Helper()
	report, err := Recover(soon(t), key, Policy{})
	require.NoError(t, err)
	return report
}

// recovered requires that Recover does what it should, and once more nothing.
func recovered(t *testing.T, env *peertest.Env, key Key, policy Policy, after Verdict, want ...Action) {
	t.Helper()
	before := inspected(t, env, key, first(Inspect(key)).Verdict)
	dry := policy
	dry.DryRun = true
	report, err := Recover(soon(t), key, dry)
	require.NoError(t, err)
	assert.Equal(t, want, report.Actions)
	assert.Equal(t, before, report.After)
	assert.Equal(t, before, inspected(t, env, key, before.Verdict), "a dry run changes nothing")

	report, err = Recover(soon(t), key, policy)
	require.NoError(t, err)
	assert.Equal(t, before, report.Before)
	assert.Equal(t, want, report.Actions)
	assert.Equal(t, after, report.After.Verdict)
	inspected(t, env, key, after)

	left := traces(t, env)
	report, err = Recover(soon(t), key, policy)
	require.NoError(t, err)
	assert.Empty(t, report.Actions, "a second time")
	assert.Equal(t, left, traces(t, env))
}

// refused requires that Recover ends soon, says why, and changes nothing.
func refused(t *testing.T, env *peertest.Env, key Key, code Code) *Error {
	t.Helper()
	before := traces(t, env)
	start := time.Now()
	report, err := Recover(soon(t), key, Policy{})
	assert.Less(t, time.Since(start), 5*time.Second)
	assert.Empty(t, report.Actions)
	assert.Equal(t, before, traces(t, env))
	return requireError(t, err, "recover", key, code)
}

func TestRecoverOrphaned(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		orphan(env, qt, key)
		if peerLocks(t, qt, key) {
			recovered(t, env, key, Policy{}, Free, RemoveSegment, RemoveLock)
		} else {
			recovered(t, env, key, Policy{}, Free, RemoveSegment)
		}
		assert.Empty(t, env.Files(env.Tmp))
		assert.Empty(t, env.Files(env.Work))
		create(env.Verbs(qt), key, 5, nil) // as if nothing had happened
	})
}

func TestRecoverOrphanedWithoutItsLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		orphan(env, qt, key)
		require.NoError(t, observer.RemoveSemaphore(observer.LookSemaphore(lock).ID))
		staleFiles(t, lock)
		recovered(t, env, key, Policy{}, Free, RemoveSegment, RemoveLock)

		orphan(env, qt, key)
		observer.RemoveAll(lock)
		require.NoError(t, os.Remove(lock))
		recovered(t, env, key, Policy{}, Free, RemoveSegment)
		assert.Empty(t, env.Files(env.Tmp))
	})
}

func TestRecoverKeepsContent(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		orphan(env, qt, key)
		recovered(t, env, key, Policy{KeepContent: true}, Orphaned)
		if isQtKey(key) {
			jam(env, qt, key)
			recovered(t, env, key, Policy{KeepContent: true}, Orphaned, ResetLock)
		}
		assert.Equal(t, "stale", string(env.Raw(first(keyFiles(t, key)))))
		env.LeavesBehind()
	})
}

// The lock that a living process used last stays.
func TestRecoverOrphanedBesideALivingReader(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		creator, reader := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 5, nil)
		attachPeer(reader, key)
		reader.Must("shm.detach", key.String(), nil)
		creator.Kill()
		recovered(t, env, key, Policy{}, Free, RemoveSegment)
		reader.Must("shm.lock", key.String(), nil)
		reader.Must("shm.unlock", key.String(), nil)
		env.LeavesBehind()
	})
}

func TestRecoverJammed(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		_, lock := keyFiles(t, key)
		for _, name := range []string{"alone", "orphaned", "live"} {
			t.Run(name, func(t *testing.T) {
				var peer *peertest.Peer
				switch name {
				case "orphaned":
					orphan(env, qt, key)
				case "live":
					peer = env.Verbs(qt)
					create(peer, key, 5, nil)
				}
				jam(env, qt, key)
				switch name {
				case "alone":
					recovered(t, env, key, Policy{}, Free, RemoveLock)
				case "orphaned":
					recovered(t, env, key, Policy{}, Free, RemoveSegment, RemoveLock)
				case "live":
					id := observer.LookSemaphore(lock).ID
					recovered(t, env, key, Policy{}, Live, ResetLock)
					assert.Equal(t, id, observer.LookSemaphore(lock).ID)
					peer.Must("shm.lock", key.String(), nil)
					peer.Must("shm.unlock", key.String(), nil)
					require.NoError(t, peer.End())
				}
				assert.Empty(t, env.Files(env.Tmp))
			})
		}
	})
}

// A process was killed between making the semaphore, which is 0 then, and setting
// its value: nobody ever took the lock, and nobody gets it.
func TestSemaphoreBornJammed(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		env.LeavesBehind()
		for _, mend := range []func(key Key) error{
			func(key Key) error { _, err := Recover(soon(t), key, Policy{}); return err },
			func(key Key) error { s, err := Create(soon(t), key, 8, ReadWrite); return errors.Join(err, s.Close()) },
		} {
			key := QtKey(env.Name())
			_, lock := keyFiles(t, key)
			require.NoError(t, os.WriteFile(lock, nil, 0o640))
			require.NoError(t, observer.MakeSemaphore(lock))
			state, err := Inspect(key)
			require.NoError(t, err)
			require.Equal(t, Locked, state.Verdict, "it may be just being made")
			time.Sleep(ipc.Fresh + 2*time.Second)
			state, err = Inspect(key)
			require.NoError(t, err)
			require.Equal(t, Jammed, state.Verdict)
			require.NoError(t, mend(key))
			peer := env.Verbs(qt)
			create(peer, key, 8, nil)
			peer.Must("shm.lock", key.String(), nil)
		}
	})
}

// Who waits for a jammed lock gets it.
func TestRecoverJammedWithAWaiter(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		jam(env, qt, key)
		answer := peer.Async("shm.lock", key.String(), nil)
		require.Eventually(t, func() bool { return first(Inspect(key)).Lock.Waiters == 1 }, 20*time.Second, time.Millisecond)
		report, err := Recover(soon(t), key, Policy{})
		require.NoError(t, err, "the waiter has it by now, and keeps it")
		assert.Equal(t, []Action{ResetLock}, report.Actions)
		assert.True(t, (<-answer).OK())
		refused(t, env, key, ErrLocked)
		peer.Must("shm.unlock", key.String(), nil)
	})
}

// A lock that somebody waits for is not removed, even with no segment.
func TestRecoverJammedWithAWaiterAlone(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		jam(env, qt, key)
		_, lock := keyFiles(t, key)
		id := observer.LookSemaphore(lock).ID
		peer := env.Verbs(qt)
		peer.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": 1})
		answer := peer.Async("sem.acquire", "s", nil)
		require.Eventually(t, func() bool { return first(Inspect(key)).Lock.Waiters == 1 }, 20*time.Second, time.Millisecond)
		report, err := Recover(soon(t), key, Policy{})
		if err != nil {
			requireError(t, err, "recover", key, ErrLocked)
		}
		assert.Equal(t, []Action{ResetLock}, report.Actions)
		assert.True(t, (<-answer).OK())
		assert.Equal(t, id, observer.LookSemaphore(lock).ID)
		peer.Must("sem.release", "s", nil)
		require.NoError(t, peer.End())
		recovered(t, env, key, Policy{}, Free, RemoveLock)
	})
}

func TestRecoverLockLost(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		creator, reader := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 5, nil)
		attachPeer(reader, key)
		creator.Do("shm.delete", key.String(), nil) // its destructor takes the lock away
		recovered(t, env, key, Policy{}, Live, MakeLock)
		s := mustAttach(t, key, ReadWrite)
		require.NoError(t, s.Lock(soon(t)))
		answer := reader.Async("shm.lock", key.String(), nil)
		require.Eventually(t, func() bool { return first(Inspect(key)).Lock.Waiters == 1 }, 20*time.Second, time.Millisecond)
		require.NoError(t, s.Unlock())
		assert.True(t, (<-answer).OK())
		require.NoError(t, reader.End())
		require.NoError(t, s.Close())
		env.LeavesBehind() // the lock belongs to nobody
	})
}

func TestRecoverLeftover(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		peer.Must("shm.detach", key.String(), nil)
		recovered(t, env, key, Policy{}, Free) // the lock is the peer's
		assert.NotNil(t, observer.LookSemaphore(lock))
		peer.Kill()
		recovered(t, env, key, Policy{}, Free, RemoveLock)

		require.NoError(t, os.WriteFile(lock, nil, 0o640))
		recovered(t, env, key, Policy{}, Free) // somebody may be about to use it
		staleFiles(t, lock)
		recovered(t, env, key, Policy{}, Free, RemoveLock)
		staleFiles(t, segment)
		recovered(t, env, key, Policy{}, Free, RemoveKeyFile)
		staleFiles(t, segment, lock)
		recovered(t, env, key, Policy{}, Free, RemoveKeyFile, RemoveLock)
		assert.Empty(t, env.Files(env.Tmp))
	})
}

func TestRecoverLeavesFilesOfOthersAlone(t *testing.T) {
	env := peertest.New(t)
	own := env.Work + "/precious"
	for _, content := range []string{"", "data"} {
		require.NoError(t, os.WriteFile(own, []byte(content), 0o600))
		recovered(t, env, NativeKey(own), Policy{}, Free)
	}
	orphan(env, peertest.QtVersions[0], NativeKey(own))
	recovered(t, env, NativeKey(own), Policy{}, Free, RemoveSegment)
	data, err := os.ReadFile(own)
	require.NoError(t, err, "Qt would have deleted it")
	assert.Equal(t, "data", string(data))

	key := QtKey(env.Name())
	segment, _ := keyFiles(t, key)
	require.NoError(t, os.WriteFile(segment, []byte("data"), 0o600))
	recovered(t, env, key, Policy{}, Free)
}

func TestRecoverLeavesTheLivingAlone(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		creator, reader := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 5, []byte("hello"))
		attachPeer(reader, key)
		recovered(t, env, key, Policy{}, Live)
		creator.Kill()
		recovered(t, env, key, Policy{}, Live)
		assert.Equal(t, "hello", string(reader.Do("shm.read", key.String(), nil).Bytes()))
		env.LeavesBehind()
	})
}

func TestRecoverRefusesWhileALivingProcessHoldsTheLock(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, state := range []string{"live", "orphaned", "alone"} {
			key := QtKey(env.Name())
			holder := env.Verbs(qt)
			switch state {
			case "live":
				create(holder, key, 5, nil)
			case "orphaned":
				orphan(env, qt, key)
			}
			holder.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": 1})
			holder.Must("sem.acquire", "s", nil)
			e := refused(t, env, key, ErrLocked)
			assert.Contains(t, e.Msg, fmt.Sprint(holder.PID()))
			holder.Must("sem.release", "s", nil)
			require.NoError(t, holder.End())
			mustRecover(t, key)
			assert.Empty(t, env.Files(env.Tmp), state)
		}
	})
}

func TestRecoverRefusesWhatOnlyDetachingHelps(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		old, fresh := env.Verbs(qt), env.Verbs(qt)
		create(old, key, 5, nil)
		segment, _ := keyFiles(t, key)
		hide(t, env, segment)
		e := refused(t, env, key, ErrBusy)
		assert.Contains(t, e.Msg, fmt.Sprint(old.PID()))
		create(fresh, key, 5, nil)
		if isQtKey(key) {
			old.Must("shm.lock", key.String(), nil)
			old.Must("shm.unlock", key.String(), nil)
		}
		e = refused(t, env, key, ErrBusy)
		assert.Regexp(t, fmt.Sprintf("first .*process %d; .*process %d;", fresh.PID(), old.PID()), e.Msg)
		fresh.Do("shm.detach", key.String(), nil)
		old.Do("shm.detach", key.String(), nil)
		recovered(t, env, key, Policy{}, Free)
		create(env.Verbs(qt), key, 5, nil)
	})
}

func TestRecoverRefusesWhileTheOldLockIsInUse(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		_, lock := keyFiles(t, key)
		hide(t, env, lock)
		e := refused(t, env, key, ErrBusy)
		assert.Contains(t, e.Msg, fmt.Sprint(peer.PID()))
		peer.Do("shm.delete", key.String(), nil)
		inspected(t, env, key, Free)
	})
}

func TestRecoverAnotherUsersThings(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		orphan(env, qt, key)
		recoverAsNobody := func() {
			t.Helper()
			before := traces(t, env)
			for _, dry := range []bool{true, false} {
				var err error
				peertest.AsNobody(t, func() { _, err = Recover(t.Context(), key, Policy{DryRun: dry}) })
				e := requireError(t, err, "recover", key, ErrPermission)
				assert.Contains(t, e.Msg, "user 0")
			}
			assert.Equal(t, before, traces(t, env))
		}
		recoverAsNobody()
		mustRecover(t, key)
		if isQtKey(key) {
			segment, _ := keyFiles(t, key)
			staleFiles(t, segment)
			recoverAsNobody()
		}
	})
}

// helperEnv names the key for a test binary that is started to recover it.
const helperEnv = "QTBRIDGE_TEST_RECOVER"

// outcome is what a helper prints.
type outcome struct {
	Actions []Action
	After   Verdict
	Err     string
}

func recoverOnce(key Key) outcome {
	report, err := Recover(context.Background(), key, Policy{})
	o := outcome{Actions: report.Actions, After: report.After.Verdict}
	if err != nil {
		o.Err = err.Error()
	}
	return o
}

// Ten goroutines and three processes at once come to the same end, and all is
// done once.
func TestManyRecoverAtOnce(t *testing.T) {
	if text := os.Getenv(helperEnv); text != "" {
		helpRecovering(t, text)
		return
	}
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		var helpers []*peertest.Process
		for range 3 {
			helpers = append(helpers, env.StartSelf("TestManyRecoverAtOnce", helperEnv+"="+key.String()))
		}
		for round := range 6 {
			orphan(env, qt, key)
			want := []Action{RemoveSegment}
			if peerLocks(t, qt, key) {
				want = append(want, RemoveLock)
				if round%2 == 1 && isQtKey(key) {
					jam(env, qt, key)
				}
			}
			var mu sync.Mutex
			var wg sync.WaitGroup
			var done []Action
			note := func(o outcome) {
				mu.Lock()
				defer mu.Unlock()
				assert.Empty(t, o.Err)
				assert.Equal(t, Free, o.After)
				done = append(done, o.Actions...)
			}
			for _, helper := range helpers {
				wg.Go(func() { note(ask(t, helper)) })
			}
			for range 10 {
				wg.Go(func() { note(recoverOnce(key)) })
			}
			wg.Wait()
			require.Equal(t, want, done)
			require.Empty(t, env.Files(env.Tmp))
			require.Empty(t, env.Files(env.Work))
		}
	})
}

// helpRecovering recovers once for each line of stdin.
func helpRecovering(t *testing.T, text string) {
	key, err := ParseKey(text)
	require.NoError(t, err)
	var line string
	for {
		if _, err := fmt.Scanln(&line); err != nil {
			return
		}
		answer, err := json.Marshal(recoverOnce(key))
		require.NoError(t, err)
		fmt.Printf("\n%s\n", answer)
	}
}

func ask(t *testing.T, helper *peertest.Process) (o outcome) {
	helper.Line("recover")
	for {
		line, err := helper.ReadLine()
		if !assert.NoError(t, err) {
			return o
		}
		if strings.HasPrefix(string(line), "{") {
			assert.NoError(t, json.Unmarshal(line, &o))
			return o
		}
	}
}

// A program that recovers again and again does not disturb others at work.
func TestRecoverBesideAWorkingProgram(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		args := []string{"writer", key.Name()}
		if isQtKey(key) {
			args = append(args, "--set-key")
		}
		writer := env.Start(qt, env.Work, args...)
		ctx, stop := context.WithCancel(soon(t))
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for ctx.Err() == nil {
					report, err := Recover(context.Background(), key, Policy{})
					if err != nil && !errors.Is(err, ErrLocked) {
						assert.NoError(t, err)
					}
					assert.Empty(t, report.Actions)
				}
			})
		}
		defer time.AfterFunc(20*time.Second, writer.Kill).Stop()
		for i := range 300 {
			writer.Line(fmt.Sprint("id-", i))
			line, err := writer.ReadLine()
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("id-", i), string(line), "each create() succeeded")
		}
		stop()
		wg.Wait()
		require.NoError(t, writer.End())
		assert.Empty(t, env.Files(env.Tmp))
	})
}

func TestRecoverWaitsForItsTurn(t *testing.T) {
	env := peertest.New(t)
	key := NativeKey(env.Work + "/key")
	orphan(env, peertest.QtVersions[0], key)
	dir, err := os.Open(env.Work)
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(int(dir.Fd()), syscall.LOCK_EX))
	_, err = Recover(within(t, 30*time.Millisecond), key, Policy{})
	requireError(t, err, "recover", key, ErrBusy)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = Recover(t.Context(), key, Policy{})
	requireError(t, err, "recover", key, ErrBusy)

	time.AfterFunc(50*time.Millisecond, func() { _ = dir.Close() })
	recovered(t, env, key, Policy{}, Free, RemoveSegment)
}
