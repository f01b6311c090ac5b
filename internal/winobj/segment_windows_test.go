package winobj

import (
	"errors"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"qtinterop/internal/ipc"
	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

func TestLooksHaveNoEffect(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		name := env.Name()
		peer, other := env.Verbs(qt), env.Verbs(qt)
		p := withKey(t, peer, name)
		_, err := system.Segment(p)
		requireMissing(t, p.Segment, err)
		_, err = system.Attached(p)
		requireMissing(t, p.Segment, err)

		peer.Must("shm.create", "m", peertest.Args{"size": 4097})
		for range 3 {
			state, err := system.Segment(p)
			require.NoError(t, err)
			assert.Equal(t, ipc.Segment{Size: 8192, Attached: 1}, state, "handles of others")
			assert.Equal(t, &observer.Segment{Size: 8192, Attached: 1}, observer.Look(p.Segment))
		}
		withKey(t, other, name)
		other.Must("shm.attach", "m", peertest.Args{"mode": "ReadOnly"})
		state, err := system.Segment(p)
		require.NoError(t, err)
		assert.Equal(t, 2, state.Attached)
		attached, err := system.Attached(p)
		require.NoError(t, err)
		assert.Equal(t, 2, attached)
		other.Must("shm.detach", "m", nil)
		peer.Must("shm.detach", "m", nil)
		_, err = system.Segment(p)
		requireMissing(t, p.Segment, err)
	})
}

func TestSegmentsHaveNoID(t *testing.T) {
	_, err := system.SegmentByID(1)
	requireCode(t, ipc.Unsupported, err)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

// What is only reserved cannot be touched, and is no segment of Qt's.
func TestTouchable(t *testing.T) {
	address, err := windows.VirtualAlloc(0, 8192, windows.MEM_RESERVE, windows.PAGE_READWRITE)
	require.NoError(t, err)
	defer func() { assert.NoError(t, windows.VirtualFree(address, 0, windows.MEM_RELEASE)) }()
	data := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))), 8192)
	assert.False(t, system.Touchable(data))
	_, err = windows.VirtualAlloc(address, 4096, windows.MEM_COMMIT, windows.PAGE_READWRITE)
	require.NoError(t, err)
	assert.True(t, system.Touchable(data))
	assert.False(t, system.Touchable(nil))

	p := ipc.Place{Segment: peertest.New(t).Name(), Native: true}
	const secReserve = 0x4000000
	mapping, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE|secReserve, 0, 8192, wide(t, p.Segment))
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(mapping) }()
	_, err = system.Segment(p)
	requireUnusable(t, p.Segment, err)
}

// wide is a name as Windows takes it.
func wide(t *testing.T, name string) *uint16 {
	t.Helper()
	text, err := windows.UTF16PtrFromString(name)
	require.NoError(t, err)
	return text
}
