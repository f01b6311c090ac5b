//go:build cgo && linux

package qtbridge

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// traces is all that there is in a test's place, as the kernel tells it: files,
// and the lines of /proc/sysvipc of what hangs on them, with their times.
func traces(t *testing.T, env *peertest.Env) []string {
	t.Helper()
	var found []string
	var tables []string
	for _, name := range []string{"shm", "sem"} {
		table, err := os.ReadFile("/proc/sysvipc/" + name)
		require.NoError(t, err)
		tables = append(tables, strings.Split(string(table), "\n")...)
	}
	require.NoError(t, filepath.WalkDir(filepath.Dir(env.Tmp), func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		found = append(found, fmt.Sprint(path, info.Mode(), info.Size(), info.ModTime()))
		key, err := observer.FtokQ(path)
		require.NoError(t, err)
		for _, line := range tables {
			if fields := strings.Fields(line); len(fields) > 0 && fields[0] == strconv.Itoa(key) && !entry.IsDir() {
				found = append(found, line)
			}
		}
		return nil
	}))
	for _, semaphore := range semaphoresIn(t, env) {
		found = append(found, fmt.Sprint(*semaphore))
	}
	return found
}

func semaphoresIn(t *testing.T, env *peertest.Env) []*observer.Semaphore {
	t.Helper()
	var found []*observer.Semaphore
	for _, name := range env.Files(env.Tmp) {
		if semaphore := observer.LookSemaphore(env.Tmp + "/" + name); semaphore != nil {
			found = append(found, semaphore)
		}
	}
	return found
}

// inspected requires that Inspect comes to a verdict and leaves all as it was.
func inspected(t *testing.T, env *peertest.Env, key Key, want Verdict) State {
	t.Helper()
	before := traces(t, env)
	var state State
	for range 20 {
		var err error
		state, err = Inspect(key)
		require.NoError(t, err)
		require.Equal(t, want, state.Verdict, "%+v", state)
		require.Equal(t, key, state.Key)
	}
	require.Equal(t, before, traces(t, env), "Inspect has side effects")
	return state
}

func isQtKey(key Key) bool { return !key.IsNative() }

// jam has a Qt process take the lock for good: one that resets it to 0, which
// makes the kernel forget to give it back, and crashes.
func jam(env *peertest.Env, qt int, key Key) {
	peer := env.Verbs(qt)
	peer.Do("sem.new", "jam", peertest.Args{"key": key.Name(), "initial": 0, "mode": "Create"})
	peer.Kill()
}

// hide moves a key file to where nobody looks for it. Deleted, its inode could
// be given to the next file, and with it the System V key.
func hide(t *testing.T, env *peertest.Env, path string) {
	t.Helper()
	dir := filepath.Join(filepath.Dir(env.Tmp), "hidden")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.Rename(path, filepath.Join(dir, filepath.Base(path))))
}

// staleFiles makes key files and waits until no process can be about to use them.
func staleFiles(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		require.NoError(t, os.WriteFile(path, nil, 0o640))
	}
	time.Sleep(ipc.Fresh + 50*time.Millisecond)
}

func TestInspectFree(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		state := inspected(t, env, key, Free)
		segment, lock := keyFiles(t, key)
		assert.Equal(t, segment, state.Segment.File.Path)
		if isQtKey(key) {
			assert.Equal(t, lock, state.Lock.File.Path)
		} else {
			assert.Zero(t, state.Lock.File, "it is the segment's")
		}
		assert.Zero(t, state.Segment.SegmentFacts)

		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		peer.Must("shm.detach", key.String(), nil)
		state = inspected(t, env, key, Free)
		assert.Equal(t, isQtKey(key), state.Lock.Exists, "the semaphore stays with its object, and that of a native key without its file")
	})
}

func TestInspectLeftover(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		staleFiles(t, segment)
		want := Leftover
		if key.IsNative() {
			want = Free // an empty file can be anybody's
		}
		state := inspected(t, env, key, want)
		assert.True(t, state.Segment.File.Plain)
		assert.Equal(t, os.Geteuid(), state.Segment.File.Owner)
		require.NoError(t, os.Remove(segment))
		if key.IsNative() {
			return
		}
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		peer.Must("shm.detach", key.String(), nil)
		peer.Kill()
		state = inspected(t, env, key, Leftover)
		assert.Equal(t, Process{PID: peer.PID()}, state.Lock.Last)
		env.LeavesBehind()
	})
}

func TestInspectLive(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		creator, reader := env.Verbs(qt), env.Verbs(qt)
		create(creator, key, 4711, nil)
		attachPeer(reader, key)
		segment, lock := keyFiles(t, key)
		raw, ipc := observer.Look(segment), first(observer.FtokQ(segment))

		state := inspected(t, env, key, Live)
		facts := SegmentFacts{
			IPCKey: int32(ipc), ID: raw.ID, Size: 4711, Mode: 0o600, Owner: os.Geteuid(), Attached: 2,
			Creator: Process{PID: creator.PID(), Alive: true}, Last: Process{PID: reader.PID(), Alive: true},
		}
		assert.Equal(t, facts, state.Segment.SegmentFacts)
		assert.Empty(t, state.Strays)
		if !peerLocks(t, qt, key) {
			assert.Zero(t, state.Lock)
		} else {
			assert.Equal(t, LockState{
				File: state.Lock.File, Exists: true, IPCKey: int32(first(observer.FtokQ(lock))),
				ID: observer.LookSemaphore(lock).ID, Value: 1, Mode: 0o600, Owner: os.Geteuid(),
				Last: Process{PID: reader.PID(), Alive: true},
			}, state.Lock)
		}

		creator.Kill()
		state = inspected(t, env, key, Live)
		assert.False(t, state.Segment.Creator.Alive)
		assert.Equal(t, 1, state.Segment.Attached)
		env.LeavesBehind() // the semaphore of the killed process
	})
}

func TestInspectOrphaned(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		for _, end := range []string{"kill", "_exit"} {
			peer := env.Verbs(qt)
			create(peer, key, 5, nil)
			peer.Do(end, "", nil)
			_ = peer.End()
			state := inspected(t, env, key, Orphaned)
			assert.Equal(t, Process{PID: peer.PID()}, state.Segment.Creator)
			assert.Zero(t, state.Segment.Attached)
			mustRecover(t, key)
		}
	})
}

func TestInspectLocked(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		holder, waiter := env.Verbs(qt), env.Verbs(qt)
		create(holder, key, 5, nil)
		attachPeer(waiter, key)
		holder.Must("shm.lock", key.String(), nil)
		answer := waiter.Async("shm.lock", key.String(), nil)
		require.Eventually(t, func() bool { return first(Inspect(key)).Lock.Waiters == 1 }, 20*time.Second, time.Millisecond)
		state := inspected(t, env, key, Locked)
		assert.Zero(t, state.Lock.Value)
		assert.Equal(t, Process{PID: holder.PID(), Alive: true}, state.Lock.Last)
		holder.Must("shm.unlock", key.String(), nil)
		assert.True(t, (<-answer).OK())
		waiter.Must("shm.unlock", key.String(), nil)
		inspected(t, env, key, Live)
	})
}

func TestInspectJammed(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		jam(env, qt, key)
		state := inspected(t, env, key, Jammed)
		assert.False(t, state.Lock.Last.Alive)
		assert.Equal(t, 1, state.Segment.Attached)
		peer.Kill()
		inspected(t, env, key, Jammed) // although it is orphaned as well
		env.LeavesBehind()
	})
}

func TestInspectLockLost(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		_, lock := keyFiles(t, key)
		id := observer.LookSemaphore(lock).ID

		hide(t, env, lock)
		state := inspected(t, env, key, LockLost)
		assert.Equal(t, []int{id}, state.Lock.Strays, "the peer goes on with it")

		require.NoError(t, observer.RemoveSemaphore(id))
		state = inspected(t, env, key, LockLost)
		assert.Empty(t, state.Lock.Strays)
		require.NoError(t, os.WriteFile(lock, nil, 0o640))
		inspected(t, env, key, LockLost)
	})
}

func TestInspectKeyFileLost(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		creator, reader := env.Verbs(qt), env.VerbsIn(qt, env.Other)
		create(creator, key, 4711, nil)
		attachPeer(reader, key)
		segment, _ := keyFiles(t, key)
		id := observer.Look(segment).ID
		hide(t, env, segment)

		check := func() {
			t.Helper()
			state := inspected(t, env, key, KeyFileLost)
			require.Len(t, state.Strays, 1)
			stray := state.Strays[0]
			assert.Equal(t, id, stray.ID)
			assert.EqualValues(t, 4711, stray.Size)
			assert.ElementsMatch(t, []int{creator.PID(), reader.PID()}, stray.Users)
			if key.IsNative() {
				assert.Equal(t, SameDirectory, stray.Evidence)
			} else {
				assert.Equal(t, UsedLock, stray.Evidence)
			}
		}
		check()
		require.NoError(t, os.WriteFile(segment, nil, 0o640))
		check() // a file with another inode does not help
	})
}

// Where nothing links a stray to the key, it is not blamed on it.
func TestInspectDoesNotBlameOthersSegments(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		// One process with segments of three keys, two of them of another kind,
		// in directories that Inspect would not look into for itself.
		peer := env.VerbsIn(qt, env.Other)
		keys := []Key{NativeKey(env.Work + "/key"), QtKey(env.Name()), NativeKey(env.Other + "/key")}
		for _, key := range keys {
			create(peer, key, 5, nil)
		}
		for _, key := range keys {
			inspected(t, env, key, Live)
		}
		inspected(t, env, QtKey(env.Name()), Free)
		// A native key whose users run elsewhere: known to be missed.
		segment, _ := keyFiles(t, keys[0])
		hide(t, env, segment)
		inspected(t, env, keys[0], Free)
		inspected(t, env, keys[1], Live)
	})
}

func TestInspectSplit(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		old, fresh := env.Verbs(qt), env.Verbs(qt)
		create(old, key, 5, nil)
		segment, _ := keyFiles(t, key)
		stray := observer.Look(segment).ID
		hide(t, env, segment)
		create(fresh, key, 6, nil)
		state := inspected(t, env, key, Split) // idle as both are
		if isQtKey(key) {
			assert.Equal(t, SameProgram, state.Strays[0].Evidence)
			old.Must("shm.lock", key.String(), nil)
			old.Must("shm.unlock", key.String(), nil)
			state = inspected(t, env, key, Split)
			assert.Equal(t, UsedLock, state.Strays[0].Evidence)
		}
		assert.EqualValues(t, 6, state.Segment.Size)
		require.Len(t, state.Strays, 1)
		assert.Equal(t, stray, state.Strays[0].ID)
		assert.Equal(t, []int{old.PID()}, state.Strays[0].Users)
	})
}

// A writer that makes a new segment each time, while a reader stays with the
// old one.
func TestInspectSplitByItsCreator(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		writer, reader := env.VerbsIn(qt, env.Other), env.VerbsIn(qt, env.Other)
		create(writer, key, 5, nil)
		attachPeer(reader, key)
		segment, _ := keyFiles(t, key)
		hide(t, env, segment)
		writer.Do("shm.delete", key.String(), nil)
		create(writer, key, 6, nil)
		state := inspected(t, env, key, Split)
		require.Len(t, state.Strays, 1)
		assert.Equal(t, SameCreator, state.Strays[0].Evidence)
		assert.Equal(t, []int{reader.PID()}, state.Strays[0].Users)
	})
}

func TestInspectAnotherUsersSegment(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer := env.Verbs(qt)
		create(peer, key, 4711, nil)
		for _, want := range []Verdict{Live, Orphaned} {
			mine := inspected(t, env, key, want)
			var others State
			var err error
			before := traces(t, env)
			peertest.AsNobody(t, func() { others, err = Inspect(key) })
			require.NoError(t, err)
			assert.Equal(t, before, traces(t, env))
			if peerLocks(t, qt, key) {
				assert.Equal(t, -1, others.Lock.Value)
				mine.Lock.Value, mine.Lock.Last = -1, Process{Alive: true}
			}
			assert.Equal(t, mine, others, "/proc tells everybody")
			peer.Kill()
		}
		env.LeavesBehind()
	})
}

func TestInspectWhereNothingCanBeTold(t *testing.T) {
	env := peertest.New(t)
	hidden := NativeKey(env.Work + "/hidden/key")
	require.NoError(t, os.Mkdir(env.Work+"/hidden", 0o700))
	var state State
	var err error
	peertest.AsNobody(t, func() { state, err = Inspect(hidden) })
	requireError(t, err, "inspect", hidden, ErrPermission)
	assert.Equal(t, Unclear, state.Verdict)

	for _, key := range []Key{{}, NativeKey("/etc/passwd/key"), QtKey("a\x00"), NativeKey(env.Work + "/" + strings.Repeat("a", 256))} {
		state, err := Inspect(key)
		requireError(t, err, "inspect", key, ErrKey)
		assert.Equal(t, Unclear, state.Verdict)
		_, err = Recover(soon(t), key, Policy{})
		requireError(t, err, "recover", key, ErrKey)
	}
	for _, key := range []Key{NativeKey(env.Work), NativeKey("/etc/passwd"), NativeKey(env.Work + "/none/key")} {
		inspected(t, env, key, Free)
	}
}

// Our own Segments look like those of any other process.
func TestInspectOneself(t *testing.T) {
	env := peertest.New(t)
	for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Work + "/key")} {
		s := mustCreate(t, key, 5)
		state := inspected(t, env, key, Live)
		assert.Equal(t, os.Getpid(), state.Segment.Creator.PID)
		if s.Lockable() {
			require.NoError(t, s.Lock(soon(t)))
			inspected(t, env, key, Locked)
		}
		require.NoError(t, s.Close())
		inspected(t, env, key, Free)
	}
}

func TestVerdictsAndTheLikeAsText(t *testing.T) {
	assert.Equal(t, "lock jammed", Jammed.String())
	assert.Equal(t, "verdict 99", Verdict(99).String())
	assert.Equal(t, "evidence -1", Evidence(-1).String())
	assert.Contains(t, UsedLock.String(), "lock")
	assert.Contains(t, RemoveSegment.String(), "segment")
	assert.Equal(t, "action 0", Action(0).String())
}

func BenchmarkInspect(b *testing.B) {
	for _, name := range []string{"setKey", "native"} {
		b.Run(name, func(b *testing.B) {
			env := peertest.New(b)
			key := QtKey(env.Name())
			if name == "native" {
				key = NativeKey(env.Work + "/key")
			}
			mustCreate(b, key, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Inspect(key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
