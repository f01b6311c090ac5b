//go:build cgo && (linux || windows)

package qtbridge

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
)

// object has a peer make an object with a key.
func object(peer *peertest.Peer, name string, key Key) {
	peer.Do("shm.new", name, nil)
	op := "shm.setKey"
	if key.IsNative() {
		op = "shm.setNativeKey"
	}
	peer.Do(op, name, peertest.Args{"key": key.Name()})
}

// create has a peer create a segment named like the key and write into it.
func create(peer *peertest.Peer, key Key, size int, data []byte) {
	object(peer, key.String(), key)
	peer.Create(key.String(), size, data)
}

// same requires equality without printing megabytes.
func same(t *testing.T, want, got []byte, who string) {
	t.Helper()
	require.Equal(t, len(want), len(got), "size, as seen by %s", who)
	require.True(t, string(want) == string(got), "content, as seen by %s", who)
}

func first[A, B any](a A, _ B) A { return a }

func second[A, B any](_ A, b B) B { return b }

// peerSemaphore has a peer open a semaphore under the name "s".
func peerSemaphore(peer *peertest.Peer, key Key, initial int, mode string) {
	peer.Do("sem.new", "s", peertest.Args{"key": key.Name(), "initial": initial, "mode": mode})
}

// nativeKey is a native key of the test's own. On Windows it is a name, which
// cannot have backslashes in it.
func nativeKey(env *peertest.Env) Key {
	return NativeKeyIn(env.Work, env.Name())
}

// peerLocks tells whether a peer has a lock for keys of this kind.
func peerLocks(t testing.TB, qt int, key Key) bool {
	return !key.IsNative() || peertest.HasIPCKeys(t, qt)
}

// eachKey runs a test once for each Qt of the peer and kind of key.
func eachKey(t *testing.T, test func(t *testing.T, env *peertest.Env, qt int, key Key)) {
	for _, qt := range peertest.QtVersions {
		for _, kind := range []string{"setKey", "native"} {
			t.Run(fmt.Sprintf("%s/peer-qt%d/%s", goQt(), qt, kind), func(t *testing.T) {
				env := peertest.New(t)
				key := QtKey(env.Name())
				if kind == "native" {
					if key = nativeKey(env); hasKeyFiles {
						key = NativeKey(env.Work + "/key")
					}
				}
				test(t, env, qt, key)
			})
		}
	}
}

// attachPeer has a peer attach to a segment of a key.
func attachPeer(peer *peertest.Peer, key Key) {
	peer.Do("shm.new", key.String(), nil)
	op := "shm.setKey"
	if key.IsNative() {
		op = "shm.setNativeKey"
	}
	peer.Do(op, key.String(), peertest.Args{"key": key.Name()})
	peer.Must("shm.attach", key.String(), peertest.Args{"mode": "ReadWrite"})
}

// orphan has a Qt process create a segment and crash.
func orphan(env *peertest.Env, qt int, key Key) {
	peer := env.Verbs(qt)
	create(peer, key, 5, []byte("stale"))
	peer.Kill()
}
