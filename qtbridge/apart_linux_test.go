//go:build cgo && linux

package qtbridge

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// A key file that is in use in another IPC namespace is not taken from under it.
func TestKeyFileOfAnotherNamespace(t *testing.T) {
	eachKey(t, func(t *testing.T, env *peertest.Env, qt int, key Key) {
		peer := env.VerbsAs(qt, peertest.InNamespaces(t, syscall.CLONE_NEWIPC))
		create(peer, key, 5, []byte("there"))
		segment, _ := keyFiles(t, key)

		state := inspected(t, env, key, Apart)
		assert.Equal(t, []int{peer.PID()}, state.Strangers)
		if isQtKey(key) {
			assert.Equal(t, Apart, listed(t, env, ofFile(segment)).State.Verdict)
		}

		_, err := Create(soon(t), key, 6, ReadWrite)
		requireError(t, err, "create", key, ErrBusy)
		p, err := NewPublisher(key, PublisherOptions{})
		if err == nil {
			err = p.Publish(soon(t), []byte("here"))
			require.NoError(t, p.Close())
		}
		requireError(t, err, "publish", key, ErrBusy)
		_, err = Recover(soon(t), key, Policy{})
		requireError(t, err, "recover", key, ErrBusy)
		assert.FileExists(t, segment)

		report, err := Recover(soon(t), key, Policy{TakeKeyFile: true})
		require.NoError(t, err)
		assert.Contains(t, report.Actions, RemoveKeyFile)
		assert.NoFileExists(t, segment)
		s := mustCreate(t, key, 6)
		inspected(t, env, key, Live)
		require.NoError(t, s.Close())
		assert.Equal(t, "there", string(peer.Do("shm.read", key.String(), peertest.Args{"length": 5}).Bytes()))
	})
}
