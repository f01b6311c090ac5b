package winobj

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
)

func TestJammed(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer, p := having(t, env, qt, name)
		l := opened(t, p)
		l.Track()
		assert.False(t, system.IsJammed(p), "it is free")
		require.NoError(t, l.Take(1, 0))
		peer.Kill()
		assert.False(t, system.IsJammed(p), "we have it")
		require.NoError(t, l.Give())

		peer, _ = having(t, env, qt, name)
		peer.Must("shm.lock", "m", nil)
		assert.False(t, system.IsJammed(p), "the peer has it")
		peer.Kill()
		assert.True(t, system.IsJammed(p))
		again := opened(t, p)
		assert.False(t, system.IsJammed(p), "one that is not tracked may have it")
		again.Close()
		assert.True(t, system.IsJammed(p))
		f := facts(t, p)
		assert.True(t, f.Forsaken)
		assert.Equal(t, []int{os.Getpid()}, f.LockUsers)

		newcomer := env.Verbs(qt)
		withKey(t, newcomer, name)
		newcomer.Async("shm.attach", "m", peertest.Args{"mode": "ReadOnly"}) // waits for the lock
		require.Eventually(t, func() bool { return !system.IsJammed(p) }, 20*time.Second, time.Millisecond)
		newcomer.Kill()
		require.True(t, system.IsJammed(p))
		recovery := opened(t, p)
		require.NoError(t, recovery.Give())
		assert.False(t, system.IsJammed(p))
		require.NoError(t, l.Take(1, 0))
		require.NoError(t, l.Give())
	})
}

func TestHolder(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		const end = "; wait longer, or if you know that its holder crashed, call Recover with Policy.BreakLock"
		peer, p := having(t, env, qt, env.Name())
		assert.Equal(t, "it was held until just now", system.Holder(p, true))
		peer.Must("shm.lock", "m", nil)
		assert.Equal(t, "it is held, and the system does not tell by whom"+end, system.Holder(p, false))
		assert.Equal(t, "one of these has it, or one that is gone: process "+strconv.Itoa(peer.PID())+end, system.Holder(p, true))
		peer.Kill()
		assert.Equal(t, "it was held until just now", system.Holder(p, true))
	})
	assert.Equal(t, "one of these has it, or one that is gone: process 4, 17", ipc.HeldBy([]int{4, 17}))
}

func facts(t *testing.T, p ipc.Place) ipc.Facts {
	t.Helper()
	f, err := system.Facts(p)
	require.NoError(t, err)
	require.Equal(t, p.Segment, f.SegmentFile.Path)
	require.Equal(t, p.Lock, f.LockFile.Path)
	return f
}
