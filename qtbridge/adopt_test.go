//go:build cgo && (linux || windows)

package qtbridge

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/peertest"
	"qtinterop/native"
)

// miqtLike hands out a pointer as miqt's types do; native.SharedMemory does as
// therecipe/qt's.
type miqtLike struct{ pointer unsafe.Pointer }

func (m miqtLike) UnsafePointer() unsafe.Pointer { return m.pointer }

func TestAdopt(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		t.Chdir(env.Work)
		peer := env.Verbs(qt)
		for _, key := range []Key{QtKey(env.Name()), NativeKey(env.Name())} {
			create(peer, key, 5, []byte("hello"))
			foreign, err := native.NewSharedMemory()
			require.NoError(t, err)
			set := foreign.SetKey
			if key.IsNative() {
				set = foreign.SetNativeKey
			}
			require.NoError(t, set(key.Name()))
			require.NoError(t, foreign.Attach(native.ReadOnly))

			for _, object := range []any{foreign, miqtLike{foreign.Pointer()}} {
				s, err := Adopt(soon(t), object, ReadWrite)
				require.NoError(t, err)
				closing(t, s)
				assert.Equal(t, key, s.Key())
				got, err := s.Snapshot(soon(t), nil)
				require.NoError(t, err)
				assert.Equal(t, paged([]byte("hello")), got)
				require.NoError(t, s.Close())
				assert.True(t, foreign.IsAttached(), "the owner stays the owner")
			}

			s, err := Adopt(soon(t), foreign, ReadWrite)
			require.NoError(t, err)
			foreign.Close()
			_, err = s.WriteAt([]byte("HE"), 0)
			require.NoError(t, err, "although the owner has deleted the object")
			assert.Equal(t, paged([]byte("HEllo")), peer.Do("shm.read", key.String(), nil).Bytes())
			require.NoError(t, s.Close())
		}
	})
}

// An object can be attached to another segment than its key leads to by now.
func TestAdoptComparesTheSegments(t *testing.T) {
	if !hasKeyFiles {
		return // where names have no directory, and segments no id
	}
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		t.Chdir(env.Work)
		name := env.Name()
		here, there := env.VerbsIn(qt, env.Work), env.VerbsIn(qt, env.Other)
		create(here, NativeKey(name), 5, []byte("here"))
		create(there, NativeKey(name), 5, []byte("there"))
		foreign, err := native.NewSharedMemory()
		require.NoError(t, err)
		t.Cleanup(foreign.Close)
		require.NoError(t, foreign.SetNativeKey(name))
		require.NoError(t, foreign.Attach(native.ReadOnly))
		t.Chdir(env.Other)
		_, err = Adopt(soon(t), foreign, ReadOnly)
		requireError(t, err, "adopt", NativeKey(name), ErrKey)
		t.Chdir(env.Work)
		s, err := Adopt(soon(t), foreign, ReadOnly)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}

func TestAdoptRefuses(t *testing.T) {
	peertest.New(t)
	fresh, err := native.NewSharedMemory()
	require.NoError(t, err)
	t.Cleanup(fresh.Close)
	gone, err := native.NewSharedMemory()
	require.NoError(t, err)
	gone.Close()
	for name, object := range map[string]any{
		"nil": nil, "no object": 7, "nil pointer": miqtLike{}, "closed": gone,
	} {
		_, err := Adopt(soon(t), object, ReadOnly)
		requireError(t, err, "adopt", Key{}, ErrKey)
		assert.NotNil(t, err, name)
	}
	_, err = Adopt(soon(t), fresh, ReadOnly)
	assert.ErrorIs(t, err, ErrKey)
}

// A key of another type than Qt's own is not taken for one of those.
func TestAdoptKnowsTheTypeOfAKey(t *testing.T) {
	for _, key := range []Key{PosixKey("/adopted?"), {name: "/adopted", kind: 84}} {
		foreign, err := native.NewNativeSharedMemory(key.String())
		if !native.HasNativeIpcKeys() {
			require.Error(t, err)
			continue
		}
		if !native.SharedMemoryIsKeyTypeSupported(native.KeyType(key.kind)) {
			foreign.Close() // on Windows
			continue
		}
		require.NoError(t, err)
		t.Cleanup(foreign.Close)
		adopted, err := keyOf(foreign)
		require.NoError(t, err)
		assert.Equal(t, key, adopted)
	}
}
