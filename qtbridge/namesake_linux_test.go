//go:build cgo

package qtbridge

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// twins are two keys whose key files have one System V key, and a Qt process that has made
// a segment by the first one.
type twins struct {
	name               string
	theirs, ours       Key
	theirFile, ourFile string
	peer               *peertest.Peer
	raw                observer.Segment
}

// allTwins are twins of each kind of key and Qt of the peer. Either our key files come
// after the segments, surely, or all of them before.
func allTwins(t *testing.T, env *peertest.Env, filesOlder bool) []*twins {
	t.Helper()
	var all []*twins
	files := make(map[string]string)
	for _, qt := range peertest.QtVersions {
		for _, kind := range []string{"setKey", "native"} {
			w := &twins{theirs: QtKey(env.Name()), ours: QtKey(env.Name()), peer: env.Verbs(qt), name: fmt.Sprintf("%s/peer-qt%d/%s", goQt(), qt, kind)}
			if kind == "native" {
				w.theirs, w.ours = nativeKey(env), nativeKey(env)
			}
			w.theirFile, w.ourFile = first(keyFiles(t, w.theirs)), first(keyFiles(t, w.ours))
			files[w.ourFile] = w.theirFile
			all = append(all, w)
			if filesOlder {
				require.NoError(t, os.WriteFile(w.theirFile, nil, 0o640))
			}
		}
	}
	make := func() {
		for _, w := range all {
			create(w.peer, w.theirs, 6, []byte("theirs"))
		}
	}
	if filesOlder {
		env.MakeNamesakes(files)
		make()
	} else {
		make()
		time.Sleep(2 * time.Second) // the kernel tells the second only
		env.MakeNamesakes(files)
	}
	for _, w := range all {
		w.raw = *observer.Look(w.theirFile)
		require.Equal(t, w.raw, *observer.Look(w.ourFile), "no namesakes")
	}
	return all
}

// untouched requires that f, which must fail, changes nothing. Its error names their file.
func (w *twins) untouched(t *testing.T, env *peertest.Env, op string, code Code, f func() error) {
	t.Helper()
	before := traces(t, env)
	err := f()
	assert.Equal(t, before, traces(t, env), "%s has an effect", op)
	assert.Equal(t, "theirs", string(env.Raw(w.theirFile)))
	assert.Contains(t, requireError(t, err, op, w.ours, code).Msg, w.theirFile)
}

// usesFail requires that our key gets at nothing.
func (w *twins) usesFail(t *testing.T, env *peertest.Env) {
	t.Helper()
	w.untouched(t, env, "create", ErrExists, func() error { return second(Create(soon(t), w.ours, 6, ReadWrite)) })
	w.untouched(t, env, "create", ErrExists, func() error { return second(CreateNew(soon(t), w.ours, 6, ReadWrite)) })
	for _, size := range []int{0, 6} {
		w.untouched(t, env, "publish", ErrExists, func() error {
			p, err := NewPublisher(w.ours, PublisherOptions{InPlace: size})
			require.NoError(t, err)
			err = p.Publish(soon(t), []byte("ours"))
			require.NoError(t, p.Close())
			return err
		})
	}
}

func (w *twins) attachesFail(t *testing.T, env *peertest.Env) {
	t.Helper()
	w.untouched(t, env, "attach", ErrBusy, func() error { return second(Attach(soon(t), w.ours, ReadWrite)) })
	w.untouched(t, env, "attach", ErrBusy, func() error { return second(Open(soon(t), w.ours, 6, ReadWrite, nil)) })
	w.untouched(t, env, "watch", ErrBusy, func() error {
		for _, err := range Watch(soon(t), w.ours, WatchOptions{}) {
			return err
		}
		return nil
	})
}

func (w *twins) recoverFails(t *testing.T, env *peertest.Env, key Key, other string) {
	t.Helper()
	before := traces(t, env)
	for _, policy := range []Policy{{}, {DryRun: true}} {
		report, err := Recover(soon(t), key, policy)
		assert.Contains(t, requireError(t, err, "recover", key, ErrBusy).Msg, other)
		assert.Empty(t, report.Actions)
	}
	assert.Equal(t, before, traces(t, env))
}

func paths(files []KeyFile) []string {
	found := []string{}
	for _, f := range files {
		found = append(found, f.Path)
	}
	return found
}

// Our key file was made after the segment: that is not ours.
func TestSegmentOfANamesake(t *testing.T) {
	env := peertest.NewInMemory(t)
	for _, w := range allTwins(t, env, false) {
		t.Run(w.name, func(t *testing.T) {
			state := inspected(t, env, w.ours, Namesake)
			assert.Equal(t, []string{w.theirFile}, paths(state.Segment.Namesakes))
			assert.Equal(t, w.raw.ID, state.Segment.ID)
			assert.Equal(t, []string{w.ourFile}, paths(inspected(t, env, w.theirs, Live).Segment.Namesakes))
			assert.Equal(t, Namesake, listed(t, env, ofFile(w.ourFile)).State.Verdict)
			assert.Equal(t, Live, listed(t, env, ofFile(w.theirFile)).State.Verdict)
			w.usesFail(t, env)
			w.attachesFail(t, env)
			w.recoverFails(t, env, w.ours, w.theirFile)

			t.Log("left behind by a crash")
			w.peer.Kill()
			inspected(t, env, w.ours, Namesake)
			w.usesFail(t, env)
			w.attachesFail(t, env)
			w.recoverFails(t, env, w.ours, w.theirFile)
			require.Equal(t, w.raw.ID, observer.Look(w.theirFile).ID)

			t.Log("what the error tells to do")
			require.NoError(t, os.WriteFile(env.Other+"/new", nil, 0o640))
			require.NoError(t, os.Rename(env.Other+"/new", w.ourFile))
			s := mustCreate(t, w.ours, 4)
			inspected(t, env, w.ours, Live)
			assert.Empty(t, inspected(t, env, w.theirs, Orphaned).Segment.Namesakes)
			require.NoError(t, s.Close())
			assert.Equal(t, "theirs", string(env.Raw(w.theirFile)))
			assert.Contains(t, mustRecover(t, w.theirs).Actions, RemoveSegment)
		})
	}
}

// A segment that was there before the namesake is surely not of that, also if its key file
// got another mode since.
func TestNamesakeOfAnOrphan(t *testing.T) {
	env := peertest.NewInMemory(t)
	for _, w := range allTwins(t, env, false) {
		t.Run(w.name, func(t *testing.T) {
			require.NoError(t, os.Chmod(w.theirFile, 0o600))
			require.NoError(t, mustAttach(t, w.theirs, ReadOnly).Close())
			w.peer.Kill()
			report := mustRecover(t, w.theirs)
			assert.Contains(t, report.Actions, RemoveSegment)
			assert.Nil(t, observer.Look(w.ourFile))
			assert.FileExists(t, w.ourFile)
		})
	}
}

// Both key files were there before the segment: it is anybody's.
func TestSegmentOfOneOfTwoKeys(t *testing.T) {
	env := peertest.NewInMemory(t)
	for _, w := range allTwins(t, env, true) {
		t.Run(w.name, func(t *testing.T) {
			assert.Equal(t, []string{w.theirFile}, paths(inspected(t, env, w.ours, Live).Segment.Namesakes))
			assert.Equal(t, []string{w.ourFile}, paths(inspected(t, env, w.theirs, Live).Segment.Namesakes))
			assert.Equal(t, []string{w.theirFile}, paths(listed(t, env, ofFile(w.ourFile)).State.Segment.Namesakes))
			w.usesFail(t, env)

			s := mustAttach(t, w.ours, ReadOnly) // as Qt does
			content, err := s.Snapshot(soon(t), nil)
			require.NoError(t, err)
			assert.Equal(t, "theirs", string(content))
			require.NoError(t, s.Close())

			t.Log("left behind by a crash")
			w.peer.Kill()
			inspected(t, env, w.ours, Orphaned)
			w.usesFail(t, env)
			w.recoverFails(t, env, w.ours, w.theirFile)
			w.recoverFails(t, env, w.theirs, w.ourFile)
			require.Equal(t, w.raw.ID, observer.Look(w.theirFile).ID)

			t.Log("what the error tells to do")
			require.NoError(t, os.WriteFile(env.Other+"/new", nil, 0o640))
			require.NoError(t, os.Rename(env.Other+"/new", w.ourFile))
			assert.Contains(t, mustRecover(t, w.theirs).Actions, RemoveSegment)
		})
	}
}

// A lock whose key file has a namesake is named, and not removed.
func TestLockOfANamesake(t *testing.T) {
	env := peertest.NewInMemory(t)
	theirs, ours := QtKey(env.Name()), QtKey(env.Name())
	peer := env.Verbs(peertest.QtVersions[0])
	create(peer, theirs, 6, []byte("theirs"))
	_, theirLock := keyFiles(t, theirs)
	_, ourLock := keyFiles(t, ours)
	env.MakeNamesakes(map[string]string{ourLock: theirLock})
	assert.Equal(t, []string{theirLock}, paths(inspected(t, env, ours, Free).Lock.Namesakes))
	assert.Equal(t, []string{ourLock}, paths(inspected(t, env, theirs, Live).Lock.Namesakes))

	peer.Kill()
	id := observer.LookSemaphore(theirLock).ID
	inspected(t, env, ours, Leftover)
	_, err := Recover(soon(t), ours, Policy{})
	assert.Contains(t, requireError(t, err, "recover", ours, ErrBusy).Msg, theirLock)
	assert.Equal(t, id, observer.LookSemaphore(theirLock).ID)
	require.NoError(t, os.Remove(ourLock))
	recovered(t, env, theirs, Policy{}, Free, RemoveSegment, RemoveLock)
}

// An empty file of a directory that no program concerned uses is not a namesake: each has
// the System V key of some segment or other.
func TestEmptyFileIsNoNamesake(t *testing.T) {
	env := peertest.NewInMemory(t)
	key := nativeKey(env)
	peer := env.Verbs(peertest.QtVersions[0])
	create(peer, key, 6, []byte("theirs"))
	elsewhere := env.Other + "/elsewhere"
	require.NoError(t, os.Mkdir(elsewhere, 0o700))
	file, _ := keyFiles(t, key)
	env.MakeNamesakes(map[string]string{elsewhere + "/done": file})
	require.Equal(t, observer.Look(file), observer.Look(elsewhere+"/done"))

	t.Setenv("TMPDIR", elsewhere) // where List and Recover look for Qt's key files
	assert.Empty(t, inspected(t, env, key, Live).Segment.Namesakes)
	assert.Empty(t, listed(t, env, ofFile(file)).State.Segment.Namesakes)
	peer.Kill()
	recovered(t, env, key, Policy{}, Free, RemoveSegment)
}
