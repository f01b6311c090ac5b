//go:build cgo && linux

package qtbridge

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// lettersOnly is a name for a key that its file name tells in full.
func lettersOnly(env *peertest.Env) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, env.Name())
}

// listed requires that List finds one entry that accept likes, and changes
// nothing.
func listed(t *testing.T, env *peertest.Env, accept func(*Entry) bool) Entry {
	t.Helper()
	before := traces(t, env)
	entries, err := List()
	require.NoError(t, err)
	assert.Equal(t, before, traces(t, env), "List has side effects")
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return !accept(&e) })
	require.Len(t, entries, 1)
	return entries[0]
}

// ofFile accepts the entry with a key file.
func ofFile(path string) func(*Entry) bool {
	return func(e *Entry) bool { return e.State.Segment.File.Path == path }
}

// ofSegment accepts the entry with a segment.
func ofSegment(id int) func(*Entry) bool {
	return func(e *Entry) bool { return e.State.Segment.Exists && e.Kind != KindPosix && e.State.Segment.ID == id }
}

// listKeys runs a test for each Qt of the peer and kind of key, with keys that
// file names tell.
func listKeys(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, key Key)) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		if isQtKey(key) {
			key = QtKey(lettersOnly(env))
		}
		test(t, env, qt, key)
	})
}

func TestListAgreesWithInspect(t *testing.T) {
	listKeys(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		creator, reader := env.Verbs(qt), env.VerbsIn(qt, env.Other)
		create(creator, key, 4711, nil)
		attachPeer(reader, key)
		segment, _ := keyFiles(t, key)
		entry := listed(t, env, ofFile(segment))
		want := KindBoth
		if !peerLocks(t, qt, key) {
			want = KindSegment
		}
		assert.Equal(t, want, entry.Kind)
		assert.Equal(t, key, entry.Key)
		assert.Equal(t, key.Name(), entry.Name)
		assert.Equal(t, inspected(t, env, key, Live), entry.State)
		assert.ElementsMatch(t, []int{creator.PID(), reader.PID()}, entry.Users)
		program := fmt.Sprintf("testpeer-qt%d", qt)
		assert.Equal(t, map[int]string{creator.PID(): program, reader.PID(): program}, entry.Programs)
		assert.WithinDuration(t, time.Now(), entry.Made, time.Hour)
		assert.Equal(t, entry.State.Segment.ID, observer.Look(segment).ID)
	})
}

func TestListOrphanedAndLeftover(t *testing.T) {
	listKeys(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		segment, _ := keyFiles(t, key)
		t.Chdir(env.Work) // of a process concerned, for the native key: its creator is gone
		orphan(env, qt, key)
		if key.IsNative() {
			keep := mustCreate(t, NativeKey(env.Work+"/other"), 1) // has this process looked at
			defer keep.Close()
		}
		entry := listed(t, env, ofFile(segment))
		assert.Equal(t, Orphaned, entry.State.Verdict)
		assert.Equal(t, key, entry.Key)
		assert.Empty(t, entry.Users)
		mustRecover(t, key)
		if key.IsNative() {
			return
		}
		staleFiles(t, segment)
		entry = listed(t, env, ofFile(segment))
		assert.Equal(t, KindKeyFile, entry.Kind)
		assert.Equal(t, Leftover, entry.State.Verdict)
	})
}

func TestListJammedAndLocked(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(lettersOnly(env))
		segment, _ := keyFiles(t, key)
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		peer.Must("shm.lock", key.String(), nil)
		assert.Equal(t, Locked, listed(t, env, ofFile(segment)).State.Verdict)
		peer.Must("shm.unlock", key.String(), nil)
		jam(env, qt, key)
		assert.Equal(t, Jammed, listed(t, env, ofFile(segment)).State.Verdict)
		mustRecover(t, key)
		peer.Do("shm.delete", key.String(), nil)
		mustRecover(t, key)
	})
}

// What the file name does not tell is not made up.
func TestListNames(t *testing.T) {
	env := peertest.New(t)
	peer := env.Verbs(6)
	letters := lettersOnly(env)
	for name, want := range map[string]string{letters: letters, "9" + letters + "é": letters + "…", "共享" + env.Name()[:0]: "…"} {
		key := QtKey(name)
		create(peer, key, 5, nil)
		segment, _ := keyFiles(t, key)
		entry := listed(t, env, ofFile(segment))
		assert.Equal(t, want, entry.Name)
		assert.Equal(t, name == want, entry.Key == key)
	}
}

// What it leaves out is found again, if the key has the hash that the name tells.
func TestListFindsKeysAgain(t *testing.T) {
	env := peertest.New(t)
	letters := lettersOnly(env)
	names := []string{letters + "0", letters + "07", letters + "815", letters + "1234", letters + "99999",
		letters[:3] + "7" + letters[3:], letters + "-12", letters[:4] + "_" + letters[4:],
		letters[:4] + "@" + letters[4:], "9" + letters}
	for _, name := range names {
		peer := env.Verbs(6)
		key := QtKey(name)
		create(peer, key, 5, nil)
		segment, _ := keyFiles(t, key)
		entry := listed(t, env, ofFile(segment))
		assert.Equal(t, key, entry.Key)
		assert.Equal(t, name, entry.Name)
		require.NoError(t, peer.End())
	}
}

// A key is also known from the arguments of who uses it.
func TestListFindsKeysInArguments(t *testing.T) {
	env := peertest.New(t)
	name := "é9" + env.Name() + "7x"
	segment, _ := keyFiles(t, QtKey(name))
	writer := env.Start(6, env.Work, "writer", name, "--set-key")
	writer.Line("hello")
	require.Eventually(t, func() bool {
		_, err := os.Stat(segment)
		return err == nil && listed(t, env, ofFile(segment)).State.Segment.Exists
	}, time.Minute, 10*time.Millisecond)
	assert.Equal(t, QtKey(name), listed(t, env, ofFile(segment)).Key)
}

func TestListSemaphoreAlone(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(lettersOnly(env))
		segment, lock := keyFiles(t, key)
		peer := env.Verbs(qt)
		peer.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": 3, "mode": "Create"})
		peer.Must("sem.acquire", "s", nil)
		entry := listed(t, env, ofFile(segment))
		assert.Equal(t, KindSemaphore, entry.Kind)
		assert.Equal(t, key, entry.Key)
		assert.Equal(t, 2, entry.State.Lock.Value)
		assert.Equal(t, peer.PID(), entry.State.Lock.Last.PID)
		assert.Contains(t, entry.Programs, peer.PID())
		assert.WithinDuration(t, time.Now(), entry.Made, time.Hour)

		id := observer.LookSemaphore(lock).ID
		hide(t, env, lock)
		entry = listed(t, env, func(e *Entry) bool { return e.Kind == KindSemaphore && e.State.Lock.ID == id })
		assert.Empty(t, entry.Name)
		assert.Equal(t, 2, entry.State.Lock.Value)
	})
}

// The key files lie where only the peer looks for them.
func TestListLooksWhereThePeerDoes(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := lettersOnly(env)
		base := filepath.Base(first(keyFiles(t, QtKey(name))))
		elsewhere := env.VerbsAs(qt, peertest.WithTMPDIR(env.Other))
		create(elsewhere, QtKey(name), 5, nil)
		native := env.VerbsIn(qt, env.Other)
		create(native, NativeKey("relative"), 6, nil)
		private := env.VerbsAs(qt, peertest.WithPrivate(t, env.Tmp))
		create(private, QtKey(name), 7, nil)

		entry := listed(t, env, ofFile(env.Other+"/"+base))
		assert.Equal(t, QtKey(name), entry.Key)
		assert.EqualValues(t, 5, entry.State.Segment.Size)
		entry = listed(t, env, ofFile(env.Other+"/relative"))
		assert.Equal(t, NativeKey(env.Other+"/relative"), entry.Key)
		assert.EqualValues(t, 6, entry.State.Segment.Size)
		entry = listed(t, env, ofFile(fmt.Sprintf("/proc/%d/root%s/%s", private.PID(), env.Tmp, base)))
		assert.Equal(t, QtKey(name), entry.Key)
		assert.EqualValues(t, 7, entry.State.Segment.Size)
		assert.Equal(t, []int{private.PID()}, entry.Users)
	})
}

func TestListLostKeyFiles(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer := env.Verbs(qt)
		create(peer, key, 5, nil)
		segment, _ := keyFiles(t, key)
		id := observer.Look(segment).ID
		hide(t, env, segment)
		entry := listed(t, env, ofSegment(id))
		assert.Zero(t, entry.Key)
		assert.Equal(t, []int{peer.PID()}, entry.Users)
		assert.Empty(t, entry.State.Segment.File.Path)
		if key.IsNative() {
			assert.Equal(t, Live, entry.State.Verdict, "nothing tells of which key it was")
			assert.Empty(t, entry.Name)
		} else {
			assert.Equal(t, KeyFileLost, entry.State.Verdict)
			beside := listed(t, env, ofFile(segment)) // by the key file of its lock
			assert.Equal(t, KeyFileLost, beside.State.Verdict)
			assert.Equal(t, inspected(t, env, key, KeyFileLost).Strays, beside.State.Strays)
			assert.Equal(t, beside.Name, entry.Name)
		}
	})
}

func TestListAnotherUsersSegment(t *testing.T) {
	listKeys(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer := env.VerbsIn(qt, env.Other)
		create(peer, key, 5, nil)
		segment, _ := keyFiles(t, key)
		id := observer.Look(segment).ID
		var entries []Entry
		var err error
		before := traces(t, env)
		peertest.AsNobody(t, func() { entries, err = List() })
		require.NoError(t, err)
		assert.Equal(t, before, traces(t, env))
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return !ofSegment(id)(&e) })
		require.Len(t, entries, 1)
		assert.Equal(t, Live, entries[0].State.Verdict)
		assert.Equal(t, peer.PID(), entries[0].State.Segment.Creator.PID)
		assert.Equal(t, os.Geteuid(), entries[0].State.Segment.Owner)
	})
}

// No Qt here makes POSIX segments: these are files with the names that Qt 6.8
// was seen to use, which a process maps.
func TestListPosix(t *testing.T) {
	env := peertest.New(t)
	name := lettersOnly(env)
	base := filepath.Base(first(keyFiles(t, QtKey(name))))
	rest := strings.TrimPrefix(base, ipc.SegmentPrefix)
	for _, file := range []string{base, "sem." + ipc.LockPrefix + rest, name, "sem." + name, "sem.other" + name} {
		path := "/dev/shm/" + file
		require.NoError(t, os.WriteFile(path, rawSemaphore(1), 0o600))
		t.Cleanup(func() { require.NoError(t, os.Remove(path)) })
	}
	entry := listed(t, env, ofFile("/dev/shm/"+base))
	assert.Equal(t, KindPosix, entry.Kind)
	assert.Equal(t, name, entry.Name)
	assert.Equal(t, Orphaned, entry.State.Verdict)
	assert.True(t, entry.State.Lock.Exists)
	assert.Equal(t, 1, entry.State.Lock.Value)
	entry = listed(t, env, ofFile("/dev/shm/"+name))
	assert.Equal(t, "/"+name, entry.Name)
	assert.EqualValues(t, 32, entry.State.Segment.Size)

	f, err := os.Open("/dev/shm/" + name)
	require.NoError(t, err)
	defer f.Close()
	data, err := syscall.Mmap(int(f.Fd()), 0, 32, syscall.PROT_READ, syscall.MAP_SHARED)
	require.NoError(t, err)
	entry = listed(t, env, ofFile("/dev/shm/"+name))
	assert.Equal(t, []int{os.Getpid()}, entry.Users)
	assert.Equal(t, Live, entry.State.Verdict)
	require.NoError(t, syscall.Munmap(data))

	entries, err := List()
	require.NoError(t, err)
	assert.False(t, slices.ContainsFunc(entries, func(e Entry) bool { return strings.Contains(e.State.Lock.File.Path, "sem.other") }))
}

// manySegments runs f where there are n segments of a Qt process, with keys of
// both kinds.
func manySegments(t testing.TB, n int, f func()) {
	env := peertest.New(t)
	peertest.InOwnIPC(t, func() {
		peer := env.Verbs(6)
		for i := range n {
			key := QtKey(fmt.Sprintf("%s%d", env.Name(), i))
			if i%10 == 0 {
				key = NativeKey(fmt.Sprintf("key%d", i))
			}
			create(peer, key, 64, nil)
		}
		f()
		require.NoError(t, peer.End())
	})
}

func TestListThousandSegments(t *testing.T) {
	manySegments(t, 1000, func() {
		start := time.Now()
		entries, err := List()
		took := time.Since(start)
		require.NoError(t, err)
		t.Log(took)
		// Key files in /tmp and POSIX segments are there for all namespaces.
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.Kind == KindPosix || !e.State.Segment.Exists })
		require.Len(t, entries, 1000)
		for i := range entries {
			require.Equal(t, Live, entries[i].State.Verdict)
			require.Len(t, entries[i].Users, 1)
		}
		assert.Less(t, took, 10*time.Second, "not a matter of squares")
	})
}

func BenchmarkList(b *testing.B) {
	manySegments(b, 1000, func() {
		for b.Loop() {
			if _, err := List(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Ids of another IPC namespace say nothing about ours.
func TestListIsNotMisledByNamespaces(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(lettersOnly(env))
		segment, _ := keyFiles(t, key)
		other := env.VerbsAs(qt, peertest.InNamespaces(t, syscall.CLONE_NEWIPC))
		peertest.InOwnIPC(t, func() {
			peer := env.Verbs(qt)
			create(peer, key, 5, nil)
			theirs := key
			other.Do("shm.new", "x", nil)
			other.Do("shm.setKey", "x", peertest.Args{"key": theirs.Name()})
			other.Must("shm.create", "x", peertest.Args{"size": 6}) // the first id of its namespace, as ours
			entries, err := List()
			require.NoError(t, err)
			entries = slices.DeleteFunc(entries, func(e Entry) bool { return !ofFile(segment)(&e) })
			require.Len(t, entries, 1)
			assert.Equal(t, []int{peer.PID()}, entries[0].Users)
			require.NoError(t, peer.End())
		})
	})
}

func TestKindsAsText(t *testing.T) {
	assert.Equal(t, "both", KindBoth.String())
	assert.Equal(t, "kind 99", Kind(99).String())
}
