//go:build cgo

package qtbridge

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"qtinterop/internal/observer"
	"qtinterop/internal/peertest"
)

// What can stand where a key file should be: none of it is used, changed or
// removed.
func TestOddThingsWhereTheKeyFileShouldBe(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path string){
		"directory": func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
		"socket": func(t *testing.T, path string) {
			// A short name first: the address of a socket has 108 bytes.
			t.Chdir(filepath.Dir(path))
			listener, err := net.Listen("unix", "socket")
			require.NoError(t, err)
			t.Cleanup(func() { _ = listener.Close() })
			require.NoError(t, os.Rename("socket", path))
		},
		"symlink loop": func(t *testing.T, path string) { require.NoError(t, os.Symlink(path, path)) },
	} {
		t.Run(name, func(t *testing.T) {
			env := peertest.New(t)
			key := QtKey(env.Name())
			segment, lock := keyFiles(t, key)
			for _, path := range []string{segment, env.Work + "/key"} {
				put(t, path)
			}
			for _, key := range []Key{key, NativeKey(env.Work + "/key")} {
				unchanged(t, env, func() {
					_, err := Create(soon(t), key, 5, ReadWrite)
					requireError(t, err, "create", key, ErrKey)
					_, err = Attach(soon(t), key, ReadOnly)
					require.Error(t, err)
				})
			}
			assert.NoFileExists(t, lock)
		})
	}
}

// The key file is there, but this user may not look at it.
func TestKeyFileWithoutPermission(t *testing.T) {
	env := peertest.New(t)
	require.NoError(t, os.Mkdir(env.Work+"/closed", 0o700))
	key := NativeKey(env.Work + "/closed/key")
	require.NoError(t, os.WriteFile(key.Name(), nil, 0o600))
	var created, attached error
	peertest.AsNobody(t, func() {
		_, created = Create(t.Context(), key, 5, ReadWrite)
		_, attached = Attach(t.Context(), key, ReadOnly)
	})
	requireError(t, created, "create", key, ErrPermission)
	requireError(t, attached, "attach", key, ErrPermission)
}

// TMPDIR in all its forms means to us what it means to a Qt process.
func TestTMPDIRAsQtHasIt(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		t.Chdir(env.Work)
		require.NoError(t, os.Symlink(env.Tmp, env.Other+"/link"))
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		peer.Do("shm.new", "m", nil)
		for _, dir := range []any{nil, "", env.Tmp, env.Tmp + "/", env.Tmp + "/../tmp", env.Other + "/link", "../tmp", "."} {
			value, _ := dir.(string)
			t.Setenv("TMPDIR", value)
			if dir == nil {
				require.NoError(t, os.Unsetenv("TMPDIR"))
			}
			peer.Do("setenv", "", peertest.Args{"name": "TMPDIR", "value": dir})
			peer.Do("shm.setKey", "m", peertest.Args{"key": key.Name() + value})
			segment, _ := keyFiles(t, QtKey(key.Name()+value))
			assert.Equal(t, peer.Do("shm.nativeKey", "m", nil).Ret, segment, "TMPDIR %v", dir)
		}
	})
}

func TestTMPDIRThatCannotBeWrittenTo(t *testing.T) {
	env := peertest.New(t)
	key := QtKey(env.Name())
	require.NoError(t, os.Chmod(env.Tmp, 0o555))
	var created, semaphore error
	peertest.AsNobody(t, func() {
		_, created = Create(t.Context(), key, 5, ReadWrite)
		_, semaphore = OpenSemaphore(key, 1)
	})
	for _, err := range []error{created, semaphore} {
		require.Error(t, err)
		e := err.(*Error)
		assert.Contains(t, []Code{ErrKey, ErrPermission}, e.Code)
		assert.NotEmpty(t, e.Msg)
	}
	assert.Empty(t, env.Files(env.Tmp))
}

// A peer with another TMPDIR is not found, and the error says where it should
// be.
func TestTMPDIRDifferentFromThePeers(t *testing.T) {
	eachPeer(t, func(t *testing.T, env *peertest.Env, qt int) {
		key := QtKey(env.Name())
		peer := env.Verbs(qt)
		create(peer, key, 5, []byte("hello"))
		ours := env.Tmp
		t.Setenv("TMPDIR", env.Other)
		_, err := Attach(soon(t), key, ReadOnly)
		e := requireError(t, err, "attach", key, ErrNotFound)
		assert.Contains(t, e.Msg, env.Other)
		assert.Contains(t, e.Msg, "TMPDIR")
		assert.Empty(t, env.Files(env.Other))
		t.Setenv("TMPDIR", ours)
		assert.NotNil(t, observer.Look(first(keyFiles(t, key))))
		mustAttach(t, key, ReadOnly)
	})
}
