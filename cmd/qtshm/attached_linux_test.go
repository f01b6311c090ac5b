//go:build cgo && linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
	"qtinterop/qtbridge"
)

// Without any file nothing tells the name, but that there is a segment nobody finds.
func TestDoctorNoKeyFile(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		env.LeavesBehind()
		key := qtbridge.QtKey(env.Name())
		peer := env.Verbs(qt)
		makes(peer, key, 5)
		peer.Must("shm.lock", key.String(), nil)
		peer.Must("shm.unlock", key.String(), nil)
		segment, lock, err := key.KeyFiles()
		require.NoError(t, err)
		for _, file := range []string{segment, lock} {
			require.NoError(t, os.Rename(file, filepath.Join(env.Other, filepath.Base(file))))
		}
		for _, args := range [][]string{{key.String()}, {key.String(), peerFlag(peer)}} {
			f := found(t, args, "no-key-file")
			assert.Equal(t, []int{peer.PID()}, f[0].PIDs)
			assert.Contains(t, f[0].Text, fmt.Sprint(peer.PID()))
		}
		peertest.InOwnIPC(t, func() { found(t, []string{key.String()}, "no-segment") })
	})
}

func TestDoctorSegmentRemovedUnderItsUsers(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.QtKey(env.Name())
		peer := env.Verbs(qt)
		makes(peer, key, 5)
		segment, _, err := key.KeyFiles()
		require.NoError(t, err)
		require.NoError(t, observer.RemoveSegment(observer.Look(segment).ID))
		f := found(t, []string{key.String()}, "split-key")
		assert.Equal(t, fmt.Sprintf("kill %d", peer.PID()), f[0].Command)
		assert.Equal(t, []int{peer.PID()}, f[0].PIDs)
	})
}

// A reader that does not detach keeps the writer from creating, also when it crashes.
func TestDoctorFreesAWriter(t *testing.T) {
	forEachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := qtbridge.NativeKey(env.Work + "/key")
		writer, reader := env.Verbs(qt), env.Verbs(qt)
		makes(writer, key, 5)
		reader.Do("shm.new", "r", nil)
		reader.Do("shm.setNativeKey", "r", peertest.Args{"key": key.Name()})
		reader.Must("shm.attach", "r", peertest.Args{"mode": "ReadOnly"})
		writer.Must("shm.detach", key.String(), nil)
		_, out, _ := qtshm(t, "doctor", key.String())
		assert.Contains(t, out, "note held-open")
		assert.Contains(t, out, fmt.Sprintf("process %d is attached", reader.PID()))

		reader.Kill()
		f := found(t, []string{key.String()}, "abandoned")
		assert.Equal(t, "qtshm doctor "+key.String()+" --fix", f[0].Command)
		found(t, []string{key.String(), "--fix"})
		writer.Do("shm.delete", key.String(), nil)
		makes(writer, key, 6)
		found(t, []string{key.String()})
		env.LeavesBehind()
	})
}
