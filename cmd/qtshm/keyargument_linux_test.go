//go:build cgo

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// What other tools tell of a segment is as good as its key.
func TestKeyOfWhatIsFound(t *testing.T) {
	bothQts(t, func(t *testing.T, qt int) {
		e := peertest.New(t)
		name := "7é" + e.Name() // no file name tells it
		segmentOf(e, qt, name, []byte("content"))
		segment, lock := files(t, name)
		found := observer.Look(segment)
		key, err := observer.FtokQ(segment)
		require.NoError(t, err)
		native := e.Work + "/key"
		peer := e.Verbs(qt)
		makes(peer, qtbridge.NativeKey(native), 7)
		peer.Do("shm.write", "native:"+native, peertest.Args{"base64": []byte("natives")})

		forms := map[string]string{
			fmt.Sprintf("id:%d", found.ID): "content", fmt.Sprintf("0x%08x", uint32(key)): "content", segment: "content", lock: "content",
			native: "natives", fmt.Sprintf("id:%d", observer.Look(native).ID): "natives",
		}
		for form, content := range forms {
			assert.Equal(t, content, ok(t, "get", form), form)
			assert.Contains(t, ok(t, "info", form), "live", form)
			assert.Contains(t, ok(t, "watch", form, "--count", "1", "--json"), `"size":7`, form)
			refused(t, exitInUse, "attached", "rm", form)
		}
	})
}

func TestKeyOfWhatIsNotFound(t *testing.T) {
	e := peertest.New(t)
	for form, status := range map[string]int{"id:2147483647": exitNotFound, "id:": exitUsage, "id:-1": exitUsage, "id:x": exitUsage, "id:99999999999999999999": exitUsage, "0x51ffffff": exitNotFound} {
		for _, command := range []string{"get", "guess", "info", "watch", "rm", "doctor"} {
			refused(t, status, form, command, form)
		}
	}
	// They are keys where there is no segment to be meant, or one of that name.
	assert.Contains(t, ok(t, "info", "0xdeadbeef"), `setKey("0xdeadbeef")`)
	assert.Contains(t, ok(t, "info", e.Work+"/none"), "setKey(")
	slashed := filepath.Join(e.Work, "file")
	require.NoError(t, os.WriteFile(slashed, nil, 0o600))
	segmentOf(e, 6, slashed, []byte("by setKey"))
	assert.Equal(t, "by setKey", ok(t, "get", slashed))
}

// A file that no Qt program has made for a key is not taken for what a crash has left.
func TestKeyOfOtherFile(t *testing.T) {
	e := peertest.New(t)
	file := filepath.Join(e.Work, "file")
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	for _, path := range []string{file, e.Work} {
		refused(t, exitNotFound, "no empty file", "get", "native:"+path)
	}
	require.NoError(t, os.Truncate(file, 0))
	refused(t, exitNotFound, "as a crash", "get", file)
}

// Of a segment without a key file it is said that no key leads there.
func TestKeyOfLostSegment(t *testing.T) {
	e := peertest.New(t)
	e.LeavesBehind()
	name := e.Name()
	segmentOf(e, 6, name, []byte("content"))
	segment, _ := files(t, name)
	id := observer.Look(segment).ID
	require.NoError(t, os.Rename(segment, filepath.Join(e.Other, "hidden")))
	refused(t, exitNotFound, "no key file", "get", fmt.Sprintf("id:%d", id))
}

// In a pipe nothing is shortened, and COLUMNS says how much there is room for.
func TestLsWidth(t *testing.T) {
	e := peertest.New(t)
	key := qtbridge.NativeKey(e.Work + "/" + strings.Repeat("long", 40))
	makes(e.Verbs(6), key, 5)
	t.Setenv("COLUMNS", "")
	assert.Contains(t, ok(t, "ls"), key.String())
	t.Setenv("COLUMNS", "100")
	assert.NotContains(t, ok(t, "ls"), key.String())
	assert.Contains(t, ok(t, "ls", "--wide"), key.String())
	t.Setenv("COLUMNS", "5")
	assert.Contains(t, ok(t, "ls"), "…")
}

// Names that are not known in full are told apart by the hash of the whole.
func TestLsShortHash(t *testing.T) {
	e := peertest.New(t)
	peer := e.Verbs(6)
	letters := plainName(e)
	for _, name := range []string{letters + "é1", letters + "é2"} {
		makes(peer, qtbridge.QtKey(name), 5)
		segment, _ := files(t, name)
		hash := segment[len(segment)-40:]
		assert.Contains(t, ok(t, "ls", "--wide"), letters+"…"+hash[:6]+" ")
	}
}

func TestLsLimits(t *testing.T) {
	env := peertest.New(t)
	peertest.InOwnIPC(t, func() {
		require.NoError(t, os.WriteFile("/proc/sys/kernel/shmmni", []byte("7"), 0))
		peer := env.Verbs(6)
		makes(peer, qtbridge.QtKey(env.Name()), 5000)
		out := ok(t, "ls", "--limits")
		assert.Regexp(t, `(?m)^shmmni +1 +7 segments$`, out)
		assert.Regexp(t, `(?m)^shmall +2 `, out)
		assert.Regexp(t, `(?m)^shmmax +5000 `, out)
		assert.Regexp(t, `(?m)^semmni +1 `, out)
		assert.Contains(t, ok(t, "ls", "--limits", "--json"), `{"name":"shmmni","what":"segments","used":1,"limit":7}`)
		require.NoError(t, peer.End())
	})
}
