package winobj

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"qtinterop/internal/ipc"
	"qtinterop/internal/peertest"
)

func TestFacts(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer := env.Verbs(qt)
		p := withKey(t, peer, name)
		none := ipc.Facts{SegmentFile: ipc.File{Path: p.Segment}, LockFile: ipc.File{Path: p.Lock}}
		assert.Equal(t, none, facts(t, p))

		peer.Must("shm.create", "m", peertest.Args{"size": 4097})
		want := none
		want.HasSegment, want.Segment = true, ipc.Segment{Size: 8192, Attached: 1}
		want.HasLock, want.Lock = true, ipc.Semaphore{Value: 1, Used: true, Handles: 1}
		assert.Equal(t, want, facts(t, p))
		peer.Must("shm.lock", "m", nil)
		want.Lock.Value, want.LockUsers = 0, []int{peer.PID()}
		assert.Equal(t, want, facts(t, p))
		peer.Kill()
		assert.Equal(t, none, facts(t, p))
	})
}

func TestFactsOfNativeKeys(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		for _, prefix := range []string{"", `Local\`, `Global\`} {
			peer := env.Verbs(qt)
			p := withNativeKey(peer, prefix+env.Name())
			peer.Must("shm.create", "m", peertest.Args{"size": 1})
			want := ipc.Facts{
				SegmentFile: ipc.File{Path: p.Segment}, HasSegment: true, Segment: ipc.Segment{Size: 4096, Attached: 1},
				LockFile: ipc.File{Path: p.Lock},
			}
			if peertest.HasIPCKeys(t, qt) {
				want.HasLock, want.Lock = true, ipc.Semaphore{Value: 1, Used: true, Handles: 1}
			}
			assert.Equal(t, want, facts(t, p))
		}
	})
}
