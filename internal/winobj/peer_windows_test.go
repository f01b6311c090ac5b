package winobj

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
)

var system System

// eachPeer runs a test once for each Qt of the peers.
func eachPeer(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int)) {
	for _, qt := range peertest.QtVersions {
		t.Run(fmt.Sprintf("peer-qt%d", qt), func(t *testing.T) { test(t, peertest.New(t), qt) })
	}
}

// withKey has a peer make a QSharedMemory m with a key, which makes nothing yet,
// and returns the place of the key.
func withKey(t *testing.T, peer *peertest.Peer, key string) ipc.Place {
	t.Helper()
	peer.Do("shm.new", "m", peertest.Args{"key": key})
	segment, _ := peer.Do("shm.nativeKey", "m", nil).Ret.(string)
	rest, ok := ipc.QtRest(segment)
	require.True(t, ok, segment)
	p := ipc.QtPlace("", rest)
	require.Equal(t, segment, p.Segment)
	return p
}

// withNativeKey is withKey for a native key.
func withNativeKey(peer *peertest.Peer, key string) ipc.Place {
	peer.Do("shm.new", "m", nil)
	peer.Do("shm.setNativeKey", "m", peertest.Args{"key": key})
	return ipc.Place{Segment: key, Lock: key + "_sem", Native: true}
}

// having has a new peer create a segment of 8 bytes.
func having(t *testing.T, env *peertest.Env, qt int, key string) (*peertest.Peer, ipc.Place) {
	t.Helper()
	peer := env.Verbs(qt)
	p := withKey(t, peer, key)
	peer.Must("shm.create", "m", peertest.Args{"size": 8})
	return peer, p
}

// opened opens a lock until the test ends.
func opened(t *testing.T, p ipc.Place) ipc.Lock {
	t.Helper()
	l, err := system.Lock(p)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l
}

func requireCode(t *testing.T, want ipc.Code, err error) *ipc.Error {
	t.Helper()
	e, ok := errors.AsType[*ipc.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, e.Code, e.Text)
	assert.NotEmpty(t, e.Text)
	assert.False(t, e.Partial)
	return e
}

func requireMissing(t *testing.T, name string, err error) {
	t.Helper()
	e := requireCode(t, ipc.NotFound, err)
	assert.ErrorIs(t, e, fs.ErrNotExist)
	assert.Equal(t, "nobody has an object "+name+` open in this session; start the Qt program in it, or use Global\ in native keys on both sides`, e.Text)
}

func requireValue(t *testing.T, p ipc.Place, value int) {
	t.Helper()
	state, err := system.Semaphore(p)
	require.NoError(t, err)
	require.Equal(t, value, state.Value)
}
